/*
 * Which handoff a reply is for. Without a code it counts only while exactly one can be meant.
 */
import { CODE_PATTERN } from './code.ts';
import type { CommandPayload } from './command.ts';
import { isEndedBy, type ClosedOffer, type Offer, type OpenOffer } from './offer.ts';
import type { Presence } from './presence.ts';
import type { ReplyIntent } from './reply.ts';
import { readOutcome } from './outcome.ts';
import { isShortAnswer, type ReplyVerb } from './reply-words.ts';
import type { Actor, Standing } from './state.ts';

/** Which handoff a reply is for, or why that cannot be told. Only `command` changes anything. */
export type ReplyRoute =
  | {
      readonly kind: 'command';
      readonly verb: ReplyVerb | 'note';
      readonly offer: OpenOffer;
      readonly text?: string;
      readonly forMs?: number;
    }
  /** It could mean several: none is changed, the choices are listed. */
  | {
      readonly kind: 'choose';
      readonly verb: ReplyVerb;
      /** What they said beside the verb, to be said again with a code. */
      readonly text?: string;
      readonly offers: readonly OpenOffer[];
      /** It may have meant these, which were over a moment before it came. */
      readonly ended?: readonly ClosedOffer[];
    }
  | { readonly kind: 'unknown-code'; readonly code: string; readonly offers: readonly OpenOffer[] }
  | { readonly kind: 'closed'; readonly offer: ClosedOffer }
  | { readonly kind: 'nothing-open' }
  | {
      readonly kind: 'help';
      readonly offers: readonly OpenOffer[];
      /** They want no more messages, in words that carriers do not know. */
      readonly wantsStop?: true;
    }
  | Presence
  | { readonly kind: 'opt-out' }
  | { readonly kind: 'opt-in' }
  | { readonly kind: 'silent' };

/** Whoever gets this has said what they want, and waits to be told how to say it. */
export function isAsking({ kind }: ReplyRoute): boolean {
  return kind === 'choose' || kind === 'unknown-code';
}

/** The handoffs that a reply of one person can mean. */
export interface Repliable {
  readonly open: readonly OpenOffer[];
  readonly closed: readonly ClosedOffer[];
  /** The handoff whose message they answer, where that is known; a code in the reply goes before it. */
  readonly about?: string;
  /** When the reply is read; missing: what went away a moment before is not looked at. */
  readonly now?: string;
  /** Whose they are: what this person ended, they ask nothing of. Missing: that is not looked at. */
  readonly self?: string;
  /** Whether they want no SMS; missing: that is not known. */
  readonly isOptedOut?: boolean;
  /** When it came, where that is long ago; without a code it cannot mean what was asked later. */
  readonly receivedAt?: string;
  /** It was found late: of what they ended themselves since they need not be told. */
  readonly isLate?: boolean;
}

/**
 * Returns what a reply means for a person with these handoffs. Without a code it counts only while exactly
 * one handoff can be meant: the one whose message it answers, one that waits for them (take, pass, later) or one that
 * is theirs (done, later). With two codes it means neither.
 */
