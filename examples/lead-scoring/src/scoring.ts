import { createHash } from 'node:crypto';
import { describeLead, describeScore, type BriefOptions, type Case } from './brief.ts';
import { contactOf } from './contact.ts';
import type { Incoming } from './events.ts';
import { knownAsOf } from './features.ts';
import { isReadable, scoreLead, strongest, type Model } from './model.ts';
import type { Handoff, Store } from './store.ts';

export interface ScoringOptions extends BriefOptions {
  readonly store: Store;
  readonly urgentFrom: number;
  readonly routineFrom: number;
  /** The share of the others that is handed off all the same. */
  readonly explore: number;
  readonly timezone: string;
  readonly country: string;
  /** Something is to be told to Baton. */
  readonly onErrand: () => void;
  readonly now?: () => Date;
}

/** Takes events in, scores whose they are, and hands off who is worth it. */
export interface Scoring {
  /** Keeps events, scores, and notes down handoffs, all at once or not at all; returns how many were new. */
  take(incoming: readonly Incoming[]): number;
}

/** A lead that was dealt with is left alone for so long. */
const REST_DAYS = 30;

/** Returns the part that turns events into handoffs. */
export function createScoring(options: ScoringOptions): Scoring {
  const { store, now = () => new Date() } = options;

  /** Notes down a handoff, or what is new of the open one, if the score says so. */
  const handOff = (model: Model, lead: string, at: string): void => {
    const events = store.eventsOf(lead);
    const known = knownAsOf(events, at);
    const score = scoreLead(model, known);
    const contact = contactOf(events, options);
    store.keepScore({
      id: lead,
      name: contact?.name ?? 'anonymous',
      probability: score.probability,
      reasons: strongest(score).map(({ words }) => words),
      scoredAt: at,
    });
    if (!contact) return;
    const level = levelOf(score.probability, options);
    const isSample = level === undefined && drawOf(lead) < options.explore;
    const urgency = level ?? (isSample ? 'routine' : undefined);
    if (!urgency) return;
    const earlier = store.handoffsOf(lead);
    const last = earlier.at(-1);
    const about: Case = {
      externalId: last && isOpen(last) ? last.externalId : nameOf(lead, earlier.length + 1),
      ...{ lead, contact, known, events, score, model, urgency, isSample, now: at },
    };
    if (!last || isRested(last, at))
      store.addHandoff({ ...about, asOf: at }, describeLead(about, options));
    else if (isOpen(last) && last.urgency === 'routine' && urgency === 'urgent')
      store.amendHandoff(last.externalId, urgency, { brief: describeScore(about) });
  };

  return {
    take(incoming) {
      const model = store.currentModel();
      const added = store.together(() => {
        const leads = incoming
          .map((one) => store.addEvent(one))
          .filter((lead) => lead !== undefined);
        // What happened at this very moment counts.
        const at = new Date(now().getTime() + 1).toISOString();
        if (model && isReadable(model)) for (const lead of new Set(leads)) handOff(model, lead, at);
        return leads.length;
      });
      if (added > 0) options.onErrand();
      return added;
    },
  };
}

function levelOf(
  probability: number,
  { urgentFrom, routineFrom }: Pick<ScoringOptions, 'urgentFrom' | 'routineFrom'>,
): Handoff['urgency'] | undefined {
  if (probability >= urgentFrom) return 'urgent';
  return probability >= routineFrom ? 'routine' : undefined;
}

function isOpen({ status }: Handoff): boolean {
  return status === 'queued' || status === 'open';
}

function isRested(last: Handoff, at: string): boolean {
  if (isOpen(last)) return false;
  const since = Date.parse(at) - Date.parse(last.closedAt ?? last.asOf);
  return since > REST_DAYS * 86_400_000;
}

/** Baton's name of a lead's n-th handoff; of every lead another one, whatever their id looks like. */
function nameOf(lead: string, count: number): string {
  return `lead-${createHash('sha256').update(lead).digest('hex').slice(0, 24)}-${count}`;
}

/** A lot between 0 and 1 that a lead keeps. */
function drawOf(lead: string): number {
  return createHash('sha256').update(`draw ${lead}`).digest().readUInt32BE() / 2 ** 32;
}
