import type { Absence } from '../availability/situation.ts';
import { formatReturn } from '../away.ts';
import { formatWallTime } from '../local-time.ts';
import type { ReplyVerb } from '../reply-words.ts';
import type { ReplyRoute } from '../reply-route.ts';
import type { ClosedOffer, OpenOffer } from '../offer.ts';
import { nameActor, type CommandResult, type Ending, type HandoffCard } from '../state.ts';
import { phraseAction, phraseContact, phraseDone, type Reader } from './phrases.ts';
import { fitsSegments } from './segments.ts';

/** What a person is told after a reply. */
export type Answer =
  | {
      readonly kind: 'result';
      readonly card: HandoffCard;
      readonly code: string;
      readonly result: CommandResult;
    }
  | Exclude<ReplyRoute, { kind: 'command' | 'away' | 'back' | 'opt-out' | 'opt-in' | 'silent' }>
  /** `offers` are all that are open; missing: not known here. */
  | {
      readonly kind: 'away';
      readonly absence: Absence;
      readonly coverName?: string;
      readonly offers?: readonly OpenOffer[];
    }
  | { readonly kind: 'back'; readonly offers?: readonly OpenOffer[] }
  /** It does not say until when, or that is past or too far ahead. */
  | { readonly kind: 'away-unclear'; readonly text: string }
  /** Several have this name, nobody has, or only they themselves. */
  | { readonly kind: 'cover-unclear'; readonly cover: string; readonly names: readonly string[] }
  /** A reply to their email came from another address. */
  | { readonly kind: 'other-sender'; readonly from: string }
  /** It ended a moment ago; how is not known here yet. */
  | { readonly kind: 'ended'; readonly offer: OpenOffer }
  /** Durable, but no worker has looked at it yet. */
  | { readonly kind: 'recorded' }
  /** Durable, but it is not durable that its sender is to be told what came of it. */
  | { readonly kind: 'unconfirmed' }
  /** It was sent to be recorded, and nobody said that it is. */
  | { readonly kind: 'uncertain' }
  | { readonly kind: 'not-recorded' };

const MAX_CHOICES = 3;

/** What takes which of several. */
const KEYS: Readonly<Record<ReplyVerb, string>> = {
  take: '1',
  pass: '2',
  snooze: '3',
  resolve: 'done',
  'take-over': 'take over',
};

const MAX_QUOTED = 60;

/** Returns the sentence that answers a reply, the same on every channel that carries plain text. */
export function renderAnswer(answer: Answer, reader: Reader): string {
  switch (answer.kind) {
    case 'result':
      return renderResult(answer, reader);
    case 'choose': {
      const shown = answer.offers.slice(0, MAX_CHOICES);
      const more = answer.offers.length - shown.length;
      return shorten((max) =>
        [
          `${askWhich(answer)} Nothing has changed yet. Reply:`,
          ...shown.map(
            (offer) =>
              `${[KEYS[answer.verb], answer.text, offer.code].filter(Boolean).join(' ')} - ${cut(describeOffer(offer, reader), max)}`,
          ),
          ...(more > 0 ? [`and ${more} more`] : []),
          ...(answer.ended ?? []).slice(0, 1).map((ended) => describeGone(ended, max)),
        ].join('\n'),
      );
    }
    case 'unknown-code':
      return shorten((max) =>
        [
          `No handoff of yours has the code ${answer.code}. Nothing has changed.`,
          ...listOpen(answer.offers, reader, max),
        ].join('\n'),
      );
    case 'closed':
      return shorten((max) => describeClosed(answer.offer, reader, max));
    case 'ended':
      return shorten(
        (max) =>
          `Already over: ${cut(answer.offer.subject, max)} (${answer.offer.code}). Nothing for you to do.`,
      );
    case 'other-sender':
      return `A reply from ${answer.from} was not counted: it is not your address. Reply from yours, or open the link.`;
    case 'nothing-open':
      return 'Nothing is waiting for you.';
    case 'help':
      return shorten((max) =>
        [
          ...(answer.wantsStop ? ['For no more SMS reply just STOP.'] : []),
          'Reply 1 to take, 2 to pass, 3 for later, done when finished; with the code if you have several.',
          ...listOpen(answer.offers, reader, max),
        ].join('\n'),
      );
    case 'away':
      return renderAway(answer, reader);
    case 'back':
      return renderBack(answer.offers, reader);
    case 'away-unclear':
      return [
        `"${answer.text.slice(0, MAX_QUOTED)}" was not understood, or is past or over a year ahead: nothing has changed.`,
        'Text for example away 3d, away until monday, away until 2 dec 9:00, or back.',
      ].join('\n');
    case 'cover-unclear':
      return renderCoverUnclear(answer);
    case 'recorded':
      return 'Your reply is recorded. You will get the result by SMS shortly.';
    case 'unconfirmed':
      return 'Your reply is recorded, what came of it is not known yet. If no result comes within 5 minutes, please send it again.';
    case 'uncertain':
      return 'It is not certain that your reply is recorded. If no result comes within 5 minutes, please send it again.';
    case 'not-recorded':
      return 'Your reply is NOT recorded yet: Baton cannot be reached. If no result comes within 5 minutes, please send it again.';
  }
}