export function routeReply(given: ReplyIntent, person: Repliable): ReplyRoute {
  const { open, closed } = person;
  switch (given.kind) {
    case 'opt-in':
      // Whoever gets SMS anyway and says yes answers something.
      return person.isOptedOut === false ? { kind: 'help', offers: open } : given;
    case 'opt-out':
    case 'away':
    case 'back':
      return given;
    case 'carrier-help':
      return { kind: 'silent' };
    case 'help':
      return { ...given, offers: open };
    case 'text':
      return routeNote(given, person);
    case 'act':
      break;
  }
  const intent = readTrailingCode(given, person);
  const { verb, code } = intent;
  const others = findNamed(intent.text ?? '', open).filter((offer) => offer.code !== code);
  if (others.length > 0) {
    const first = open.filter((offer) => offer.code === code);
    const meant = code === undefined ? rankMeant(intent, open) : first;
    return choose(intent, [...new Set([...meant, ...others])]);
  }
  if (intent.isCodeUnsure) {
    // It counts where it says what would be meant without it.
    const named = open.find((offer) => offer.code === code);
    const meant = rankMeant(intent, open);
    const mayBeOne =
      meant.length === 1 ||
      (verb === 'pass' && named?.standing === 'asked' && given.isCodeUnsure !== true);
    if (named && !(mayBeOne && meant.includes(named)))
      return choose(intent, [...new Set([...meant, named])]);
  }
  if (code !== undefined) {
    const offer = open.find((candidate) => candidate.code === code);
    if (offer) return command(intent, offer);
    const ended = closed.findLast((candidate) => candidate.code === code);
    return ended ? tellClosed(ended, person) : { kind: 'unknown-code', code, offers: open };
  }
  const about = findAbout(person);
  if (!about && intent.answersLast && isLastOwn(open))
    return verb === 'snooze' ? choose(intent, listLastOwn(open)) : { kind: 'help', offers: open };
  if (about) return about.kind === 'open' ? routeAbout(intent, about.offer, person) : about.route;
  const meant = rankMeant(intent, listAsked(person));
  const gone = findGone(intent, meant, person);
  const offers = [...meant, ...gone.open];
  const [first, second] = offers;
  if (first && (second || gone.closed.length > 0)) {
    return choose(intent, offers, gone.closed);
  }
  if (first) return mayBeBare(verb, first) ? command(intent, first) : choose(intent, offers);
  if (open.length > 0) return routeOrNote(intent, person);
  const latest = closed.at(-1);
  return latest ? tellClosed(latest, person) : { kind: 'nothing-open' };
}

/** The last they read was about what is theirs, a reminder for instance, though another waits for them. */
function isLastOwn(open: readonly OpenOffer[]): boolean {
  const asked = open.filter(({ standing }) => standing === 'asked');
  const own = open.filter(({ standing }) => standing === 'owner');
  const last = (offers: readonly OpenOffer[]): number =>
    Math.max(...offers.map(({ since }) => Date.parse(since)));
  return asked.length > 0 && own.length > 0 && last(own) > last(asked);
}

function listLastOwn(open: readonly OpenOffer[]): readonly OpenOffer[] {
  return [
    ...open.filter(({ standing }) => standing === 'owner'),
    ...open.filter(({ standing }) => standing === 'asked'),
  ];
}

interface TellClosed {
  readonly self?: string | undefined;
  readonly isLate?: boolean | undefined;
  readonly receivedAt?: string | undefined;
}

/** Whoever ended it after they said this, and was answered that, is not told once more. */
export function tellClosed(
  offer: ClosedOffer,
  { self, isLate, receivedAt }: TellClosed,
): Extract<ReplyRoute, { kind: 'closed' | 'silent' }> {
  const isKnown =
    isLate === true &&
    isEndedBy(offer, self) &&
    Date.parse(offer.ending.at) >= Date.parse(receivedAt ?? '');
  return isKnown ? { kind: 'silent' } : { kind: 'closed', offer };
}

/**
 * Returns what a reply means whatever the standings are, or undefined when it takes them to tell: what names the
 * handoff it is for by its code needs nobody to be asked.
 */
export function routeByCode(
  given: ReplyIntent,
  offers: readonly Offer[],
  person: Omit<Repliable, 'open'>,
): ReplyRoute | undefined {
  if (given.kind !== 'act') return undefined;
  const open = offers.map(({ at, ...card }) => ({
    ...card,
    standing: 'stood-down' as const,
    since: at,
  }));
  const { code, isCodeUnsure } = readTrailingCode(given, { ...person, open });
  if (code === undefined || isCodeUnsure === true) return undefined;
  const route = routeReply(given, { ...person, open });
  return ['command', 'closed', 'silent'].includes(route.kind) ? route : undefined;
}

/** Providers tell when a message came in whole seconds. */
const RECEIVED_WITHIN_MS = 1_000;

