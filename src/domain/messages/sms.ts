import { formatWallTime } from '../local-time.ts';
import type { HandoffCard, Message } from '../state.ts';
import { renderAnswer } from './answer.ts';
import {
  phraseAction,
  phraseChanges,
  phraseContact,
  phraseDone,
  phraseNotice,
  phraseScore,
  phraseSummary,
  phraseUrgency,
  type Reader,
} from './phrases.ts';
import { MAX_CHARACTERS, measure, SEGMENTS, type Measured } from './segments.ts';

/** What a renderer is given: the handoff, what to say, and the code this reader knows it by. */
export interface Letter {
  readonly card: HandoffCard;
  readonly message: Message;
  readonly code: string;
  /** The reader has other open handoffs: a bare `1` would be ambiguous. */
  readonly codeNeeded: boolean;
  /** The address of the reader's own page of the handoff. */
  readonly link?: string | undefined;
}

/** Returns the SMS for a notification; it is cut to its segments, unless action, number, reply line and link need more. */
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
        after: [describeReply(letter), letter.link],
      });
    }
    case 'last-resort':
      return fit({
        before: [
          ['LAST RESORT', phraseNotice(message.notice)].filter(isText).join(', ') + `: ${action}`,
          contact,
        ],
        context: describeContext(card, message.because),
        after: [describeReply(letter), letter.link],
      });
    case 'reminder':
      return fit({
        before: [`You have ${name}: ${action}`, contact],
        after: [
          `Finished? Reply ${phraseDone(card, code)}`,
          `At ${formatWallTime(message.actBy, reader)} it goes on to others.`,
          letter.link,
        ],
      });
    case 'released':
      return fit({
        before: [`${name} goes on to others.`],
        context: `${message.because}.`,
        after: [`Reply 1 ${code} to take it again.`],
      });
    case 'stand-down':
      return fit({ before: [], context: `Stand down: ${message.because}.`, after: [name] });
    case 'expired':
      return fit({
        before: [`EXPIRED, nobody will be asked again: ${action}`, contact],
        context: describeContext(card, message.because),
        after: [code],
      });
    case 'amended':
      return fit({
        before: [`CHANGED: ${action}`, contact],
        context: joinSentences(phraseChanges(message.changes, card, reader)),
        after: [
          message.isTheirs === true
            ? `You have it. Finished? Reply ${phraseDone(card, code)}`
            : describeReply(letter),
          letter.link,
        ],
      });
    case 'answer':
      return measure(renderAnswer({ kind: 'result', card, code, result: message.result }, reader))
        .text;
  }
}

function describeReply({ code, codeNeeded }: Letter): string {
  return codeNeeded
    ? `Reply 1 ${code} to take, 2 ${code} to pass`
    : `Reply 1 to take, 2 to pass (${code})`;
}

/**
 * Who it is about, how good it is, why it comes, what happened: in the order in which it may be cut. Why it comes may be
 * said at length by whoever passed it on, and leaves room for the rest.
 */
function describeContext(card: HandoffCard, because: string | undefined): string {
  const { subject, origin } = card.brief;
  const isNamed = card.action.do.includes(subject);
  return joinSentences([
    isNamed ? undefined : subject,
    [phraseScore(card), origin].filter(isText).join(', '),
    because === undefined ? undefined : capitalise(shorten(because, MAX_REASON)),
    phraseSummary(card),
  ]);
}

const MAX_REASON = 80;

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Returns a text of at most so many characters, cut at a word. */
function shorten(text: string, max: number): string {
  const pieces = splitWords(text.replace(/\s+/g, ' ').trim());
  return text.length <= max ? text : cutAfter(pieces, countWords(pieces, max));
}

function joinSentences(parts: readonly (string | undefined)[]): string {
  return parts
    .filter(isText)
    .map((part) => part.replace(/\s+/g, ' ').trim())
    .map((part) => (/[.!?]["”]?$/.test(part) ? part : `${part}.`))
    .join(' ');
}

/** Joins the lines and cuts the context, at a word, to what the segments leave. */
function fit(lines: {
  before: readonly (string | undefined)[];
  context?: string;
  after: readonly (string | undefined)[];
}): string {
  const join = (context: string): Measured =>
    measure([...lines.before, context, ...lines.after].filter(isText).join('\n'));
  const context = dropPictures(lines.context ?? '', (text) => join(text).alphabet);
  const bare = join('').text;
  if (bare.length + context.length < MAX_CHARACTERS['GSM-7']) {
    const whole = join(context);
    if (fits(whole)) return whole.text;
  }
  const words = splitWords(context);
  let count = countWords(words, MAX_CHARACTERS['GSM-7'] - bare.length);
  // Measuring is what takes time, so it begins with what nearly fits.
  if (join(cutAfter(words, count)).alphabet === 'UCS-2')
    count = countWords(words, MAX_CHARACTERS['UCS-2'] - bare.length);
  for (; count > 0; count -= 1) {
    const cut = join(cutAfter(words, count));
    if (fits(cut)) return cut.text;
  }
  return bare;
}

/** Returns how many of the words, all but the last at most, fill no more than so many characters. */
function countWords(words: readonly string[], characters: number): number {
  let length = 0;
  const count = words.findIndex((word) => (length += word.length) > characters);
  return count === -1 ? words.length - 1 : count;
}

/**
 * Returns the pieces a text may be cut between, each with the space behind it. Chinese, Japanese, Thai and their like
 * have no spaces between words; what is spelled as one very long word is cut between characters.
 */
function splitWords(text: string): string[] {
  return text
    .split(/(?<= )/)
    .flatMap((word) =>
      word.length > LONG_WORD || UNSPACED.test(word) ? listPieces(word) : [word],
    );
}

const LONG_WORD = 60;
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const words = new Intl.Segmenter('und', { granularity: 'word' });
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

function listPieces(word: string): string[] {
  return Array.from(
    (UNSPACED.test(word) ? words : graphemes).segment(word),
    ({ segment }) => segment,
  );
}

function fits({ alphabet, segments }: Measured): boolean {
  return segments <= SEGMENTS[alphabet];
}

/** Returns a context without pictures, where they are all that keeps the message from the GSM-7 alphabet. */
function dropPictures(
  context: string,
  alphabetOf: (context: string) => Measured['alphabet'],
): string {
  // What is too long to be sent does not count.
  const sent = context.slice(0, MAX_CHARACTERS['GSM-7']);
  if (!sent.match(PICTURES) || alphabetOf(sent) === 'GSM-7') return context;
  const drop = (text: string): string =>
    text
      .replace(PICTURES, '')
      .replace(/ +(?=[ .!?])/g, '')
      .trim();
  return alphabetOf(drop(sent)) === 'GSM-7' ? drop(context) : context;
}

const PICTURES =
  /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200D\uFE0F\u20E3]/gu;

function cutAfter(words: readonly string[], count: number): string {
  return count === 0
    ? ''
    : `${words
        .slice(0, count)
        .join('')
        .trimEnd()
        .replace(/[.,;:。，、；：]$/u, '')}...`;
}

function isText(part: string | undefined): part is string {
  return part !== undefined && part !== '';
}