/** Of one alone it is asked whether they mean it: it is theirs, or it is not. */
function askWhich({ offers, ended }: Extract<Answer, { kind: 'choose' }>): string {
  const [only, other] = offers;
  if (!only || other || ended) return 'Which one?';
  return only.standing === 'owner' ? 'It is yours.' : 'You have not taken it.';
}

function renderResult(
  { card, code, result }: Extract<Answer, { kind: 'result' }>,
  reader: Reader,
): string {
  return shorten((max) => phraseResult({ card, code, result }, reader, max));
}

/** Returns the sentence with names of at most so many characters; action and number are never cut. */
function phraseResult(
  { card, code, result }: Pick<Extract<Answer, { kind: 'result' }>, 'card' | 'code' | 'result'>,
  reader: Reader,
  max: number,
): string {
  const { effect, owner, ending } = result;
  const since = owner ? formatWallTime(owner.since, reader) : '';
  const contact = phraseContact(card);
  const subject = cut(card.brief.subject, max);
  const howToClose = `When finished reply ${phraseDone(card, code, max)}`;
  const details = [...(contact === undefined ? [] : [contact]), howToClose];
  switch (effect) {
    case 'taken':
      return [`You have it: ${phraseAction(card, reader)}`, ...details].join('\n');
    case 'already-yours':
      return [`You have it since ${since}: ${phraseAction(card, reader)}`, ...details].join('\n');
    case 'held-by-other':
      return owner
        ? [
            `${owner.name} has it since ${since}: nothing for you to do. (${code} ${subject})`,
            `To take it over reply take over ${code}`,
          ].join('\n')
        : `Only a responder can take ${code} ${subject}.`;
    case 'passed':
      return `Passed on: ${subject} (${code}). Thank you for saying so.`;
    case 'snoozed': {
      const time = formatWallTime(result.until ?? result.at, reader);
      return owner?.responder === result.by.id
        ? `You still have ${code} ${subject}: reminder at ${time}. ${howToClose}`
        : `Later: you are asked again at ${time} if nobody has taken it; others are asked meanwhile. (${code} ${subject})`;
    }
    case 'resolved':
    case 'withdrawn':
      return `${ending ? capitalise(cut(describeEnding(ending), max)) : 'Done'}: ${subject} (${code}). Thank you.`;
    case 'escalated':
      return `The next tier is being told: ${subject} (${code}).`;
    case 'amended':
      return `Changed: ${subject} (${code}). Whoever was told of it is told what is new.`;
    case 'reassigned':
      return `Passed to somebody else: ${subject} (${code}).`;
    case 'unchanged':
      return `Nothing has changed: ${subject} (${code}) is so already.`;
    case 'overtaken':
      return `Not counted: you have said something else about ${subject} (${code}) since.`;
    case 'noted':
      return owner && owner.responder === result.by.id
        ? `Noted on ${code}; it is still yours. ${howToClose}`
        : `Noted on ${code}. ${howToClose}`;
    case 'closed':
      return ending
        ? describeClosed({ handoffId: card.id, code, subject, ending }, reader, max)
        : `${code} ${subject} is closed.`;
  }
}

function renderAway(
  { absence, coverName, offers = [] }: Extract<Answer, { kind: 'away' }>,
  { timezone }: Reader,
): string {
  const { until, cover } = absence;
  const phrase = (name: string | undefined): string =>
    [
      [
        ...(until === undefined
          ? ['You are away. Nothing is sent to you, except critical work.']
          : [
              `You are away until ${formatReturn(until, timezone)}.`,
              'Nothing is sent to you before, except critical work.',
            ]),
        ...(name === undefined ? [] : [`${name} covers for you.`]),
        'Text back to end it.',
      ].join(' '),
      ...listLeft(offers),
    ].join('\n');
  // A name may need an alphabet that leaves little room; an id never does.
  return [phrase(coverName ?? cover), phrase(cover)].find(fitsSegments) ?? phrase(undefined);
}

