import {
  contactAgenda,
  describeWait,
  findFreeTime,
  listPauses,
  type Agenda,
  type Agendas,
  type FreeTime,
} from './availability/agenda.ts';
import { findResponder, type Responder } from './directory.ts';
import { instantAfter } from './duration.ts';
import type { Channel, LadderStep, QuietRule } from './policy.ts';
import { ruleOn } from './quiet-rule.ts';
import {
  isMailbox,
  type Notified,
  type Pause,
  type PlannedStep,
  type PlanRequest,
  type TierPlan,
} from './state.ts';
import { resolveTarget } from './targets.ts';

type PlannedPerson = TierPlan['people'][number];
type Skipped = TierPlan['skipped'][number];

/** Somebody who cannot be told now, and when they can be. */
interface Sleeper {
  readonly responder: Responder;
  readonly free: FreeTime;
}

/** A tier as it could be notified, before it is known what to do when that is nobody. */
interface Draft {
  readonly people: readonly PlannedPerson[];
  readonly skipped: readonly Skipped[];
  /** Those among the skipped who only cannot be told now. */
  readonly sleepers: readonly Sleeper[];
  /** Those among the people whose every step waits. */
  readonly waiting: readonly Sleeper[];
}

/**
 * Returns the plan of one tier as the directory and the calendars stand at the instant of the request. A step
 * whose channel a person does not have, or must not be used then, is left out and the next one takes its time,
 * so that a missing phone costs no minute.
 */
export function planTier(request: PlanRequest, agendas: Agendas): TierPlan {
  const planner = new Planner(request, agendas);
  const plan = planner.plan();
  return { ...plan, ...(planner.pauses.length > 0 && { pauses: planner.pauses }) };
}

class Planner {
  readonly pauses: readonly Pause[];
  readonly #request: PlanRequest;
  readonly #agendas: Agendas;
  readonly #now: number;
  readonly #contact: Agenda | undefined;