/** Returns what was open when the reply came, as far as is known. */
function listAsked({ open, receivedAt }: Repliable): readonly OpenOffer[] {
  if (receivedAt === undefined) return open;
  const latest = Date.parse(receivedAt) + RECEIVED_WITHIN_MS;
  return open.filter(
    ({ standing, since, firstAt = since }) => standing !== 'asked' || Date.parse(firstAt) <= latest,
  );
}

type Act = Extract<ReplyIntent, { kind: 'act' }>;

function command({ verb, text, forMs }: Act, offer: OpenOffer): ReplyRoute {
  return {
    kind: 'command',
    verb,
    offer,
    ...(text !== undefined && { text }),
    ...(forMs !== undefined && { forMs }),
  };
}

function choose(
  { verb, text }: Act,
  offers: readonly OpenOffer[],
  ended: readonly ClosedOffer[] = [],
): ReplyRoute {
  return {
    kind: 'choose',
    verb,
    // The answer says it again for each of them, and has no room for more.
    ...(verb === 'resolve' && text !== undefined && isRepeatable(text) && { text }),
    offers,
    ...(ended.length > 0 && { ended }),
  };
}

const MAX_AGAIN = 30;

/** With a code in it would be asked again, for ever. */
function isRepeatable(text: string): boolean {
  return text.length <= MAX_AGAIN && text.match(EACH_CODE) === null;
}

/** A word that may answer something else is none of a handoff that is theirs already; with more words it is a note. */
function routeAbout(intent: Act, offer: OpenOffer, person: Repliable): ReplyRoute {
  const isSure = intent.isCasual !== true && intent.orNote === undefined;
  if (isSure || offer.standing === 'asked') return command(intent, offer);
  return routeOrNote(intent, person);
}

function routeOrNote({ orNote: text }: Act, person: Repliable): ReplyRoute {
  return text === undefined
    ? { kind: 'help', offers: person.open }
    : routeNote({ kind: 'text', text }, person);
}

/** Returns what words without a verb are: a note, if just one handoff of theirs can be meant. */
function routeNote(intent: Extract<ReplyIntent, { kind: 'text' }>, person: Repliable): ReplyRoute {
  const { open, closed } = person;
  const help: ReplyRoute = { kind: 'help', offers: open };
  if (isShortAnswer(intent.text)) return help;
  const [named, another] = findNamed(intent.text, [...open, ...closed], intent.code);
  if (another) return help;
  if (named && !('standing' in named)) return { kind: 'closed', offer: named };
  const { code } = intent;
  if (!named && code !== undefined && intent.text.toUpperCase().includes(code))
    return { kind: 'unknown-code', code, offers: open };
  const about = named ? undefined : findAbout(person);
  if (about && about.kind !== 'open') return about.route;
  const meant = named ?? about?.offer;
  const owned = open.filter(
    (offer) => offer.standing === 'owner' && (meant === undefined || offer === meant),
  );
  const [offer] = owned;
  if (!offer || owned.length > 1) return help;
  const last = readTrailing(intent.text);
  const isNamedLast = last && last.code === named?.code && last.before !== '';
  const text = isNamedLast ? last.before : intent.text;
  return { kind: 'command', verb: 'note', offer, text };
}

const EACH_CODE = new RegExp(`(?<![\\p{L}\\p{N}])${CODE_PATTERN}(?![\\p{L}\\p{N}])`, 'gu');

/** Returns those whose codes a text names, `code` among them. */
function findNamed<T extends { readonly code: string }>(
  text: string,
  offers: readonly T[],
  code?: string,
): T[] {
  const codes = (text.match(EACH_CODE) ?? []).map((found) => found.toUpperCase());
  return [...new Set([...(code === undefined ? [] : [code]), ...codes])].flatMap(
    (one) => offers.find((offer) => offer.code === one) ?? [],
  );
}

/** So long somebody may still answer what has just gone, and so long before that they have not read on. */
const GONE_FOR_MS = 120_000;
export const READ_FOR_MS = 15_000;
/** What was never taken is rarely done: so long after another one ended, that one is more likely to be meant. */
const DONE_FOR_MS = 3_600_000;