/** Returns what somebody who goes away leaves behind, and how to pass on what is theirs. */
function listLeft(offers: readonly OpenOffer[]): string[] {
  const codes = offers.filter(({ standing }) => standing === 'owner').map(({ code }) => code);
  const waiting = offers.filter(({ standing }) => standing === 'asked').length;
  const [first] = codes;
  const more = codes.length - MAX_CHOICES;
  const listed = `${codes.slice(0, MAX_CHOICES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const how =
    codes.length === 1 ? `reply 2 ${first ?? ''} to pass it` : 'reply 2 and a code to pass it';
  return [
    ...(first === undefined ? [] : [`You still have ${listed}: ${how}.`]),
    ...(waiting === 0 ? [] : [`${countWaiting(waiting, 'still ')}.`]),
  ];
}

function renderBack(offers: readonly OpenOffer[] | undefined, reader: Reader): string {
  if (!offers) return 'You are back.';
  const waiting = offers.filter(({ standing }) => standing === 'asked').length;
  const owned = offers.filter(({ standing }) => standing === 'owner').length;
  const counts = [
    ...(waiting === 0 ? [] : [countWaiting(waiting)]),
    ...(owned === 0 ? [] : [`${owned} ${owned === 1 ? 'is' : 'are'} yours`]),
  ];
  const head = `You are back: ${counts.join(', ') || 'nothing waits for you'}.`;
  const lines = listOpen(offers, reader);
  const texts = lines.map((_, index) => [head, ...lines.slice(0, lines.length - index)].join('\n'));
  return texts.find(fitsSegments) ?? head;
}

function countWaiting(count: number, still = ''): string {
  return `${count} ${still}${count === 1 ? 'waits' : 'wait'} for you`;
}

function renderCoverUnclear({ cover, names }: Extract<Answer, { kind: 'cover-unclear' }>): string {
  const quoted = `"${cover.slice(0, MAX_QUOTED)}"`;
  if (names.length === 0) return `Nobody here is called ${quoted}: nothing has changed.`;
  if (names.length === 1) return 'You cannot cover for yourself: nothing has changed.';
  const choices = names.slice(0, MAX_CHOICES).join(' or ');
  return `${quoted} could be ${choices}: nothing has changed. Send it again with the whole name.`;
}

/** Returns why a handoff that may have been meant is not among the choices. */
function describeGone({ code, subject, ending }: ClosedOffer, max: number): string {
  return `${code} is over (${cut(describeEnding(ending), max)}): ${cut(subject, max)}`;
}

function describeClosed(
  { code, subject, ending }: ClosedOffer,
  reader: Reader,
  max: number,
): string {
  const time = formatWallTime(ending.at, reader);
  const who = ending.by ? ` by ${nameActor(ending.by)}` : '';
  const how = cut(describeEnding(ending), max);
  return `Already over: ${cut(subject, max)} (${code}) was ${how}${who}, ${time}. Nothing for you to do.`;
}

/** Returns how a handoff ended in a few words: `done (reached)`, `withdrawn`, `expired`. */
export function describeEnding({ status, outcome }: Ending): string {
  if (status !== 'resolved') return status;
  return outcome === undefined ? 'done' : `done (${outcome})`;
}

function listOpen(offers: readonly OpenOffer[], reader: Reader, max = Infinity): string[] {
  const yours = {
    asked: 'waiting',
    owner: 'yours',
    passed: 'passed',
    'stood-down': 'taken',
  } as const;
  const live = offers.filter(({ standing }) => standing === 'asked' || standing === 'owner');
  return live
    .slice(0, MAX_CHOICES)
    .map(
      (offer) =>
        `${offer.code} (${yours[offer.standing]}): ${cut(describeOffer(offer, reader), max)}`,
    );
}

function describeOffer(offer: OpenOffer, reader: Reader): string {
  const action = phraseAction(
    { action: { do: offer.action, ...(offer.dueAt !== undefined && { dueAt: offer.dueAt }) } },
    reader,
  );
  return action.includes(offer.subject) ? action : `${action}, ${offer.subject}`;
}

/** Returns a text with its names as long as its segments allow. */
function shorten(render: (max: number) => string): string {
  const fitting = LENGTHS.map(render).find(fitsSegments);
  return fitting ?? render(LENGTHS.at(-1) ?? 0);
}

const LENGTHS = [Infinity, 120, 80, 60, 45, 30, 20, 12];

function cut(text: string, max: number): string {
  const characters = Array.from(text);
  return characters.length <= max
    ? text
    : `${characters
        .slice(0, max - 3)
        .join('')
        .trimEnd()}...`;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
