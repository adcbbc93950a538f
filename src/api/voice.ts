import { Router } from 'express';
import twilio from 'twilio';
import { z } from 'zod';
import type { CommandPayload } from '../domain/command.ts';
import { findResponder, type Directory } from '../domain/directory.ts';
import {
  chooseSpeaker,
  describeCallEnd,
  isMachine,
  speak,
  type Listener,
  type Utterance,
} from '../domain/messages/voice.ts';
import { cardOf, type Actor, type Message } from '../domain/state.ts';
import type { HandoffView } from '../domain/view.ts';
import type { Logger } from '../logger.ts';
import { mayHaveArrived } from '../temporal/grpc-status.ts';
import type { CommandAnswer, HandoffClient } from './handoff-client.ts';
import { Problem } from './problem.ts';

export interface VoiceDependencies {
  readonly handoffs: HandoffClient;
  readonly directory: () => Directory;
  readonly publicBaseUrl: string;
  readonly logger: Logger;
  /** How long one request of Twilio waits for Temporal, in milliseconds; 3.5 s by default. */
  readonly patienceMs?: number;
}

/** Twilio waits 15 s; a person with a phone at the ear does not. */
const PATIENCE_MS = 3_500;

/** How often no key or a wrong one is answered with the choices, and how often `*` is. */
const MAX_ROUNDS = 3;
const MAX_REPEATS = 5;

/** How often the backend is asked again while the call holds, 2 s apart. */
const MAX_READS = 3;
const MAX_TRIES = 6;
const HOLD_SECONDS = 2;

/** Seconds in which a key may be pressed after the last word. */
const MENU_TIMEOUT = 8;
const GATE_TIMEOUT = 6;

/** The kinds of SMS that name the number to call. */
const WITH_NUMBER: ReadonlySet<Message['kind']> = new Set([
  'offer',
  'last-resort',
  'reminder',
  'expired',
  'amended',
  'answer',
]);

/** A repeated request is given what the first brought about for so long. */
const REMEMBERED_MS = 60_000;

/**
 * Twilio asks again, at most twice, when it gets no connection, no answer within 5 s, or a 5xx. The fragment is
 * neither sent nor signed: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
 */
const ASK_AGAIN = '#rc=2&rp=ct,rt,5xx&rt=5000';

const count = z.coerce.number().int().min(0).max(100).catch(0);
const flag = z
  .string()
  .optional()
  .transform((text) => text === '1')
  .catch(false);

/** Where a call stands. It travels in the query of our own addresses, which Twilio signs and nobody else can change. */
const placeSchema = z.object({
  h: z.string().min(1),
  n: z.string().min(1),
  r: z.string().min(1),
  /** What is asked for; missing: somebody, or something, has just answered. */
  s: z.enum(['gate', 'brief', 'menu', 'key']).optional(),
  /** The key that was pressed. */
  k: z.enum(['1', '2', '3']).optional(),
  /** How often the backend was asked in vain for what is asked for now. */
  try: count,
  /** How often no key or a wrong one was pressed. */
  round: count,
  /** How often `*` was pressed. */
  again: count,
  /** They have what they need in a message. */
  m: flag,
  /** The answer is durable, but what came of it is not known yet. */
  w: flag,
  /** The answer may be durable: a try ended without one. */
  u: flag,
});
type Place = z.infer<typeof placeSchema>;

const formSchema = z.object({
  CallSid: z.string().min(1),
  AnsweredBy: z.string().optional().catch(undefined),
  Digits: z.string().default('').catch(''),
});

const statusSchema = z.object({
  CallStatus: z.string(),
  AnsweredBy: z.string().optional().catch(undefined),
  ErrorCode: z.coerce.number().int().positive().optional().catch(undefined),
});

type Key = '1' | '2' | '3';
const VERBS: Readonly<Record<Key, 'take' | 'pass' | 'snooze'>> = {
  1: 'take',
  2: 'pass',
  3: 'snooze',
};

