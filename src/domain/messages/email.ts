import { formatDayAndTime, formatWallTime } from '../local-time.ts';
import { renderAnswer, type Answer } from './answer.ts';
import { layOutEmail, listFacts, type Block, type Email } from './email-layout.ts';
import {
  formatPhone,
  phraseAction,
  phraseAuthors,
  phraseChanges,
  phraseDone,
  phraseNotice,
  phraseScore,
  phraseUrgency,
  type Reader,
} from './phrases.ts';
import type { HandoffCard } from '../state.ts';
import type { Letter } from './sms.ts';

export type { Email } from './email-layout.ts';

/** What an email is written from; what is missing is not spoken of. */
export interface EmailLetter extends Letter {
  /** The transcript or event list: email and page only. */
  readonly details?: string | undefined;
  /** The number to text a reply to, for a reader who has a phone. */
  readonly replyTo?: string | undefined;
  /** Where an answer to this email goes. */
  readonly replyAddress?: string | undefined;
}

/**
 * Returns the email for a notification: action first, how to answer, then the full brief; text and HTML say the
 * same. The subject is the same for all that one reader gets about a handoff, so that it stays one thread.
 */
export function renderEmail(letter: EmailLetter, reader: Reader): Email {
  const { card, message, link } = letter;
  const action = phraseAction(card, reader);
  const compose = (lead: string, ...blocks: readonly (Block | Block[])[]): Email => {
    const all = [{ kind: 'lead' as const, text: lead }, ...blocks.flat()];
    const next = all.find((block) => block.kind === 'text');
    const preview = next?.kind === 'text' ? `${lead}. ${next.text}` : lead;
    return layOutEmail({ subject: nameThread(letter, reader), preview, blocks: all });
  };
  const button = (text: string): Block[] =>
    link === undefined ? [] : [{ kind: 'button', text, href: link }];

  switch (message.kind) {
    case 'offer':
    case 'last-resort': {
      const notice = [
        message.kind === 'offer' ? undefined : 'LAST RESORT',
        phraseNotice(message.notice),
      ]
        .filter((part) => part !== undefined)
        .join(', ');
      return compose(
        notice === '' ? action : `${notice}: ${action}`,
        ...(message.because === undefined
          ? []
          : [{ kind: 'text' as const, text: `Why this reaches you: ${message.because}.` }]),
        contactRows(letter),
        button('Take it or pass'),
        { kind: 'text', text: describeReply(letter) },
        describeBrief(letter, reader),
      );
    }
    case 'reminder':
      return compose(
        `You have it: ${action}`,
        {
          kind: 'text',
          text: `At ${formatWallTime(message.actBy, reader)} it goes on to others.`,
        },
        contactRows(letter),
        button('Say what came of it'),
        { kind: 'text', text: `Finished? ${describeDone(letter)}` },
        describeBrief(letter, reader),
      );
    case 'released':
      return compose(
        'This goes on to others',
        { kind: 'text', text: `${message.because}.` },
        button('Take it again'),
        { kind: 'quiet', text: nameWork(card, action) },
      );
    case 'stand-down':
      return compose(`Stand down: ${message.because}.`, {
        kind: 'quiet',
        text: nameWork(card, action),
      });
    case 'expired':
      return compose(
        `Expired: ${action}`,
        { kind: 'text', text: `${message.because}. Nobody will be asked again.` },
        contactRows(letter),
        describeBrief(letter, reader),
      );
    case 'amended':
      return compose(
        `Changed: ${action}`,
        ...phraseChanges(message.changes, card, reader).map((text) => ({
          kind: 'text' as const,
          text: /[.!?]$/.test(text) ? text : `${text}.`,
        })),
        contactRows(letter),
        button(message.isTheirs === true ? 'Say what came of it' : 'Take it or pass'),
        {
          kind: 'text',
          text:
            message.isTheirs === true
              ? `You have it. ${describeDone(letter)}`
              : describeReply(letter),
        },
        describeBrief(letter, reader),
      );
    case 'answer':
      return renderAnswerEmail({ kind: 'result', ...letter, result: message.result }, reader);
  }
}

