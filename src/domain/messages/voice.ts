import { contactAgenda, findFreeTime } from '../availability/agenda.ts';
import { explainTwilioCode } from '../provider-codes.ts';
import { nameActor, type CommandResult, type Ending, type HandoffCard } from '../state.ts';
import type { Reader } from './phrases.ts';
import {
  asSentence,
  momentOf,
  speakable,
  speakingSeconds,
  type Language,
  type Moment,
} from './speech.ts';
import { PHRASES, type Phrases, type Reachable } from './voice-phrases.ts';

/** The voice that reads to somebody: Twilio's `language` and `voice` of a `<Say>`, and whose phrases it says. */
export interface Speaker {
  readonly phrases: Language;
  readonly language: string;
  readonly voice: string;
}

/** Who listens, when, and to which voice. */
export interface Listener extends Reader {
  readonly name: string;
  readonly speaker: Speaker;
}

/** What is said on the phone; each is a few sentences, and none but `brief` tells anything of the lead. */
export type Utterance =
  | { readonly kind: 'brief'; readonly card: HandoffCard }
  | {
      readonly kind:
        | 'menu'
        | 'gate'
        | 'machine'
        | 'wrong-key'
        | 'unchanged'
        | 'goodbye'
        | 'one-moment'
        | 'nothing-waits'
        | 'recorded'
        | 'not-recorded'
        | 'uncertain'
        | 'unreadable';
    }
  | { readonly kind: 'ended'; readonly ending: Ending }
  | { readonly kind: 'owned'; readonly card: HandoffCard; readonly owner: Owner }
  | {
      readonly kind: 'result';
      readonly card: HandoffCard;
      readonly result: CommandResult;
      /** Whether what they need is in a message that they have; else it comes by SMS now. */
      readonly isInMessages: boolean;
    };

interface Owner {
  readonly responder: string;
  readonly name: string;
  readonly since: string;
  readonly isListener: boolean;
}

/** The part before the menu takes less than 20 s. */
const MAX_BRIEF_SECONDS = 19.5;

/** No word takes less than 0.2 s. */
const MAX_BRIEF_WORDS = 5 * Math.ceil(MAX_BRIEF_SECONDS);

/** Twilio's languages and a voice for each, of those in which there are phrases; the first is for other countries. */
const VOICES: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: {
    'en-US': 'Polly.Joanna',
    'en-GB': 'Polly.Amy',
    'en-AU': 'Polly.Nicole',
    'en-IN': 'Polly.Raveena',
  },
  de: { 'de-DE': 'Polly.Vicki' },
  es: { 'es-ES': 'Polly.Lucia', 'es-MX': 'Polly.Mia', 'es-US': 'Polly.Lupe' },
  pl: { 'pl-PL': 'Polly.Ewa' },
};

/**
 * Returns the voice for a person's locale (BCP 47). Without phrases in their language it is an English one, also
 * in place of the voice they chose: English read by the rules of another language is not understood.
 */
export function chooseSpeaker({
  locale = 'en-US',
  voice,
}: {
  readonly locale?: string;
  readonly voice?: string;
}): Speaker {
  const language = (Object.keys(VOICES) as Language[]).find(
    (known) => known === locale.split('-')[0],
  );
  if (language && voice !== undefined) return { phrases: language, language: locale, voice };
  const phrases = language ?? 'en';
  const [[usual, usualVoice] = ['en-US', 'Polly.Joanna']] = Object.entries(VOICES[phrases]);
  const own = VOICES[phrases][locale];
  return own === undefined
    ? { phrases, language: usual, voice: usualVoice }
    : { phrases, language: locale, voice: own };
}

