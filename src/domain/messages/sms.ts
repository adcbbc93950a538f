import { SegmentedMessage } from 'sms-segments-calculator';
import { formatWallTime } from '../local-time.ts';
import type { HandoffCard, Message } from '../state.ts';
import { renderAnswer } from './answer.ts';
import {
  phraseAction,
  phraseContact,
  phraseDone,
  phraseNotice,
  phraseScore,
  phraseUrgency,
  type Reader,
} from './phrases.ts';

/** A message is cut to this many segments: 306 GSM-7 characters, or 134 in other alphabets. */
const MAX_SEGMENTS = 2;

/** What a renderer is given: the handoff, what to say, and the code this reader knows it by. */
export interface Letter {
  readonly card: HandoffCard;
  readonly message: Message;
  readonly code: string;
  /** The reader has other open handoffs: a bare `1` would be ambiguous. */
  readonly codeNeeded: boolean;
}

/** Returns the SMS for a notification, in at most two segments unless action, number and reply line need more. */
export function renderSms(letter: Letter, reader: Reader): string {
  const { card, message, code } = letter;
  const action = phraseAction(card, reader);
  const contact = phraseContact(card);
  const name = `${code} ${card.brief.subject}`;
  switch (message.kind) {
    case 'offer': {
      const prefix = [phraseUrgency(card), phraseNotice(message.notice)].filter(isText).join(', ');
      return fit({
        before: [prefix ? `${prefix}: ${action}` : action, contact],
        context: describeContext(card, message.because),
        after: [describeReply(letter)],
      });
    }
    case 'last-resort':
      return fit({
        before: [
          ['LAST RESORT', phraseNotice(message.notice)].filter(isText).join(', ') + `: ${action}`,
          contact,
        ],
        context: describeContext(card, message.because),
        after: [describeReply(letter)],
      });
    case 'reminder':
      return fit({
        before: [`You have ${name}: ${action}`, contact],
        after: [
          `Finished? Reply ${phraseDone(card, code)}`,
          `At ${formatWallTime(message.actBy, reader)} it goes on to others.`,
        ],
      });
    case 'released':
      return fit({
        before: [`${name} goes on to others.`],
        context: `${message.because}.`,
        after: [`Reply 1 ${code} to take it again.`],
      });
    case 'stand-down':
      return fit({ before: [`Stand down: ${message.because}.`], context: name, after: [] });
    case 'expired':
      return fit({
        before: [`EXPIRED, nobody will be asked again: ${action}`, contact],
        context: describeContext(card, message.because),
        after: [code],
      });
    case 'answer':
      return plainText(
        renderAnswer({ kind: 'result', card, code, result: message.result }, reader),
      );
  }
}

function describeReply({ code, codeNeeded }: Letter): string {
  return codeNeeded
    ? `Reply 1 ${code} to take, 2 ${code} to pass`
    : `Reply 1 to take, 2 to pass (${code})`;
}

/** Why it comes, who it is about, how good it is, what happened: in the order in which it may be cut. */
function describeContext(card: HandoffCard, because: string | undefined): string {
  const { subject, origin, summary } = card.brief;
  const isNamed = card.action.do.includes(subject);
  return [
    because,
    isNamed ? undefined : subject,
    [phraseScore(card), origin].filter(isText).join(', '),
    summary.replace(/\s+/g, ' '),
  ]
    .filter(isText)
    .map((part) => (/[.!?]$/.test(part) ? part : `${part}.`))
    .join(' ');
}

/** Joins the lines and cuts the context, at a word, to what the segments leave. */
function fit(lines: {
  before: readonly (string | undefined)[];
  context?: string;
  after: readonly string[];
}): string {
  const join = (context: string | undefined): string =>
    plainText([...lines.before, context, ...lines.after].filter(isText).join('\n'));
  const { context = '' } = lines;
  if (countSegments(join(context)) <= MAX_SEGMENTS) return join(context);
  const words = context.split(' ');
  let kept = 0;
  for (let low = 0, high = words.length - 1; low <= high;) {
    const middle = Math.floor((low + high) / 2);
    if (countSegments(join(cutAfter(words, middle))) <= MAX_SEGMENTS) {
      kept = middle;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return join(cutAfter(words, kept));
}

function cutAfter(words: readonly string[], count: number): string {
  return count === 0
    ? ''
    : `${words
        .slice(0, count)
        .join(' ')
        .replace(/[.,;:]$/, '')}...`;
}

function countSegments(text: string): number {
  return new SegmentedMessage(text, 'auto').segmentsCount;
}

/** Returns the text with typographic characters spelled plainly where that makes it fit the GSM-7 alphabet. */
function plainText(text: string): string {
  const smart = new SegmentedMessage(text, 'auto', true);
  return smart.getEncodingName() === 'GSM-7' ? smart.graphemes.join('') : text;
}

function isText(part: string | undefined): part is string {
  return part !== undefined && part !== '';
}
