import type { Agendas } from './availability/agenda.ts';
import { findResponder } from './directory.ts';
import { dryRun } from './dry-run.ts';
import type { Handoff, Urgency } from './handoff.ts';
import { snapshotPolicy, type Channel, type Policy } from './policy.ts';

/** Who would be told first of a handoff submitted at an instant. */
export interface CoverageCell {
  readonly at: string;
  readonly first?: {
    readonly at: string;
    readonly afterMs: number;
    /** A responder id, or `mailto:<address>`. */
    readonly recipient: string;
    readonly name: string;
    readonly channel: Channel;
    /** The tier of the first message, such as `tier 2`, or `last resort`. */
    readonly tier: string;
  };
  /** Why not the first tier, or not at once. */
  readonly because?: string;
  /** Nobody would hear of it in time. */
  readonly isGap: boolean;
}

/** A stretch of hours in which nobody would hear of a handoff in time. */
export interface CoverageGap {
  readonly urgency: Urgency;
  readonly from: string;
  readonly until: string;
  /** The longest time until somebody would be told; missing: nobody would be. */
  readonly longestMs?: number;
  readonly because?: string;
}

/** Who would be told first, for each hour and urgency of a policy. */
export interface Coverage {
  readonly policy: string;
  readonly from: string;
  readonly until: string;
  readonly timezone: string;
  readonly urgencies: readonly {
    readonly urgency: Urgency;
    /** Later than this is a gap. */
    readonly withinMs: number;
    readonly hours: readonly CoverageCell[];
  }[];
  readonly gaps: readonly CoverageGap[];
}

const HOUR_MS = 3_600_000;
const WEEK_HOURS = 7 * 24;

/** A phone that does not ring for a quarter of an hour is a gap; routine work may wait as long as it lives. */
const URGENT_WITHIN_MS = 15 * 60_000;

/**
 * Returns who would be told first, by which channel and how long after submission, for handoffs submitted at
 * the beginning of each hour from `from` (milliseconds, rounded up to the hour) on, by the engine that runs them.
 */
export function coverPolicy(
  { name, policy }: { readonly name: string; readonly policy: Policy },
  agendas: Agendas,
  options: {
    /** Only this one; missing: all that the policy has. */
    readonly urgency?: Urgency | undefined;
    readonly from: number;
    readonly hours?: number;
    readonly withinMs?: number | undefined;
  },
): Coverage {
  const { from: begin, hours = WEEK_HOURS } = options;
  const first = Math.ceil(begin / HOUR_MS) * HOUR_MS;
  const instants = Array.from({ length: hours }, (_, hour) => first + hour * HOUR_MS);
  const urgencies = (['critical', 'urgent', 'routine'] as const)
    .filter((urgency) => policy[urgency] && (options.urgency ?? urgency) === urgency)
    .map((urgency) => {
      const withinMs =
        options.withinMs ?? (urgency === 'routine' ? policy.expiresAfter : URGENT_WITHIN_MS);
      return {
        urgency,
        withinMs,
        hours: instants.map((at) => cover({ name, policy }, urgency, agendas, { at, withinMs })),
      };
    });
  return {
    policy: name,
    from: new Date(first).toISOString(),
    until: new Date(first + hours * HOUR_MS).toISOString(),
    timezone: agendas.directory.organisation.timezone,
    urgencies,
    gaps: urgencies.flatMap(({ urgency, hours: cells }) => listGaps(urgency, cells)),
  };
}

function cover(
  { name, policy }: { readonly name: string; readonly policy: Policy },
  urgency: Urgency,
  agendas: Agendas,
  { at, withinMs }: { readonly at: number; readonly withinMs: number },
): CoverageCell {
  const submittedAt = new Date(at).toISOString();
  const snapshot = snapshotPolicy(name, policy, { urgency });
  if (!snapshot) return { at: submittedAt, isGap: true };
  const input = { handoff: { ...SAMPLE, policy: name, urgency, submittedAt }, policy: snapshot };
  const { notices, state } = dryRun(input, agendas, (sent) => sent.length > 0);
  // What held it up longest is the first wait; without one, whoever was skipped last.
  const { because } =
    state.timeline.find(({ what }) => what === 'waiting') ??
    state.timeline.findLast(({ what }) => what === 'skipped') ??
    {};
  const [notice] = notices;
  if (!notice) return { at: submittedAt, isGap: true, ...(because !== undefined && { because }) };
  const { recipient, channel, message } = notice.order;
  const afterMs = Date.parse(notice.at) - at;
  const tier = message.kind === 'offer' ? message.tier : 'last resort';
  const isAsPlanned = afterMs === 0 && tier === 'tier 1';
  return {
    at: submittedAt,
    first: {
      at: notice.at,
      afterMs,
      recipient,
      name: findResponder(agendas.directory, recipient)?.name ?? recipient.replace(/^mailto:/, ''),
      channel,
      tier,
    },
    ...(because !== undefined && !isAsPlanned && { because }),
    isGap: afterMs > withinMs || message.kind === 'expired',
  };
}

function listGaps(urgency: Urgency, cells: readonly CoverageCell[]): CoverageGap[] {
  const gaps: CoverageGap[] = [];
  for (const { at, first, because, isGap } of cells) {
    if (!isGap) continue;
    const until = new Date(Date.parse(at) + HOUR_MS).toISOString();
    const last = gaps.at(-1);
    if (last?.until === at && (last.longestMs === undefined) === (first === undefined)) {
      gaps[gaps.length - 1] = {
        ...last,
        until,
        ...(first && { longestMs: Math.max(last.longestMs ?? 0, first.afterMs) }),
      };
    } else {
      gaps.push({
        urgency,
        from: at,
        until,
        ...(first && { longestMs: first.afterMs }),
        ...(because !== undefined && { because }),
      });
    }
  }
  return gaps;
}

/** Coverage does not depend on what a handoff is about. */
const SAMPLE: Omit<Handoff, 'policy' | 'urgency' | 'submittedAt'> = {
  id: 'coverage',
  code: 'KM47',
  source: 'coverage',
  brief: { subject: 'Coverage', summary: 'Who would be told first?' },
  action: { do: 'See who would be told', outcomes: [] },
};