  constructor(request: PlanRequest, agendas: Agendas) {
    this.#request = request;
    this.#agendas = agendas;
    this.#now = Date.parse(request.at);
    this.#contact =
      request.contact && contactAgenda(request.contact, agendas.directory.organisation.timezone);
    this.pauses =
      request.timing?.timeouts === 'working-hours'
        ? findPauses(agendas, this.#now, request.lastsMs)
        : [];
  }

  plan(): TierPlan {
    const draft = this.#draft(this.#request);
    const { people, skipped } = draft;
    if (people.length > draft.waiting.length) return { people, skipped };
    if (people.length > 0) {
      // Nobody waits for who is away, but whoever is back before the others wake can be told by then.
      const everybody = [...draft.waiting, ...draft.sleepers];
      return { people: [], skipped, notBefore: this.#waitFor(everybody) };
    }
    if (draft.sleepers.length === 0) return { people, skipped };
    return this.#planForNobody(draft);
  }

  /** Nobody of the tier can be told now: on to whom else there is, or what the policy says when there is nobody. */
  #planForNobody({ skipped, sleepers }: Draft): TierPlan {
    const { later, timing, isLast = false } = this.#request;
    const drafts = later.map((tier) => this.#draft(tier));
    if (drafts.some(({ people }) => people.length > 0)) return { people: [], skipped };
    const everybody = [...sleepers, ...drafts.flatMap((draft) => draft.sleepers)].filter(
      ({ free }) => free.at !== undefined,
    );
    const wait = everybody.length > 0 ? this.#waitFor(everybody) : undefined;
    const isTooLate = wait !== undefined && this.#isTooLate(Date.parse(wait.at));
    const tellsAnyway =
      timing?.whenNobodyAwake === 'ignore' ||
      (isTooLate && timing?.whenTooLate === 'ignore') ||
      (!wait && isLast);
    if (tellsAnyway) {
      const anyway = this.#draft(this.#request, true);
      return { people: anyway.people, skipped: anyway.skipped };
    }
    if (timing?.whenNobodyAwake === 'last-resort') {
      return { people: [], skipped, toLastResort: 'nobody of any tier can be told now' };
    }
    if (!wait) return { people: [], skipped };
    return {
      people: [],
      skipped,
      notBefore: { ...wait, because: `nobody can be told before: ${wait.because}` },
    };
  }

  /** Returns the wait for whoever can be told first. */
  #waitFor(sleepers: readonly Sleeper[]): { at: string; because: string } {
    const [first] = [...sleepers].sort(
      (one, other) => (one.free.at ?? Infinity) - (other.free.at ?? Infinity),
    );
    const at = first?.free.at ?? this.#now;
    const late = this.#isTooLate(at) ? ', after the deadline' : '';
    return {
      at: new Date(at).toISOString(),
      because: `${first ? this.#describe(first) : ''}${late}`,
    };
  }

  #describe({ responder: { name, timezone }, free }: Sleeper): string {
    return describeWait(free, { name, timezone, now: this.#now });
  }

  #isTooLate(at: number): boolean {
    const { deadline } = this.#request;
    return deadline !== undefined && at >= Date.parse(deadline);
  }

  #draft({ notify, ladder }: Notified, isForced = false): Draft {
    const { directory } = this.#agendas;
    const people: PlannedPerson[] = [];
    const sleepers: Sleeper[] = [];
    const waiting: Sleeper[] = [];
    const { candidates, skipped } = this.#listCandidates(notify);
    for (const [recipient, because] of candidates) {
      if (isMailbox(recipient)) {
        const name = recipient.slice('mailto:'.length);
        people.push({ recipient, name, steps: [{ channel: 'email', afterMs: 0 }] });
        continue;
      }
      const responder = findResponder(directory, recipient);
      if (!responder) {
        skipped.push({ responder: recipient, because: `${recipient} is not in the directory` });
        continue;
      }
      const { name } = responder;
      if (this.#request.passed.includes(recipient)) {
        skipped.push({ responder: recipient, because: `${name} passed it on before` });
        continue;
      }
      const hasPhone = responder.phone !== undefined;
      const has = { sms: hasPhone, voice: hasPhone, email: responder.email !== undefined };
      const own = keepSteps(ladder, (step) => (has[step.channel] ? step : undefined));
      const reachable = own.length > 0 ? own : this.#findSubstitute(has);
      if (reachable.length === 0) {
        skipped.push({ responder: recipient, because: `${name} has no ${nameChannels(ladder)}` });
        continue;
      }
      const quiet: Sleeper[] = [];
      const steps = keepSteps(reachable, (step) => {
        const { kept, free } = this.#fit(step, responder, isForced);
        if (free) quiet.push({ responder, free });
        return kept;
      });
      const [first] = quiet;
      const reason = first && this.#describe(first);
      if (steps.length === 0 && first && reason !== undefined) {
        sleepers.push(first);
        skipped.push({ responder: recipient, because: reason });
        continue;
      }
      const { fault } = this.#agendas.of(recipient);
      const notes = [
        because,
        reason,
        own.length > 0 ? undefined : `${name} has no ${nameChannels(ladder)}`,
        fault === undefined ? undefined : `calendar ${fault}: taken as free`,
      ].filter((note) => note !== undefined);
      people.push({
        recipient,
        name,
        steps,
        ...this.#findSpare(steps, has),
        ...(notes.length > 0 && { because: notes.join('; ') }),
      });
      if (first && steps.every(({ notBefore }) => notBefore !== undefined)) waiting.push(first);
    }
    return { people, skipped, sleepers, waiting };
  }