/**
 * Returns what a reply could have meant until a moment ago: it was taken, or ended, after the message of what it would
 * mean now, and whoever typed it may not have seen that.
 */
function findGone(
  { verb, isCasual }: Act,
  meant: readonly OpenOffer[],
  { open, closed, now, receivedAt, self }: Repliable,
): { readonly open: readonly OpenOffer[]; readonly closed: readonly ClosedOffer[] } {
  if (now === undefined || meant.length === 0 || verb === 'take-over')
    return { open: [], closed: [] };
  const since = Math.min(...meant.map((offer) => Date.parse(offer.since)));
  const isTheirs = meant.some(({ standing }) => standing === 'owner');
  const goneForMs = verb === 'resolve' && !isTheirs ? DONE_FOR_MS : GONE_FOR_MS;
  const isFresh = (at: string): boolean => {
    const gone = Date.parse(at);
    const isLatest = verb === 'resolve' || gone >= since - READ_FOR_MS;
    return isLatest && Date.parse(now) - gone < goneForMs;
  };
  // Taken by what they said later, and was dealt with before.
  const isTakenSince = ({ standing, since: at }: OpenOffer): boolean =>
    standing === 'owner' && receivedAt !== undefined && Date.parse(at) > Date.parse(receivedAt);
  const isTaken = (offer: OpenOffer): boolean =>
    !meant.includes(offer) &&
    (isTakenSince(offer) || (offer.standing === 'stood-down' && isFresh(offer.since)));
  return {
    open: verb === 'resolve' || isCasual === true ? [] : open.filter(isTaken),
    closed: closed.filter((ended) => {
      const { at } = ended.ending;
      // What they ended themselves they only mean by ending it twice.
      const isOver = isEndedBy(ended, self) && (verb !== 'resolve' || Date.parse(at) < since);
      return isFresh(at) && !isOver;
    }),
  };
}

/** Returns the handoff whose message is answered, or what to say of it; undefined when none is known. */
function findAbout({
  open,
  closed,
  about,
}: Repliable):
  | { readonly kind: 'open'; readonly offer: OpenOffer }
  | { readonly kind: 'other'; readonly route: ReplyRoute }
  | undefined {
  // A list of several asks for answers that are about none in particular.
  if (about === undefined || NO_HANDOFF.test(about)) return undefined;
  const offer = open.find(({ handoffId }) => handoffId === about);
  if (offer) return { kind: 'open', offer };
  const ended = closed.findLast(({ handoffId }) => handoffId === about);
  return {
    kind: 'other',
    // Of what is long over nothing is known any more; no other handoff is meant by it.
    route: ended ? { kind: 'closed', offer: ended } : { kind: 'help', offers: open },
  };
}

const NO_HANDOFF = /^hof_0+$/;

const TRAILING_CODE = new RegExp(`(?:^|\\s)([(\\[]?)#?(${CODE_PATTERN})[)\\].!\\s]*$`, 'u');

function readTrailing(
  text: string,
): { readonly code: string; readonly before: string; readonly isMarked: boolean } | undefined {
  const match = TRAILING_CODE.exec(text);
  if (!match?.[2]) return undefined;
  return {
    code: match[2].toUpperCase(),
    before: text
      .slice(0, match.index)
      .trim()
      .replace(/\s*[,;:–—-]+$/u, ''),
    isMarked: match[1] !== '',
  };
}

/** Behind these a code is part of what is said: "done, on to RT52". */
const LEADS_ON =
  /(?:^|[^\p{L}])(?:to|on|now|next|then|and|with|for|doing|starting|calling|also|but|not|except|still|is|like|as|about|than|of|from|or|taking|take|after|before|have|got|busy|handling|working|finishing|finish|because|swamped|see|start|duplicate|dupe|merge|waiting|re)$/iu;

/**
 * Returns the intent with the code its last word is: our messages end in `done reached (KM47)`, and people
 * type that. Only a code the person has counts; any other last word belongs to the text.
 */