/** Returns the email that answers a reply; one that a handoff is known of stays in its thread. */
export function renderAnswerEmail(answer: Answer, reader: Reader): Email {
  const text = renderAnswer(answer, reader);
  const [first = text] = text.split('\n');
  return layOutEmail({
    subject: answer.kind === 'result' ? nameThread(answer, reader) : first,
    preview: first,
    blocks: [{ kind: 'text', text }],
  });
}

/**
 * Returns the subject of all emails about a handoff to one reader: `URGENT: Call Maria Lopez by Mon 23 Nov 10:05:
 * Acme Corp (KM47)`. Nothing in it depends on when it is written.
 */
function nameThread(
  { card, code }: { readonly card: HandoffCard; readonly code: string },
  { timezone }: Reader,
): string {
  const { do: what, dueAt } = card.action;
  const action = dueAt === undefined ? what : `${what} by ${formatDayAndTime(dueAt, timezone)}`;
  const urgency = phraseUrgency(card);
  return `${urgency === undefined ? '' : `${urgency}: `}${nameWork(card, action)} (${code})`;
}

function nameWork({ brief }: HandoffCard, action: string): string {
  return action.includes(brief.subject) ? action : `${action}: ${brief.subject}`;
}

function describeReply({ code, replyTo, replyAddress }: EmailLetter): string {
  // An answer in the thread is about this handoff: it needs no code.
  const ways = [
    ...(replyAddress === undefined
      ? []
      : ['reply to this email with 1 to take it, 2 to pass, 3 for later']),
    ...(replyTo === undefined
      ? []
      : [`text "1 ${code}" or "2 ${code}" to ${formatPhone(replyTo)}`]),
  ];
  if (ways.length === 0) return `Its code is ${code}.`;
  const text = ways.join(', or ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function describeDone({ card, code, replyTo, replyAddress }: EmailLetter): string {
  const where = [
    ...(replyAddress === undefined ? [] : ['to this email']),
    ...(replyTo === undefined ? [] : [`by SMS to ${formatPhone(replyTo)}`]),
  ].join(' or ');
  return `Reply ${phraseDone(card, code)}${where === '' ? '' : ` ${where}`}.`;
}

/** Whom it is about, in reach of a thumb. */
function contactRows({ card }: EmailLetter): Block[] {
  const { name, phone, email } = card.action.contact ?? {};
  const isNamed = name === undefined || card.action.do.includes(name);
  return [
    {
      kind: 'facts',
      rows: listFacts([
        ['Name', isNamed ? undefined : name],
        ['Phone', phone && formatPhone(phone), phone && `tel:${phone}`],
        ['Email', email, email && `mailto:${encodeURI(email)}`],
      ]),
    },
  ];
}

function describeBrief({ card, details }: EmailLetter, reader: Reader): Block[] {
  const { brief, action } = card;
  const { hours, timezone } = action.contact ?? {};
  const authors = phraseAuthors(card);
  return [
    { kind: 'text', text: brief.summary },
    {
      kind: 'facts',
      rows: listFacts([
        ['Who', brief.subject],
        ['Their hours', [hours, timezone].filter(Boolean).join(' ')],
        ['By', action.dueAt && formatWallTime(action.dueAt, reader)],
        ['Say', action.say],
        ['Score', phraseScore(card)?.replace('Score ', '')],
        ['From', brief.origin],
        ...(brief.facts ?? []).map(({ label, value }) => [label, value] as const),
      ]),
    },
    ...(authors === undefined ? [] : [{ kind: 'quiet' as const, text: authors }]),
    ...(details === undefined ? [] : [{ kind: 'quiet' as const, text: details }]),
  ];
}