  /**
   * Returns what stands in for a ladder of which somebody has no channel, where nobody comes after them. In a tier they
   * are passed over: whoever comes next is told at once, by a channel the policy wants.
   */
  #findSubstitute(has: Readonly<Record<Channel, boolean>>): readonly LadderStep[] {
    const channel = SPARE.find((one) => has[one]);
    return this.#request.isLast === true && channel !== undefined ? [{ channel, afterMs: 0 }] : [];
  }

  /** Returns the channels somebody nobody comes after has beside those of the steps. */
  #findSpare(
    steps: readonly LadderStep[],
    has: Readonly<Record<Channel, boolean>>,
  ): { spare?: readonly Channel[] } {
    if (this.#request.isLast !== true) return {};
    const spare = SPARE.filter((one) => has[one] && !steps.some(({ channel }) => channel === one));
    return spare.length > 0 ? { spare } : {};
  }

  /** Returns everybody who is meant, whoever is away replaced by their cover, each with what is to be said of that. */
  #listCandidates(notify: readonly string[]): {
    candidates: Map<string, string | undefined>;
    skipped: Skipped[];
  } {
    const candidates = new Map<string, string | undefined>();
    const skipped: Skipped[] = [];
    for (const target of notify) {
      const world = this.#agendas;
      const { ids, nobody } = isMailbox(target)
        ? { ids: [target] }
        : resolveTarget(target, world, this.#now);
      if (nobody !== undefined) skipped.push({ responder: target, because: nobody });
      for (const id of ids) {
        const cover = this.#findCover(id);
        const because = cover === id ? undefined : `covers for ${this.#nameOf(id)}, who is away`;
        if (because !== undefined) {
          skipped.push({
            responder: id,
            because: `${this.#nameOf(id)} is away: ${this.#nameOf(cover)} covers`,
          });
        }
        if (!candidates.has(cover)) candidates.set(cover, because);
      }
    }
    return { candidates, skipped };
  }

  /** Follows covers of covers; where they go round in a circle, the first of them is asked. */
  #findCover(id: string): string {
    const seen = new Set<string>();
    let current = id;
    for (;;) {
      seen.add(current);
      const cover = this.#agendas.coverOf(current, this.#now);
      if (cover === undefined || !findResponder(this.#agendas.directory, cover)) return current;
      if (seen.has(cover)) return id;
      current = cover;
    }
  }

  #nameOf(id: string): string {
    return findResponder(this.#agendas.directory, id)?.name ?? id;
  }

  #ruleOn(channel: Channel): QuietRule {
    const { timing } = this.#request;
    return timing ? ruleOn(channel, timing.whenQuiet) : 'ignore';
  }

  /** Returns when a step may be taken, undefined when not at all, and what was in its way. */
  #fit(
    step: LadderStep,
    { id }: Responder,
    isForced: boolean,
  ): { kept?: PlannedStep; free?: FreeTime } {
    const rule = this.#ruleOn(step.channel);
    if (rule === 'ignore') return { kept: step };
    if (isForced) return { kept: { ...step, anyway: true } };
    const due = Date.parse(instantAfter(this.#request.at, step.afterMs, this.pauses));
    const agendas = [
      this.#agendas.of(id),
      ...(rule === 'wait' && this.#contact ? [this.#contact] : []),
    ];
    const free = findFreeTime(due, agendas);
    if (free.at === due) return { kept: step };
    // Quiet hours and meetings are waited out; whoever is away is passed over.
    if (rule === 'skip' || free.at === undefined || free.blocks.includes('away')) return { free };
    const decided = this.#isTooLate(free.at) ? this.#request.timing?.whenTooLate : 'wait';
    if (decided === 'ignore') return { kept: { ...step, anyway: true } };
    if (decided === 'skip') return { free };
    return { kept: { ...step, notBefore: new Date(free.at).toISOString() }, free };
  }
}

const SPARE: readonly Channel[] = ['sms', 'email', 'voice'];

function nameChannels(ladder: readonly LadderStep[]): string {
  return [...new Set(ladder.map(({ channel }) => channel))].join(' or ');
}

/** Returns the steps that are kept; the time of one that is not is taken by the next. */
function keepSteps<S extends LadderStep>(
  ladder: readonly LadderStep[],
  keep: (step: LadderStep) => S | undefined,
): S[] {
  const kept: S[] = [];
  let inherited = Infinity;
  for (const step of ladder) {
    inherited = Math.min(inherited, step.afterMs);
    const found = keep({ ...step, afterMs: inherited });
    if (!found) continue;
    kept.push(found);
    inherited = Infinity;
  }
  return kept;
}

/** Returns when timeouts stand still, for as long as it takes a timeout to pass. */
function findPauses({ directory }: Agendas, from: number, lastsMs: number): Pause[] {
  for (let reach = 4 * 86_400_000; ; reach *= 2) {
    const pauses = listPauses(directory, { from, until: from + reach });
    const paused = pauses.reduce((sum, pause) => sum + pause.until - pause.from, 0);
    // The clock of a tier starts with its first accepted message: at the latest that of its last step.
    if (reach - paused > 2 * lastsMs + SLACK_MS || reach > MAX_REACH_MS) {
      return pauses.map((pause) => ({
        from: new Date(pause.from).toISOString(),
        until: new Date(pause.until).toISOString(),
      }));
    }
  }
}

const SLACK_MS = 3_600_000;
const MAX_REACH_MS = 60 * 86_400_000;