/** Returns the routes that Twilio asks during a call; they need requireTwilioSignature in front of them. */
export function routeVoice(deps: VoiceDependencies): Router {
  const router = Router();
  const given = new Map<string, Promise<CommandAnswer>>();

  router.post('/', async (request, response) => {
    const place = placeSchema.safeParse(request.query);
    const form = formSchema.safeParse(request.body);
    const now = new Date().toISOString();
    let twiml: string;
    if (place.data && form.data) {
      const call = new Conversation(deps, given, place.data, form.data.CallSid, now);
      try {
        twiml = await call.answer(form.data);
      } catch (error) {
        // An HTTP error would be read out as "an application error has occurred".
        deps.logger.error({ err: error, handoff: place.data.h }, 'a call went wrong');
        twiml = call.part('unreadable');
      }
    } else {
      twiml = new twilio.twiml.VoiceResponse().toString();
    }
    response.type('text/xml').send(twiml);
  });

  router.post('/status', async (request, response) => {
    const { h: handoff, n: notification } = request.query;
    const status = statusSchema.safeParse(request.body);
    const { CallStatus = '', AnsweredBy, ErrorCode } = status.data ?? {};
    const because = describeCallEnd({
      status: CallStatus,
      answeredBy: AnsweredBy,
      errorCode: ErrorCode,
    });
    const isNamed = typeof handoff === 'string' && typeof notification === 'string';
    if (because !== undefined && isNamed) {
      try {
        await deps.handoffs.reportUndelivered(handoff, notification, because);
      } catch (error) {
        deps.logger.error({ err: error, handoff }, 'the end of a call could not be reported');
        throw new Problem(503, 'Temporal cannot be reached. Send the same request again.');
      }
    }
    response.status(204).end();
  });

  return router;
}

type Looked = HandoffView | 'gone' | 'unanswered' | 'late' | 'failed';

/** One request of a call: what was pressed, what is said to it, and what is asked next. */
class Conversation {
  readonly #deps: VoiceDependencies;
  /** What commands were answered, so that asking again while the call holds signals nothing twice. */
  readonly #given: Map<string, Promise<CommandAnswer>>;
  readonly #place: Place;
  readonly #callSid: string;
  readonly #listener: Listener;
  readonly #by: Actor;
  readonly #isKnown: boolean;

  constructor(
    deps: VoiceDependencies,
    given: Map<string, Promise<CommandAnswer>>,
    place: Place,
    callSid: string,
    now: string,
  ) {
    this.#deps = deps;
    this.#given = given;
    this.#place = place;
    this.#callSid = callSid;
    const directory = deps.directory();
    const responder = findResponder(directory, place.r);
    const { name = place.r, timezone = directory.organisation.timezone } = responder ?? {};
    this.#listener = { name, timezone, now, speaker: chooseSpeaker(responder ?? {}) };
    this.#by = { kind: 'responder', id: place.r, name };
    this.#isKnown = responder !== undefined;
  }

  /** Returns the TwiML that goes on with the call. */
  async answer({
    AnsweredBy: answeredBy,
    Digits: digits,
  }: z.infer<typeof formSchema>): Promise<string> {
    if (!this.#isKnown) return this.part('nothing-waits');
    const { s: stage, k: key, round } = this.#place;
    switch (stage) {
      case undefined:
        if (answeredBy === 'human') return this.#tell();
        return isMachine(answeredBy) ? this.#leaveMessage(answeredBy) : this.#openGate();
      case 'gate':
        if (digits === '1') return this.#tell();
        return round + 1 < MAX_ROUNDS ? this.#openGate(round + 1) : this.part('goodbye');
      case 'brief':
        return this.#tell();
      case 'menu':
        return this.#choose(digits);
      case 'key':
        return key === undefined ? this.#tell() : this.#act(key);
    }
  }

  /** Says last words and hangs up. */
  part(last: Utterance | Plain): string {
    const twiml = new twilio.twiml.VoiceResponse();
    this.#say(twiml, last);
    twiml.hangup();
    return twiml.toString();
  }

  /** No word of the lead before a human is likely: a voicemail box is heard by others. */
  #openGate(round = 0): string {
    const twiml = new twilio.twiml.VoiceResponse();
    for (let times = 0; times < 2; times += 1) {
      this.#say(this.#gather(twiml, GATE_TIMEOUT, { s: 'gate', round }), 'gate');
    }
    this.#say(twiml, 'goodbye');
    twiml.hangup();
    return twiml.toString();
  }

