import { randomBytes } from 'node:crypto';
import { converse, type SpokenWords, type TwimlSource } from './call-conversation.ts';
import type { WebhookPoster } from './webhook.ts';

/** Names the states of a call. Source: https://www.twilio.com/docs/voice/api/call-resource#call-status-values */
export type CallStatus =
  'queued' | 'ringing' | 'in-progress' | 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled';

/** Names what Twilio's machine detection reports, as far as it is simulated. */
export type AnsweredBy = 'human' | 'machine_start' | 'machine_end_beep' | 'unknown';

/** Names who, or what, picks up a phone; `unknown` is somebody whom Twilio cannot tell from a machine. */
export type CallTaker = 'human' | 'machine' | 'unknown';

/** Lists what a phone may do when it is called. */
export const callBehaviours = [
  'ring',
  'answer',
  'voicemail',
  'busy',
  'no-answer',
  'failed',
] as const;

/**
 * Names what a phone does when it is called: `ring` waits for somebody to answer until the call's timeout; all others
 * happen by themselves, and at once.
 */
export type CallBehaviour = (typeof callBehaviours)[number];

/** Describes one moment of a call: words that were heard, or keys that were pressed. */
export interface CallLine {
  /** ISO instant. */
  readonly at: string;
  readonly who: 'baton' | 'person' | 'twilio';
  /** What was said; a person says nothing, but presses keys. */
  readonly text?: string;
  readonly key?: string;
  /** The language of the text, as TwiML names it (BCP 47). */
  readonly language?: string;
}

/** Describes one call as it is now; a change makes a new object. */
export interface SimulatedCall {
  /** `CA` and 32 hexadecimal digits. */
  readonly sid: string;
  readonly to: string;
  readonly from: string;
  readonly status: CallStatus;
  /** Who picked up, whether or not Twilio was asked to find out. */
  readonly takenBy?: CallTaker;
  /** What Twilio reports of it; absent unless `MachineDetection` was asked for and somebody has answered. */
  readonly answeredBy?: AnsweredBy;
  /** What was heard and pressed, oldest first. */
  readonly transcript: readonly CallLine[];
  /** Whether keys count now: they do in a `<Gather>`, also while it speaks. */
  readonly waitingForKeys: boolean;
  /** ISO instants. */
  readonly dateCreated: string;
  readonly dateUpdated: string;
  /** When it began to ring, and when it was over. */
  readonly startTime?: string;
  readonly endTime?: string;
  /** Whole seconds of the call from its answer; absent until it is `completed`. */
  readonly durationSeconds?: number;
  /** Twilio's error number, when Baton's answer could not be used: 11200 not retrieved, 12100 no TwiML, 11100 no URL. */
  readonly errorCode?: number;
}

/** Names an event of a call that status callbacks may be asked for. */
export type CallEvent = 'initiated' | 'ringing' | 'answered' | 'completed';

/** Describes a call that the API has accepted. */
export interface CallOrder {
  readonly to: string;
  readonly from: string;
  readonly source: TwimlSource;
  readonly statusCallback?: { readonly url: string; readonly method: 'GET' | 'POST' };
  readonly events: ReadonlySet<CallEvent>;
  readonly machineDetection?: 'Enable' | 'DetectMessageEnd';
  /** How long it rings. */
  readonly timeoutSeconds: number;
  /** How long it may be talked on. */
  readonly timeLimitSeconds: number;
}

