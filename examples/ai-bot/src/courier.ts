import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatonProblem,
  type BatonClient,
  type Coverage,
  type HandoffEvent,
  type Stats,
  type Submission,
} from 'baton/client';
import type { Errand, KnownHandoff, Store } from './store.ts';

export interface CourierDependencies {
  readonly store: Store;
  readonly baton: BatonClient;
  readonly patienceMs: number;
  readonly nudgeMs: number;
  readonly policy: string;
  readonly changed: (conversation: string) => void;
  /** Customers wrote what no person will read any more. */
  readonly resume: () => void;
}

/** Carries what is kept to Baton, and what happens there back: at any time it can be ended and started again. */
export interface Courier {
  /** There is something new to carry. */
  wake(): void;
  /** Who is there and how long it takes, as Baton said last. */
  surroundings(): { readonly coverage?: Coverage; readonly stats?: Stats };
  /** The names of people a handoff waits for, as far as they are known. */
  asked(handoff: string): readonly string[];
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 10_000;
const TICK_MS = 1_000;
/** What changes whom a handoff waits for. */
const ASKING: ReadonlySet<string> = new Set(['sent', 'passed', 'reassigned', 'escalated']);

const RECONNECT_MS = 2_000;
const SURROUNDINGS_MS = 30_000;

/** Starts carrying. */
export function startCourier(deps: CourierDependencies): Courier {
  const { store, baton, changed } = deps;
  const stopped = new AbortController();
  const { signal } = stopped;
  const watched = new Map<string, Promise<void>>();
  const asked = new Map<string, readonly string[]>();
  let surroundings: { readonly coverage?: Coverage; readonly stats?: Stats } = {};
  let surroundingsAt = 0;
  let ring = (): void => undefined;
  let pauseMs = FIRST_PAUSE_MS;

  /** Errands go in their order; one that Baton refuses for good is dropped and said, so that it holds up no other. */
  async function carryAll(): Promise<void> {
    for (const errand of store.errands()) {
      if (signal.aborted) return;
      try {
        await carry(errand);
      } catch (error) {
        if (!isFinal(error)) throw error;
        console.error(`Baton refused an errand (${errand.kind}):`, error);
        refuse(errand);
      }
    }
  }

  async function carry(errand: Errand): Promise<void> {
    const handoff = store.handoff(errand.handoff);
    if (!handoff) {
      store.removeErrand(errand.id);
      return;
    }
    const idempotencyKey = `${errand.handoff}-${errand.kind}-${errand.id}`;
    if (errand.kind === 'submit') {
      const { id, designTest } = await baton.submit(errand.body as Submission);
      // The brief is this program's work: what is wrong with it is for its log.
      for (const { severity, what } of designTest?.findings ?? []) {
        console.error(`Baton has a finding about the brief (${severity}): ${what}`);
      }
      store.together(() => {
        store.setBatonId(handoff.id, id);
        store.removeErrand(errand.id);
      });
    } else if (handoff.batonId !== null) {
      const { batonId } = handoff;
      const body = { ...(errand.body as object), idempotencyKey };
      const call = {
        note: () => baton.addNote(batonId, body as Parameters<BatonClient['addNote']>[1]),
        withdraw: () => baton.withdraw(batonId, body),
        amend: () => baton.amend(batonId, body),
      }[errand.kind];
      const { effect } = await call();
      store.together(() => {
        store.removeErrand(errand.id);
        if (effect === 'closed') giveBack(errand, handoff);
      });
      if (effect === 'closed') deps.resume();
    } else {
      store.removeErrand(errand.id);
    }
    changed(handoff.conversation);
  }

  /** Nobody reads that note any more: the bot answers what was written. */
  function giveBack({ kind, message }: Errand, { conversation }: KnownHandoff): void {
    if (kind !== 'note' || message === null) return;
    const { answeredUpTo = 0 } = store.conversation(conversation) ?? {};
    store.setAnswered(conversation, Math.min(answeredUpTo, message - 1));
  }

  function refuse(errand: Errand): void {
    const handoff = store.handoff(errand.handoff);
    store.together(() => {
      store.removeErrand(errand.id);
      if (errand.kind !== 'submit' || !handoff) return;
      store.setEnded(handoff.id, 'refused');
      store.setPhase(handoff.conversation, 'callback');
      say(
        handoff,
        'I am sorry: I could not ask anybody just now. You can leave your number below and I try once more.',
      );
    });
    if (handoff) changed(handoff.conversation);
  }

  function say({ conversation }: KnownHandoff, text: string, key?: string): void {
    store.addMessage({ conversation, author: 'bot', text, key });
  }

  /** Follows one handoff to its end; what was told before is not told again, also after a restart. */
  async function follow(id: string): Promise<void> {
    while (!signal.aborted) {
      const handoff = store.handoff(id);
      if (!handoff?.batonId || handoff.hasEnded) return;
      try {
        const events = baton.watch(handoff.batonId, { signal, lastEventId: handoff.lastEvent });
        for await (const event of events) apply(id, event);
      } catch (error) {
        if (error instanceof BatonProblem && error.status === 404) {
          store.setEnded(id, 'unknown');
          return;
        }
        await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  function apply(id: string, event: HandoffEvent): void {
    const handoff = store.handoff(id);
    if (!handoff || handoff.hasEnded) return;
    store.together(() => {
      if (event.type === 'timeline') {
        applyEntry(handoff, event.id, event.data);
        store.setLastEvent(id, event.id);
      } else if (event.type === 'status') {
        applyStatus(handoff, event.data.status, event.data.owner?.name ?? null);
      } else {
        applyEnd(handoff, event.data);
      }
    });
    changed(handoff.conversation);
    if (event.type === 'end') deps.resume();
    else if (event.type === 'status' || ASKING.has(event.data.what)) void refreshAsked(handoff);
  }

  /** Learns whom a handoff waits for; a message to somebody names them. */
  async function refreshAsked({ id, batonId, conversation }: KnownHandoff): Promise<void> {
    if (batonId === null) return;
    try {
      const { awaiting, timeline } = await baton.get(batonId);
      const names = new Map(
        timeline.flatMap(({ responder, because }): [string, string][] => {
          const name = / to (.+?) by (?:sms|voice|email)/.exec(because)?.[1];
          return responder === undefined || name === undefined ? [] : [[responder, name]];
        }),
      );
      const known = awaiting.flatMap((responder) => names.get(responder) ?? []);
      asked.set(id, known);
      changed(conversation);
    } catch {
      // The names are asked for again with the next event; "my colleagues" is true meanwhile.
    }
  }

  function applyEntry(
    handoff: KnownHandoff,
    eventId: string,
    entry: (HandoffEvent & { type: 'timeline' })['data'],
  ): void {
    // Own notes have no responder.
    if (entry.what !== 'noted' || entry.responder === undefined) return;
    const [, name = 'A colleague', text = entry.because] =
      /^([^:]*): ([^]*)$/.exec(entry.because) ?? [];
    store.addMessage({
      conversation: handoff.conversation,
      author: 'person',
      name,
      text,
      key: `${handoff.id}-${eventId}`,
    });
  }

  function applyStatus(handoff: KnownHandoff, status: string, owner: string | null): void {
    store.setStanding(handoff.id, status, owner);
    if (owner === handoff.owner) return;
    const isCall = handoff.kind === 'callback';
    if (owner !== null) {
      if (!isCall) store.setPhase(handoff.conversation, 'talking');
      say(
        handoff,
        isCall
          ? `${owner} has your request and will call you.`
          : `${owner} has it now and can read what we wrote. Write on; I keep quiet.`,
      );
    } else if (status === 'notifying' || status === 'waiting') {
      if (!isCall) store.setPhase(handoff.conversation, 'waiting');
      say(
        handoff,
        `${handoff.owner ?? 'My colleague'} could not stay with it. I am asking the next one.`,
      );
    }
  }

  function applyEnd(
    handoff: KnownHandoff,
    { status, ending }: (HandoffEvent & { type: 'end' })['data'],
  ): void {
    store.setEnded(handoff.id, status);
    // Withdrawn is what the bot does itself when a call is wanted instead.
    if (status === 'withdrawn') return;
    const key = `${handoff.id}-end`;
    const isCall = handoff.kind === 'callback';
    const who = ending.by?.kind === 'responder' ? ending.by.name : 'My colleague';
    if (status === 'expired') {
      say(
        handoff,
        isCall
          ? 'I am sorry: nobody called you in time, and I was told so. Leave your number again, and I ask once more.'
          : 'I am sorry: nobody came. Leave your number below and somebody calls you, or ask me something else.',
        key,
      );
      store.setPhase(handoff.conversation, 'callback');
      return;
    }
    const what = [ending.outcome?.replaceAll('-', ' '), ending.note].filter(Boolean).join(': ');
    say(
      handoff,
      isCall
        ? describeCall(who, ending.outcome, ending.note)
        : `${who} has closed the talk${what === '' ? '' : `. What was agreed: ${what}`}. I am here again: what else would you like to know?`,
      key,
    );
    const conversation = store.conversation(handoff.conversation);
    if (conversation) {
      store.setMemory(conversation.id, { ...conversation.memory, unsure: 0, mood: 'calm' });
      if (!isCall) store.setPhase(conversation.id, 'bot');
      else if (ending.outcome !== 'reached' && conversation.phase === 'bot') {
        store.setPhase(conversation.id, 'callback');
      }
    }
  }

  /** Says what time brings: that nobody came, and to the owner that somebody waits for an answer. */
  function look(): void {
    const now = Date.now();
    for (const handoff of store.openHandoffs()) {
      if (handoff.kind !== 'talk') continue;
      const { conversation, owner } = handoff;
      if (
        owner === null &&
        !handoff.isOverdue &&
        now - Date.parse(handoff.askedAt) > deps.patienceMs
      ) {
        store.together(() => {
          store.setOverdue(handoff.id);
          store.setPhase(conversation, 'callback');
          say(
            handoff,
            'I am sorry: nobody has come so far. I go on asking. You can also leave your number below, and somebody calls you.',
            `${handoff.id}-overdue`,
          );
        });
        changed(conversation);
      }
      if (owner !== null) nudge(handoff, now);
    }
  }

  /** One message to the owner for each time they leave the customer waiting. */
  function nudge(handoff: KnownHandoff, now: number): void {
    const messages = store.messages(handoff.conversation);
    const answered = messages.findLast(({ author }) => author !== 'customer')?.id ?? 0;
    const waiting = messages.find(({ id, author }) => author === 'customer' && id > answered);
    if (!waiting || now - Date.parse(waiting.at) < deps.nudgeMs) return;
    store.together(() => {
      if (!store.setNudged(handoff.id, waiting.id)) return;
      const since = new Date(waiting.at).toISOString().slice(11, 16);
      const summary = `Waits for your answer in the chat since ${since} UTC.`;
      store.addErrand({ handoff: handoff.id, kind: 'amend', body: { brief: { summary } } });
    });
  }

  async function refreshSurroundings(): Promise<void> {
    if (Date.now() - surroundingsAt < SURROUNDINGS_MS) return;
    if (!store.openHandoffs().some(({ owner }) => owner === null)) return;
    surroundingsAt = Date.now();
    const [coverage, stats] = await Promise.all([
      baton.coverage(deps.policy, { urgency: 'urgent', hours: 1 }),
      baton.stats({ policy: deps.policy }),
    ]);
    surroundings = { coverage, stats };
    for (const { conversation } of store.openHandoffs()) changed(conversation);
  }

  async function pause(ms: number): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      ring = resolve;
    });
    await Promise.race([woken, sleep(ms, undefined, { signal }).catch(() => undefined)]);
  }

  async function work(): Promise<void> {
    while (!signal.aborted) {
      try {
        await carryAll();
        await refreshSurroundings();
        pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        if (pauseMs === FIRST_PAUSE_MS)
          console.error('Baton cannot be reached; I go on trying:', error);
        pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
      }
      look();
      for (const { id, batonId } of store.openHandoffs()) {
        if (batonId === null || watched.has(id)) continue;
        watched.set(
          id,
          follow(id).finally(() => watched.delete(id)),
        );
      }
      await pause(pauseMs === FIRST_PAUSE_MS ? TICK_MS : pauseMs);
    }
  }

  const working = work();
  return {
    wake: () => {
      ring();
    },
    surroundings: () => surroundings,
    asked: (handoff) => asked.get(handoff) ?? [],
    async stop() {
      stopped.abort();
      ring();
      await Promise.all([working, ...watched.values()]);
    },
  };
}

function describeCall(who: string, outcome: string | undefined, note: string | undefined): string {
  const said = note === undefined ? '' : ` (${note})`;
  if (outcome === 'no-answer')
    return `${who} called, and nobody answered${said}. Leave your number again to be called once more.`;
  if (outcome === 'wrong-number')
    return `${who} called, but the number was wrong${said}. Leave it again, please.`;
  return `${who} has called you${said}. Is there anything else I can help with?`;
}

/** The same call again would be refused again. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof BatonProblem &&
    error.status >= 400 &&
    error.status < 500 &&
    ![401, 403, 408, 425, 429].includes(error.status)
  );
}