  /** Twilio takes some people for machines: they can go on, too. */
  #leaveMessage(answeredBy: string | undefined): string {
    const twiml = new twilio.twiml.VoiceResponse();
    const isFax = answeredBy === 'fax';
    this.#say(isFax ? twiml : this.#gather(twiml, GATE_TIMEOUT, { s: 'gate' }), 'machine');
    twiml.hangup();
    return twiml.toString();
  }

  /** Says the brief and the choices, or why there is nothing to choose any more. */
  async #tell(): Promise<string> {
    const view = await this.#look();
    if (view === 'gone') return this.part('nothing-waits');
    if (typeof view === 'string') {
      const { try: tried } = this.#place;
      if (tried + 1 < MAX_READS) return this.#hold({ s: 'brief', try: tried + 1 });
      // What is pressed now is durable even while no worker is there to tell what it is about.
      return view === 'failed' ? this.part('unreadable') : this.#offer(['unreadable', 'menu'], {});
    }
    const over = this.#describeOver(view);
    if (over) return this.part(over);
    return this.#offer([{ kind: 'brief', card: cardOf(view) }, 'menu'], {
      m: this.#hasMessage(view),
    });
  }

  #choose(digits: string): string | Promise<string> {
    const { round, again } = this.#place;
    if (isKey(digits)) return this.#act(digits);
    if (digits === '*') {
      return again < MAX_REPEATS ? this.#repeat({ again: again + 1 }) : this.part('unchanged');
    }
    if (round + 1 >= MAX_ROUNDS) return this.part('unchanged');
    return digits === ''
      ? this.#repeat({ round: round + 1 })
      : this.#offer(['wrong-key', 'menu'], { round: round + 1 });
  }

  #repeat(changes: Partial<Place>): Promise<string> {
    const place = { ...this.#place, ...changes, try: 0 };
    return this.#at(place).#tell();
  }

  /** Gives the command of a key, and says what came of it as soon as that is known. */
  async #act(key: Key): Promise<string> {
    if (this.#place.w) return this.#followUp(key);
    const { try: tried, u: isUncertain } = this.#place;
    const held = { s: 'key', k: key, try: tried + 1, u: isUncertain } as const;
    const isLast = tried + 1 >= MAX_TRIES;
    let answer: CommandAnswer | 'late';
    try {
      answer = await this.#within(this.#command(key));
    } catch (error) {
      this.#deps.logger.warn({ err: error, handoff: this.#place.h }, 'a key is not recorded yet');
      const u = isUncertain || mayHaveArrived(error);
      if (isLast) return this.part(u ? 'uncertain' : 'not-recorded');
      return this.#hold({ ...held, u });
    }
    // Recorded, but nobody would tell them: asked again it may be known.
    if (answer === 'late' || answer === 'unconfirmed')
      return isLast ? this.part('uncertain') : this.#hold({ ...held, u: true });
    if (answer === 'unknown') return this.part('nothing-waits');
    if (answer === 'recorded') {
      // Whether it is theirs is worth a wait; of the other keys the effect is plain.
      return VERBS[key] === 'take' && !isLast
        ? this.#hold({ ...held, w: true })
        : this.part('recorded');
    }
    return this.part({ kind: 'result', ...answer, isInMessages: this.#place.m });
  }

  /** A recorded take: what became of it is seen in the handoff as soon as a worker is there. */
  async #followUp(key: Key): Promise<string> {
    const { try: tried } = this.#place;
    const view = await this.#look();
    if (typeof view === 'string') {
      return view !== 'gone' && tried + 1 < MAX_TRIES
        ? this.#hold({ s: 'key', k: key, try: tried + 1, w: true })
        : this.part('recorded');
    }
    const { owner } = view;
    if (owner?.responder !== this.#place.r)
      return this.part(this.#describeOver(view) ?? 'recorded');
    const result = {
      commandId: '',
      verb: 'take',
      by: this.#by,
      at: owner.since,
      effect: 'taken',
    } as const;
    return this.part({ kind: 'result', card: cardOf(view), result, isInMessages: this.#place.m });
  }

  #command(key: Key): Promise<CommandAnswer> {
    const { h, m } = this.#place;
    const id = `voice:${this.#callSid}:${key}`;
    const known = this.#given.get(id);
    if (known) return known;
    const verb = VERBS[key];
    const payload: CommandPayload<typeof verb> = {
      id,
      by: this.#by,
      via: 'voice',
      // Number and address are never read out: who takes it must have them in writing.
      ...(verb === 'take' && !m && { confirm: true }),
    };
    const answer = this.#deps.handoffs.command(h, verb, payload);
    this.#given.set(id, answer);
    const forget = () => this.#given.delete(id);
    answer.then((given) => {
      if (given === 'unconfirmed') forget();
      else setTimeout(forget, REMEMBERED_MS).unref();
    }, forget);
    return answer;
  }

  async #look(): Promise<Looked> {
    try {
      return (await this.#within(this.#deps.handoffs.read(this.#place.h))) ?? 'gone';
    } catch (error) {
      this.#deps.logger.warn({ err: error, handoff: this.#place.h }, 'a handoff cannot be read');
      return 'failed';
    }
  }

  /** Waits for Temporal as long as a caller does. */
  async #within<T>(asked: Promise<T>): Promise<T | 'late'> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => {
        resolve('late');
      }, this.#deps.patienceMs ?? PATIENCE_MS);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #describeOver(view: HandoffView): Utterance | undefined {
    const { ending, owner } = view;
    if (ending) return { kind: 'ended', ending };
    if (!owner) return undefined;
    const isListener = owner.responder === this.#place.r;
    return { kind: 'owned', card: cardOf(view), owner: { ...owner, isListener } };
  }

  /** Says whether an SMS to them that names the number has left, and the last of all that is known of any is that it did. */
  #hasMessage({ timeline }: HandoffView): boolean {
    const sms = timeline.filter(
      ({ what, channel, responder }) =>
        responder === this.#place.r &&
        channel === 'sms' &&
        (what === 'sent' || what === 'not-sent' || what === 'undelivered'),
    );
    const named = sms.findLast(({ message }) => message === undefined || WITH_NUMBER.has(message));
    return named?.what === 'sent' && sms.at(-1)?.what === 'sent';
  }

  #offer(said: readonly (Utterance | Plain)[], changes: Partial<Place>): string {
    const twiml = new twilio.twiml.VoiceResponse();
    const place = { s: 'menu', ...this.#progress(), ...changes } as const;
    const gather = this.#gather(twiml, MENU_TIMEOUT, place, { actionOnEmptyResult: true });
    for (const utterance of said) this.#say(gather, utterance);
    return twiml.toString();
  }

  #hold(place: Partial<Place>): string {
    const twiml = new twilio.twiml.VoiceResponse();
    const { try: tried = 1 } = place;
    if (tried === 1 || tried === 4) this.#say(twiml, 'one-moment');
    twiml.pause({ length: HOLD_SECONDS });
    twiml.redirect({ method: 'POST' }, this.#addressOf({ ...this.#progress(), ...place }));
    return twiml.toString();
  }

  /** What is kept from one request of a call to the next. */
  #progress(): Pick<Place, 'round' | 'again' | 'm'> {
    const { round, again, m } = this.#place;
    return { round, again, m };
  }

  #at(place: Place): Conversation {
    return new Conversation(this.#deps, this.#given, place, this.#callSid, this.#listener.now);
  }

  #gather(
    twiml: InstanceType<typeof twilio.twiml.VoiceResponse>,
    timeout: number,
    place: Partial<Place>,
    options: { actionOnEmptyResult?: boolean } = {},
  ) {
    return twiml.gather({
      input: ['dtmf'],
      numDigits: 1,
      timeout,
      // Else # would be the same as no key.
      finishOnKey: '',
      method: 'POST',
      action: this.#addressOf(place),
      ...options,
    });
  }

  #say(verbs: CanSay, said: Utterance | Plain): void {
    const { language, voice } = this.#listener.speaker;
    const utterance = typeof said === 'string' ? { kind: said } : said;
    verbs.say({ language, voice } as SayAttributes, speak(utterance, this.#listener));
  }

  #addressOf(changes: Partial<Place>): string {
    const { h, n, r } = this.#place;
    const query = new URLSearchParams({ h, n, r });
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined || value === 0 || value === false) continue;
      query.set(name, value === true ? '1' : String(value));
    }
    return `${this.#deps.publicBaseUrl}/webhooks/twilio/voice?${query.toString()}${ASK_AGAIN}`;
  }
}

/** Utterances that need nothing to be said. */
type Plain = Exclude<Utterance['kind'], 'brief' | 'ended' | 'owned' | 'result'>;

type SayAttributes = Parameters<InstanceType<typeof twilio.twiml.VoiceResponse>['say']>[0] & object;
interface CanSay {
  say(attributes: SayAttributes, message: string): unknown;
}

function isKey(digits: string): digits is Key {
  return Object.hasOwn(VERBS, digits);
}