function readTrailingCode(intent: Act, { open, closed }: Repliable): Act {
  const { text } = intent;
  if (text === undefined || intent.code !== undefined) return intent;
  const last = readTrailing(text);
  if (!last || ![...open, ...closed].some((offer) => offer.code === last.code)) return intent;
  if (!last.isMarked && LEADS_ON.test(last.before)) return intent;
  const { text: _, orNote: __, ...act } = intent;
  const offer = open.find(({ code }) => code === last.code);
  const isSure =
    last.isMarked ||
    last.before === '' ||
    (act.verb === 'resolve' &&
      readOutcome(last.before, offer?.outcomes ?? []).outcome !== undefined);
  return {
    ...act,
    code: last.code,
    ...(last.before !== '' && { text: last.before }),
    ...(!isSure && { isCodeUnsure: true }),
  };
}

const ELSEWHERE = ['stood-down', 'passed'] as const;

/** To whom a verb is said, in the order in which handoffs are meant by it. */
const FITTING: Readonly<Record<ReplyVerb, readonly (readonly Standing[])[]>> = {
  take: [['asked'], ['owner'], ELSEWHERE],
  'take-over': [[...ELSEWHERE, 'asked'], ['owner']],
  pass: [['asked'], ['owner'], ELSEWHERE],
  snooze: [['asked'], ['owner'], ELSEWHERE],
  resolve: [['owner'], ['asked'], ELSEWHERE],
};

/** Returns the handoffs a bare verb can mean: the fitting ones, or all open ones when none fits. */
function rankMeant(
  { verb, isCasual, orNote }: Act,
  open: readonly OpenOffer[],
): readonly OpenOffer[] {
  const isUnsure = isCasual === true || orNote !== undefined;
  for (const standings of isUnsure ? [['asked'] as const] : FITTING[verb]) {
    const meant = open.filter((offer) => standings.includes(offer.standing));
    if (meant.length > 0) return meant;
  }
  return [];
}

/**
 * Returns whether a verb without a code may change the only handoff it can mean. What was never taken is not done by a
 * second `done`, and what is theirs is not given away by a second `2`: they are asked.
 */
function mayBeBare(verb: ReplyVerb, { standing }: OpenOffer): boolean {
  if (verb === 'resolve') return standing === 'owner';
  return verb !== 'pass' || standing !== 'owner';
}

/** A command ready to be signalled: the signal's name and its payload. */
export type ReplyCommand = {
  [V in 'take' | 'pass' | 'snooze' | 'resolve' | 'note']: {
    readonly verb: V;
    readonly payload: CommandPayload<V>;
  };
}['take' | 'pass' | 'snooze' | 'resolve' | 'note'];

/** Returns the command a routed reply gives; its id is the reply's, so that a repeated reply applies once. */
export function commandOf(
  route: Extract<ReplyRoute, { kind: 'command' }>,
  reply: {
    readonly replyId: string;
    readonly by: Actor;
    /** The way it came; missing: by SMS. */
    readonly via?: 'email';
    readonly confirm?: boolean;
    readonly receivedAt?: string;
    readonly isLate?: boolean;
  },
): ReplyCommand {
  const base = {
    id: reply.replyId,
    by: reply.by,
    via: reply.via ?? ('sms' as const),
    ...(reply.confirm === true && { confirm: true }),
    ...(reply.isLate === true && reply.receivedAt !== undefined && { saidAt: reply.receivedAt }),
  };
  const { text, forMs } = route;
  switch (route.verb) {
    case 'take':
      return { verb: 'take', payload: base };
    case 'take-over':
      return { verb: 'take', payload: { ...base, over: true } };
    case 'pass':
      return { verb: 'pass', payload: { ...base, ...(text !== undefined && { reason: text }) } };
    case 'snooze':
      return { verb: 'snooze', payload: { ...base, ...(forMs !== undefined && { forMs }) } };
    case 'resolve':
      return { verb: 'resolve', payload: { ...base, ...(text !== undefined && { note: text }) } };
    case 'note':
      return { verb: 'note', payload: { ...base, text: text ?? '' } };
  }
}