/** Stands for the phones behind Twilio, and for whom they ring. */
export interface CallNetwork {
  /** Lists every call, oldest first. */
  readonly calls: readonly SimulatedCall[];
  find(sid: string): SimulatedCall | undefined;
  /** Stores a call, returns it in its first state, and lets the phone ring later. */
  dial(order: CallOrder): SimulatedCall;
  /** Picks up a phone that rings, or is about to. Throws for any other call. */
  answer(sid: string, as?: CallTaker): void;
  /** Does not take a call that rings, or is about to: it becomes `busy`. Throws for any other call. */
  reject(sid: string): void;
  /** Presses keys, and returns whether they counted. Throws for a call that nobody is on. */
  press(sid: string, digits: string): boolean;
  /** Puts the phone down; a call that still rings becomes `busy`. Throws for a call that is over. */
  hangUp(sid: string): void;
  /** Ends what the call waits for, as if its time had passed: ringing, a pause, or a `<Gather>`. Throws for a call that is over. */
  skipWait(sid: string): void;
  /** Ends a call for the API: before its answer it becomes `canceled`; returns false when there is nothing to end. */
  end(sid: string, how: 'canceled' | 'completed'): boolean;
  /** Lets a call go on with other TwiML; returns false when nobody is on it. */
  redirect(sid: string, source: TwimlSource): boolean;
  behaviourOf(phone: string): CallBehaviour;
  setBehaviour(phone: string, behaviour: CallBehaviour): void;
  /** Stops all calls where they are; nobody is told. */
  close(): void;
}

/** Holds what a call needs while it lasts. */
interface LiveCall {
  readonly order: CallOrder;
  /** Who was told so far how it goes: callbacks queue behind each other. */
  told: Promise<unknown>;
  toldCount: number;
  timer: NodeJS.Timeout | undefined;
  answeredAt: number;
  /** Changes when the call goes on with other TwiML: what was under way then is over. */
  conversation: number;
  onKey: ((key: string) => void) | undefined;
  /** Lets whatever waits look again. */
  wake: () => void;
  isSkipping: boolean;
}

// Source: https://www.rfc-editor.org/rfc/rfc3261#section-21
const sipCodes: Readonly<Partial<Record<CallStatus, string>>> = {
  completed: '200',
  busy: '486',
  'no-answer': '487',
  canceled: '487',
  failed: '404',
};

