import {
  BatonProblem,
  BatonUnreachableError,
  type BatonClient,
  type CallbackEvent,
} from 'baton/client';
import { renewDeadline } from './brief.ts';
import { isOutcome } from './outcomes.ts';
import type { Errand, Store } from './store.ts';

export interface DeskOptions {
  readonly store: Store;
  readonly baton: Pick<BatonClient, 'submit' | 'amend' | 'get'>;
  readonly log: (line: string) => void;
}

/** Tells Baton what is noted down, and keeps what Baton says. */
export interface Desk {
  /** Looks at once whether there is something to tell. */
  wake(): void;
  /** Keeps what a callback says; the same again changes nothing. */
  hear(event: CallbackEvent): void;
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
const LOOK_EVERY_MS = 600_000;
/** The key is wrong, or Baton has too much to do: not the lead's fault. */
const NOT_THE_LEADS_FAULT = [401, 403, 408, 425, 429];

/** Starts telling Baton; what was left over when the program ended last comes first. */
export function openDesk({ store, baton, log }: DeskOptions): Desk {
  let isStopped = false;
  let wakeUp = (): void => undefined;
  let isWoken = false;
  let pauseMs = FIRST_PAUSE_MS;
  const renewed = new Set<number>();

  const sleep = async (ms: number): Promise<void> => {
    if (isWoken || isStopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };

  const runErrand = async ({ kind, handoff, key, body }: Errand): Promise<void> => {
    if (kind === 'submit') {
      const { id } = await baton.submit(body as Parameters<BatonClient['submit']>[0]);
      store.acceptHandoff(handoff, id);
      return;
    }
    const { batonId, status } = store.handoff(handoff) ?? {};
    if (batonId === undefined || status !== 'open') return;
    await baton.amend(batonId, {
      ...(body as Parameters<BatonClient['amend']>[1]),
      idempotencyKey: key,
    });
  };

  /** Returns whether the errand is over: done, or refused for good. */
  const attempt = async (errand: Errand): Promise<boolean> => {
    try {
      await runErrand(errand);
      return true;
    } catch (error) {
      if (
        error instanceof BatonProblem &&
        error.status < 500 &&
        !NOT_THE_LEADS_FAULT.includes(error.status)
      ) {
        // It was not taken, so it may change: it may have waited until its deadline was none any more.
        const fresh = renewDeadline(errand.body, new Date().toISOString());
        if (error.status === 422 && errand.kind === 'submit' && fresh && !renewed.has(errand.seq)) {
          renewed.add(errand.seq);
          store.changeErrand(errand.seq, fresh);
          return false;
        }
        const faults = error.errors.map(({ detail }) => detail).join('; ');
        const why = `${error.title || error.message}${faults && `: ${faults}`}`;
        log(`Baton refused ${errand.handoff}: ${why}`);
        if (errand.kind === 'submit')
          store.refuseHandoff(errand.handoff, why, new Date().toISOString());
        return true;
      }
      if (!(error instanceof BatonProblem) && !(error instanceof BatonUnreachableError))
        throw error;
      const reason =
        error instanceof BatonProblem ? `it answered ${error.status}` : 'it cannot be reached';
      log(`Baton is told of ${errand.handoff} later: ${reason}.`);
      return false;
    }
  };

  /** Asks after handoffs whose callback may have been missed while this program was away for long. */
  const lookAfter = async (): Promise<void> => {
    for (const { externalId, batonId } of store.openHandoffs()) {
      if (batonId === undefined || isStopped) continue;
      try {
        const { status, ending } = await baton.get(batonId);
        if (ending) close(externalId, { status, at: ending.at, outcome: ending.outcome });
      } catch (error) {
        if (error instanceof BatonProblem && error.status === 404)
          close(externalId, { status: 'unknown', at: new Date().toISOString() });
        else if (!(error instanceof BatonProblem) && !(error instanceof BatonUnreachableError))
          throw error;
      }
    }
  };

  const close = (
    externalId: string,
    { status, outcome, at }: { status: string; outcome?: string | undefined; at: string },
  ): void => {
    const handoff = store.handoff(externalId);
    if (!handoff) return;
    const isNew = store.closeHandoff(handoff, {
      news: status,
      at,
      outcome: outcome !== undefined && isOutcome(outcome) ? outcome : undefined,
    });
    if (isNew) log(`${externalId}: ${outcome ?? status}`);
  };

  const work = async (): Promise<void> => {
    let nextLook = 0;
    while (!isStopped) {
      isWoken = false;
      const errand = store.nextErrand();
      if (errand) {
        if (await attempt(errand)) {
          store.finishErrand(errand.seq);
          pauseMs = FIRST_PAUSE_MS;
        } else {
          await sleep(pauseMs);
          pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
        }
        continue;
      }
      if (Date.now() >= nextLook) {
        await lookAfter();
        nextLook = Date.now() + LOOK_EVERY_MS;
        continue;
      }
      await sleep(nextLook - Date.now());
    }
  };
  const working = work();

  return {
    wake() {
      isWoken = true;
      wakeUp();
    },
    hear({ type, timestamp, data: { externalId, status, outcome, owner } }) {
      if (externalId === undefined) return;
      if (type === 'handoff.taken')
        store.tellNews(externalId, `taken by ${owner?.name ?? 'somebody'}`);
      else if (type === 'handoff.escalated') store.tellNews(externalId, 'passed on to others');
      else close(externalId, { status, outcome, at: timestamp });
    },
    async stop() {
      isStopped = true;
      wakeUp();
      await working;
    },
  };
}