/** Returns the words for an utterance, fit to be read by the listener's voice. */
export function speak(utterance: Utterance, listener: Listener): string {
  const phrases = PHRASES[listener.speaker.phrases];
  const name = speakable(listener.name, phrases.words);
  switch (utterance.kind) {
    case 'brief':
      return speakBrief(utterance.card, listener);
    case 'menu':
      return phrases.menu;
    case 'gate':
      return phrases.gate(name);
    case 'machine':
      return phrases.machine(name);
    case 'wrong-key':
      return phrases.wrongKey;
    case 'unchanged':
      return phrases.unchanged;
    case 'goodbye':
      return phrases.goodbye;
    case 'one-moment':
      return phrases.oneMoment;
    case 'nothing-waits':
      return phrases.nothingWaits;
    case 'recorded':
      return phrases.recorded;
    case 'not-recorded':
      return phrases.notRecorded;
    case 'uncertain':
      return phrases.uncertain;
    case 'unreadable':
      return phrases.unreadable;
    case 'ended':
      return speakEnding(utterance.ending, phrases);
    case 'owned': {
      const { owner, card } = utterance;
      const since = whenIs(owner.since, listener);
      return owner.isListener
        ? join([phrases.alreadyYours(since), speakDeadline(card, listener)])
        : phrases.heldByOther(speakable(owner.name, phrases.words), since);
    }
    case 'result':
      return speakResult(utterance, listener);
  }
}

/**
 * Returns who it is for, what to do by when, who it is about, how good it is and what happened. What does not fit
 * into 20 s is left out from the end, the summary at a word; action and deadline never are.
 */
function speakBrief(card: HandoffCard, listener: Listener): string {
  const phrases = PHRASES[listener.speaker.phrases];
  const { brief, action, urgency } = card;
  const { contact } = action;
  const secrets = contact?.phone === undefined ? [] : [contact.phone];
  const read = (text: string): string => speakable(text, phrases.words, secrets);

  // An instruction of nothing but symbols cannot be said.
  const toDo = (read(action.do) || phrases.inMessages.neither).replace(/[.!?,;: ]+$/u, '');
  const needed = join([
    phrases.greeting(urgency, read(listener.name)),
    speakAction(action.dueAt, toDo, listener),
    speakOpening(card, listener),
  ]);
  const extras = [
    asSentence(nameSubject(read(brief.subject), toDo)),
    speakScore(card, read, phrases),
    brief.origin === undefined ? '' : asSentence(read(brief.origin)),
  ];
  const fits = (text: string): boolean => speakingSeconds(text) <= MAX_BRIEF_SECONDS;
  const context = extras.reduce(
    (said, extra) => (fits(join([said, extra])) ? join([said, extra]) : said),
    needed,
  );
  const words = read(brief.summary).split(' ');
  for (let count = Math.min(words.length, MAX_BRIEF_WORDS); count > 0; count -= 1) {
    const summary = words
      .slice(0, count)
      .join(' ')
      .replace(/[,;:-]+$/u, '');
    if (fits(join([context, asSentence(summary)]))) return join([context, asSentence(summary)]);
  }
  return context;
}

function speakAction(dueAt: string | undefined, toDo: string, listener: Listener): string {
  const phrases = PHRASES[listener.speaker.phrases];
  if (dueAt === undefined) return asSentence(toDo);
  const at = whenIs(dueAt, listener);
  return isPast(dueAt, listener) ? phrases.overdue(toDo, at) : phrases.due(toDo, at);
}

/** Says from when on the contact may be called, while they may not. */
function speakOpening({ action: { contact } }: HandoffCard, listener: Listener): string {
  const agenda = contact && contactAgenda(contact, listener.timezone);
  if (!agenda) return '';
  const now = Date.parse(listener.now);
  const { at = 0 } = findFreeTime(now, [agenda]);
  if (at <= now) return '';
  return PHRASES[listener.speaker.phrases].opensAt(whenIs(new Date(at).toISOString(), listener));
}

/** Leaves out what the instruction names already: of `Maria Lopez, Acme Corp` the company is new. */
function nameSubject(subject: string, toDo: string): string {
  return subject
    .split(', ')
    .filter((part) => !toDo.includes(part))
    .join(', ');
}

function speakScore(
  { brief: { score } }: HandoffCard,
  read: (text: string) => string,
  phrases: Phrases,
): string {
  if (!score || [score.value, score.outOf ?? 0].some((number) => Math.abs(number) >= 1e6))
    return '';
  const round = (number: number): string => String(Math.round(number * 100) / 100);
  const meaning = score.meaning === undefined ? '' : read(score.meaning);
  return phrases.score(
    round(score.value),
    score.outOf === undefined ? undefined : round(score.outOf),
    meaning === '' ? undefined : meaning.replace(/[.!?,;: ]+$/u, ''),
  );
}