/** Returns a network in which nothing rings; `onChange` is told each new call and each change of one. */
export function createCallNetwork(options: {
  readonly accountSid: string;
  /** From acceptance to the phone's first ring. */
  readonly deliveryDelayMs: number;
  /** How long a second of a call is: time to ring, pauses, and time for keys. */
  readonly secondMs: number;
  /** How long a spoken word is. */
  readonly wordMs: number;
  readonly webhooks: WebhookPoster;
  readonly onTrouble: (url: string, status: number, problem: string) => void;
  readonly onChange: (call: SimulatedCall) => void;
}): CallNetwork {
  const { secondMs } = options;
  const calls: SimulatedCall[] = [];
  const indexBySid = new Map<string, number>();
  const live = new Map<string, LiveCall>();
  const behaviours = new Map<string, CallBehaviour>();

  function find(sid: string): SimulatedCall | undefined {
    const index = indexBySid.get(sid);
    return index === undefined ? undefined : calls[index];
  }

  function store(call: SimulatedCall): SimulatedCall {
    const index = indexBySid.get(call.sid) ?? calls.length;
    indexBySid.set(call.sid, index);
    calls[index] = call;
    options.onChange(call);
    return call;
  }

  function update(sid: string, changes: Partial<SimulatedCall>): void {
    const call = find(sid);
    if (call) store({ ...call, ...changes, dateUpdated: new Date().toISOString() });
  }

  function note(sid: string, line: Omit<CallLine, 'at'>): void {
    const transcript = find(sid)?.transcript ?? [];
    update(sid, { transcript: [...transcript, { at: new Date().toISOString(), ...line }] });
  }

  function require(sid: string, doing: string, allowed: readonly CallStatus[]): LiveCall {
    const call = find(sid);
    if (!call) throw new Error(`There is no call ${sid}: look into simulator.calls for one.`);
    const state = live.get(sid);
    if (state && allowed.includes(call.status)) return state;
    throw new Error(
      `The call ${sid} is ${call.status}, so nobody can ${doing} it: that takes one that is ${allowed.join(' or ')}.`,
    );
  }

  // Source: https://www.twilio.com/docs/voice/api/call-resource#statuscallback
  function describe(call: SimulatedCall): Readonly<Record<string, string>> {
    return {
      AccountSid: options.accountSid,
      ApiVersion: '2010-04-01',
      CallSid: call.sid,
      CallStatus: call.status,
      Called: call.to,
      Caller: call.from,
      Direction: 'outbound-api',
      From: call.from,
      To: call.to,
    };
  }

  function tell(sid: string, state: LiveCall, event: CallEvent): void {
    const call = find(sid);
    const { statusCallback, events } = state.order;
    if (!call || !statusCallback || !events.has(event)) return;
    const { status, answeredBy, durationSeconds } = call;
    const params = {
      ...describe(call),
      CallStatus: event === 'initiated' ? 'initiated' : status,
      CallbackSource: 'call-progress-events',
      SequenceNumber: `${state.toldCount}`,
      Timestamp: new Date().toUTCString().replace('GMT', '+0000'),
      ...(answeredBy === undefined ? {} : { AnsweredBy: answeredBy }),
      ...(event === 'completed' ? { SipResponseCode: sipCodes[status] ?? '200' } : {}),
      ...(durationSeconds === undefined
        ? {}
        : { CallDuration: `${durationSeconds}`, Duration: `${Math.ceil(durationSeconds / 60)}` }),
    };
    state.toldCount += 1;
    state.told = state.told.then(() =>
      options.webhooks.send(statusCallback.url, params, statusCallback.method),
    );
  }

  /** The one timer of a call: it is about to ring, rings, or is talked on. */
  function setTimer(state: LiveCall, ms: number, run: () => void): void {
    clearTimeout(state.timer);
    state.timer = setTimeout(run, ms);
  }

  function ring(sid: string): void {
    const state = live.get(sid);
    const call = find(sid);
    if (!state || call?.status !== 'queued') return;
    tell(sid, state, 'initiated');
    const behaviour = behaviours.get(call.to) ?? 'ring';
    if (behaviour === 'failed') {
      finish(sid, 'failed');
      return;
    }
    update(sid, { status: 'ringing', startTime: new Date().toISOString() });
    tell(sid, state, 'ringing');
    switch (behaviour) {
      case 'answer':
        answer(sid, 'human');
        break;
      case 'voicemail':
        answer(sid, 'machine');
        break;
      case 'busy':
      case 'no-answer':
        finish(sid, behaviour);
        break;
      case 'ring':
        setTimer(state, state.order.timeoutSeconds * secondMs, () => {
          finish(sid, 'no-answer');
        });
    }
  }

  function answer(sid: string, as: CallTaker): void {
    const state = live.get(sid);
    if (!state) return;
    const { machineDetection, timeLimitSeconds, source } = state.order;
    const answeredBy = machineDetection && readMachineDetection(as, machineDetection);
    state.answeredAt = Date.now();
    update(sid, { status: 'in-progress', takenBy: as });
    tell(sid, state, 'answered');
    if (answeredBy) update(sid, { answeredBy });
    setTimer(state, timeLimitSeconds * secondMs, () => {
      finish(sid, 'completed');
    });
    talk(sid, state, source, answeredBy ? { AnsweredBy: answeredBy } : {});
  }

  function talk(
    sid: string,
    state: LiveCall,
    source: TwimlSource,
    params: Readonly<Record<string, string>>,
  ): void {
    state.conversation += 1;
    const { conversation } = state;
    const isOver = (): boolean => live.get(sid) !== state || state.conversation !== conversation;
    const wait = async (seconds: number, until = (): boolean => false): Promise<void> => {
      const deadline = Date.now() + seconds * secondMs;
      const isSkipping = (): boolean => state.isSkipping;
      state.isSkipping = false;
      for (;;) {
        const left = deadline - Date.now();
        if (left <= 0 || isOver() || until() || isSkipping()) return;
        await nap(state, left);
      }
    };
    const line = {
      isOver,
      wait,
      async speak(words: SpokenWords, until?: () => boolean) {
        note(sid, words);
        await wait((words.text.split(/\s+/).length * options.wordMs) / secondMs, until);
      },
      listen(onKey: ((key: string) => void) | undefined) {
        if (isOver()) return;
        state.onKey = onKey;
        update(sid, { waitingForKeys: onKey !== undefined });
      },
      async ask(
        { url, method }: { readonly url: string; readonly method: 'GET' | 'POST' },
        told: Readonly<Record<string, string>>,
      ) {
        const call = find(sid);
        return options.webhooks.send(url, { ...(call && describe(call)), ...told }, method);
      },
      report: options.onTrouble,
    };
    void converse(line, source, params).then((errorCode) => {
      if (isOver()) return;
      if (errorCode !== undefined) update(sid, { errorCode });
      finish(sid, 'completed');
    });
  }

  function finish(sid: string, status: CallStatus): void {
    const state = live.get(sid);
    if (!state) return;
    live.delete(sid);
    clearTimeout(state.timer);
    state.wake();
    update(sid, {
      status,
      waitingForKeys: false,
      endTime: new Date().toISOString(),
      ...(status === 'completed'
        ? { durationSeconds: Math.round((Date.now() - state.answeredAt) / secondMs) }
        : {}),
    });
    tell(sid, state, 'completed');
  }

  return {
    calls,
    find,
    dial(order) {
      const now = new Date().toISOString();
      const call = store({
        sid: `CA${randomBytes(16).toString('hex')}`,
        to: order.to,
        from: order.from,
        status: 'queued',
        transcript: [],
        waitingForKeys: false,
        dateCreated: now,
        dateUpdated: now,
      });
      const state: LiveCall = {
        order,
        told: Promise.resolve(),
        toldCount: 0,
        timer: undefined,
        answeredAt: 0,
        conversation: 0,
        onKey: undefined,
        wake: () => undefined,
        isSkipping: false,
      };
      live.set(call.sid, state);
      setTimer(state, options.deliveryDelayMs, () => {
        ring(call.sid);
      });
      return call;
    },
    answer(sid, as = 'human') {
      require(sid, 'answer', ['queued', 'ringing']);
      ring(sid);
      // The phone may have been told to do something else by itself.
      if (find(sid)?.status === 'ringing') answer(sid, as);
    },
    reject(sid) {
      require(sid, 'reject', ['queued', 'ringing']);
      ring(sid);
      if (find(sid)?.status === 'ringing') finish(sid, 'busy');
    },
    press(sid, digits) {
      if (!/^[0-9*#]+$/.test(digits))
        throw new Error(`A phone has no keys for "${digits}": press 0 to 9, * and # only.`);
      const state = require(sid, 'press keys on', ['in-progress']);
      const { onKey } = state;
      note(sid, { who: 'person', key: digits });
      for (const key of digits) onKey?.(key);
      state.wake();
      return onKey !== undefined;
    },
    hangUp(sid) {
      require(sid, 'hang up', ['queued', 'ringing', 'in-progress']);
      finish(sid, find(sid)?.status === 'in-progress' ? 'completed' : 'busy');
    },
    skipWait(sid) {
      const state = require(sid, 'shorten', ['queued', 'ringing', 'in-progress']);
      const { status } = find(sid) ?? {};
      if (status === 'queued') ring(sid);
      else if (status === 'ringing') finish(sid, 'no-answer');
      else {
        state.isSkipping = true;
        state.wake();
      }
    },
    end(sid, how) {
      const status = live.has(sid) ? find(sid)?.status : undefined;
      if (status === undefined) return false;
      if (status !== 'in-progress') finish(sid, 'canceled');
      else if (how === 'completed') finish(sid, 'completed');
      else return false;
      return true;
    },
    redirect(sid, source) {
      const state = live.get(sid);
      if (!state || find(sid)?.status !== 'in-progress') return false;
      state.onKey = undefined;
      update(sid, { waitingForKeys: false });
      talk(sid, state, source, {});
      state.wake();
      return true;
    },
    behaviourOf: (phone) => behaviours.get(phone) ?? 'ring',
    setBehaviour(phone, behaviour) {
      behaviours.set(phone, behaviour);
    },
    close() {
      for (const state of live.values()) {
        clearTimeout(state.timer);
        state.conversation += 1;
        state.wake();
      }
      live.clear();
    },
  };
}

/** Resolves after a while, or as soon as the call is woken. */
function nap(state: LiveCall, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    state.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

// Source: https://www.twilio.com/docs/voice/answering-machine-detection
function readMachineDetection(taker: CallTaker, mode: 'Enable' | 'DetectMessageEnd'): AnsweredBy {
  if (taker !== 'machine') return taker;
  return mode === 'Enable' ? 'machine_start' : 'machine_end_beep';
}
