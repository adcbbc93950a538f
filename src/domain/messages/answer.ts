import { formatWallTime } from '../local-time.ts';
import type { ReplyRoute } from '../reply.ts';
import type { ClosedOffer, OpenOffer } from '../responder.ts';
import { nameActor, type CommandResult, type Ending, type HandoffCard } from '../state.ts';
import { phraseAction, phraseContact, phraseDone, type Reader } from './phrases.ts';

/** What a person is told after a reply. */
export type Answer =
  | {
      readonly kind: 'result';
      readonly card: HandoffCard;
      readonly code: string;
      readonly result: CommandResult;
    }
  | Exclude<ReplyRoute, { kind: 'command' | 'opt-out' | 'opt-in' | 'silent' }>
  /** It ended a moment ago; how is not known here yet. */
  | { readonly kind: 'ended'; readonly offer: OpenOffer }
  /** Durable, but no worker has looked at it yet. */
  | { readonly kind: 'recorded' }
  | { readonly kind: 'not-recorded' };

const MAX_CHOICES = 3;

/** Returns the sentence that answers a reply, the same on every channel that carries plain text. */
export function renderAnswer(answer: Answer, reader: Reader): string {
  switch (answer.kind) {
    case 'result':
      return renderResult(answer, reader);
    case 'choose': {
      const shown = answer.offers.slice(0, MAX_CHOICES);
      const more = answer.offers.length - shown.length;
      const key = { take: '1', pass: '2', resolve: 'done' }[answer.verb];
      return [
        'Which one? Nothing has changed yet. Reply:',
        ...shown.map((offer) => `${key} ${offer.code} - ${describeOffer(offer, reader)}`),
        ...(more > 0 ? [`and ${more} more`] : []),
      ].join('\n');
    }
    case 'unknown-code':
      return [
        `No handoff of yours has the code ${answer.code}. Nothing has changed.`,
        ...listOpen(answer.offers, reader),
      ].join('\n');
    case 'closed':
      return describeClosed(answer.offer, reader);
    case 'ended':
      return `Already over: ${answer.offer.subject} (${answer.offer.code}). Nothing for you to do.`;
    case 'nothing-open':
      return 'Nothing is waiting for you.';
    case 'help':
      return [
        'Reply 1 to take, 2 to pass, done when finished; add the code if there are several.',
        ...listOpen(answer.offers, reader),
      ].join('\n');
    case 'recorded':
      return 'Your reply is recorded. You will get the result by SMS shortly.';
    case 'not-recorded':
      return 'Your reply was NOT recorded: Baton cannot be reached. Please send it again in a minute.';
  }
}

function renderResult(
  { card, code, result }: Extract<Answer, { kind: 'result' }>,
  reader: Reader,
): string {
  const { effect, owner, ending } = result;
  const since = owner ? formatWallTime(owner.since, reader) : '';
  const contact = phraseContact(card);
  const howToClose = [
    ...(contact === undefined ? [] : [contact]),
    `When finished reply ${phraseDone(card, code)}`,
  ];
  switch (effect) {
    case 'taken':
      return [`You have it: ${phraseAction(card, reader)}`, ...howToClose].join('\n');
    case 'already-yours':
      return [`You have it since ${since}: ${phraseAction(card, reader)}`, ...howToClose].join(
        '\n',
      );
    case 'held-by-other':
      return owner
        ? `${owner.name} has it since ${since}: nothing for you to do. (${code} ${card.brief.subject})`
        : `Only a responder can take ${code} ${card.brief.subject}.`;
    case 'passed':
      return `Passed on: ${card.brief.subject} (${code}). Thank you for saying so.`;
    case 'resolved':
    case 'withdrawn':
      return `${ending ? capitalise(describeEnding(ending)) : 'Done'}: ${card.brief.subject} (${code}). Thank you.`;
    case 'escalated':
      return `The next tier is being told: ${card.brief.subject} (${code}).`;
    case 'noted':
      return `Noted on ${code}. When finished reply ${phraseDone(card, code)}`;
    case 'closed':
      return ending
        ? describeClosed({ handoffId: card.id, code, subject: card.brief.subject, ending }, reader)
        : `${code} ${card.brief.subject} is closed.`;
  }
}

function describeClosed({ code, subject, ending }: ClosedOffer, reader: Reader): string {
  const time = formatWallTime(ending.at, reader);
  const who = ending.by ? ` by ${nameActor(ending.by)}` : '';
  return `Already over: ${subject} (${code}) was ${describeEnding(ending)}${who}, ${time}. Nothing for you to do.`;
}

/** Returns how a handoff ended in a few words: `done (reached)`, `withdrawn`, `expired`. */
export function describeEnding({ status, outcome }: Ending): string {
  if (status !== 'resolved') return status;
  return outcome === undefined ? 'done' : `done (${outcome})`;
}

function listOpen(offers: readonly OpenOffer[], reader: Reader): string[] {
  const yours = {
    asked: 'waiting',
    owner: 'yours',
    passed: 'passed',
    'stood-down': 'taken',
  } as const;
  const live = offers.filter(({ standing }) => standing === 'asked' || standing === 'owner');
  return live
    .slice(0, MAX_CHOICES)
    .map((offer) => `${offer.code} (${yours[offer.standing]}): ${describeOffer(offer, reader)}`);
}

function describeOffer(offer: OpenOffer, reader: Reader): string {
  const action = phraseAction(
    { action: { do: offer.action, ...(offer.dueAt !== undefined && { dueAt: offer.dueAt }) } },
    reader,
  );
  return action.includes(offer.subject) ? action : `${action}, ${offer.subject}`;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