function speakResult(
  { card, result, isInMessages }: Extract<Utterance, { kind: 'result' }>,
  listener: Listener,
): string {
  const phrases = PHRASES[listener.speaker.phrases];
  const { effect, owner, ending, by, until, at } = result;
  const where = (isInMessages ? phrases.inMessages : phrases.comesBySms)[reachableBy(card)];
  switch (effect) {
    case 'taken':
      return join([phrases.taken, where, speakDeadline(card, listener)]);
    case 'already-yours':
      return join([
        phrases.alreadyYours(whenIs(owner?.since ?? at, listener)),
        where,
        speakDeadline(card, listener),
      ]);
    case 'held-by-other':
      return owner
        ? phrases.heldByOther(speakable(owner.name, phrases.words), whenIs(owner.since, listener))
        : phrases.nothingWaits;
    case 'passed':
      return phrases.passed;
    case 'snoozed': {
      const moment = whenIs(until ?? at, listener);
      return owner?.responder === by.id ? phrases.laterAsOwner(moment) : phrases.later(moment);
    }
    case 'closed':
      return ending ? speakEnding(ending, phrases) : phrases.nothingWaits;
    case 'resolved':
    case 'withdrawn':
    case 'escalated':
    case 'noted':
    case 'amended':
    case 'overtaken':
    case 'reassigned':
    case 'unchanged':
      return phrases.recorded;
  }
}

function speakDeadline({ action: { dueAt } }: HandoffCard, listener: Listener): string {
  if (dueAt === undefined) return '';
  const { dueStill, wasDue } = PHRASES[listener.speaker.phrases];
  const at = whenIs(dueAt, listener);
  return isPast(dueAt, listener) ? wasDue(at) : dueStill(at);
}

function speakEnding({ status, by }: Ending, phrases: Phrases): string {
  const who = by?.kind === 'responder' ? speakable(nameActor(by), phrases.words) : undefined;
  return phrases.ended(status, who);
}

function reachableBy({ action: { contact } }: HandoffCard): Reachable {
  if (contact?.phone !== undefined) return 'phone';
  return contact?.email === undefined ? 'neither' : 'email';
}

function whenIs(at: string, { timezone, now, speaker }: Listener): Moment {
  return momentOf(at, { timezone, now, locale: speaker.language });
}

function isPast(at: string, { now }: Listener): boolean {
  return Date.parse(at) <= Date.parse(now);
}

function join(sentences: readonly string[]): string {
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

/** How long a phone rings, in seconds; voicemail mostly answers later than that. */
export const RING_FOR_SECONDS = 25;

/** What Twilio reports of a call that is over. */
export interface CallEnd {
  readonly status: string;
  readonly answeredBy?: string | undefined;
  readonly errorCode?: number | undefined;
}

/**
 * Returns why a call that ended reached nobody, in words for the timeline; undefined while it is not over. Also a
 * call in which a key was pressed ends like this: the engine knows that, and leaves it out.
 */
export function describeCallEnd({ status, answeredBy, errorCode }: CallEnd): string | undefined {
  switch (status) {
    case 'busy':
      return 'the line was busy';
    case 'no-answer':
      return `nobody answered within ${RING_FOR_SECONDS} s`;
    case 'canceled':
      return 'the call was cancelled';
    case 'failed': {
      if (errorCode === undefined) return 'the call failed';
      const known = explainTwilioCode(errorCode);
      return `the call failed (Twilio ${errorCode}${known ? `: ${known.means}` : ''})`;
    }
    case 'completed':
      if (isMachine(answeredBy)) return 'voicemail answered';
      return answeredBy === 'human'
        ? 'they hung up without pressing a key'
        : 'somebody or something answered, and no key was pressed';
    default:
      return undefined;
  }
}

/** Says whether Twilio's answering machine detection found a machine. */
export function isMachine(answeredBy: string | undefined): boolean {
  return answeredBy === 'fax' || answeredBy?.startsWith('machine_') === true;
}
