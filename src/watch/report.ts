import { canDeliver, type Problem } from '../domain/watch.ts';
import type { Logger } from '../logger.ts';
import type { Findings } from './look.ts';

export interface ReportOptions {
  readonly pingUrl?: string | undefined;
  readonly alertUrl?: string | undefined;
  readonly logger: Logger;
}

/** How things stand. */
export interface Standing {
  /** When somebody last looked (milliseconds); undefined before the first time. */
  readonly lookedAt: number | undefined;
  readonly canDeliver: boolean;
  readonly problems: readonly (Problem & { readonly since: string })[];
  readonly open?: number;
}

export interface Reporter {
  /** Notes what a look found, tells what is new of it, and pings while handoffs can be delivered. */
  note(findings: Findings, now: number): Promise<void>;
  standing(): Standing;
}

const DEADLINE_MS = 10_000;
/** Dead man's switches expect a ping a minute. */
const PING_EVERY_MS = 60_000;

/**
 * Returns what tells people of problems: in the log, to the alert address when one begins or ends, and by silence: the
 * ping stops while handoffs cannot be delivered, and when this process is gone itself.
 */
export function createReporter({ pingUrl, alertUrl, logger }: ReportOptions): Reporter {
  let current: Standing = { lookedAt: undefined, canDeliver: false, problems: [] };
  /** What the alert address has been told of; what it did not take is told again with the next look. */
  let told = new Map<string, Problem>();
  let pingedAt = 0;

  async function ping(now: number): Promise<void> {
    if (pingUrl === undefined || !current.canDeliver || now - pingedAt < PING_EVERY_MS) return;
    try {
      const response = await fetch(pingUrl, { signal: AbortSignal.timeout(DEADLINE_MS) });
      if (response.ok) pingedAt = now;
      else logger.warn({ status: response.status }, 'the ping was not taken');
    } catch (error) {
      logger.warn({ err: error }, 'the ping did not get through');
    }
  }

  async function alert(): Promise<void> {
    const begun = current.problems.filter(({ key }) => !told.has(key));
    const over = [...told.values()].filter(
      ({ key }) => !current.problems.some((problem) => problem.key === key),
    );
    if (begun.length + over.length === 0) return;
    const next = new Map(current.problems.map((problem) => [problem.key, problem]));
    if (alertUrl === undefined) {
      told = next;
      return;
    }
    const lines = [
      ...begun.map(({ text }) => `PROBLEM: ${text}`),
      ...over.map(({ text }) => `Over: ${text}`),
    ];
    try {
      const response = await fetch(alertUrl, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ text: lines.join('\n'), begun, over }),
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      if (response.ok) told = next;
      else logger.warn({ status: response.status }, 'the alert was not taken');
    } catch (error) {
      logger.warn({ err: error }, 'the alert did not get through');
    }
  }

  return {
    async note({ problems, open }, now) {
      const since = new Map(current.problems.map((problem) => [problem.key, problem.since]));
      for (const { key, kind, text } of problems) {
        if (!since.has(key)) logger.error({ kind }, text);
      }
      for (const { key, kind, text } of current.problems) {
        if (!problems.some((problem) => problem.key === key)) {
          logger.info({ kind }, `over: ${text}`);
        }
      }
      const at = new Date(now).toISOString();
      current = {
        lookedAt: now,
        canDeliver: canDeliver(problems),
        problems: problems.map((problem) => ({
          ...problem,
          since: since.get(problem.key) ?? at,
        })),
        ...(open !== undefined && { open }),
      };
      await Promise.all([ping(now), alert()]);
    },
    standing: () => current,
  };
}
