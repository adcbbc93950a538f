import type { LeadEvent } from '../src/events.ts';
import { inventLeads, type InventedLead, type InventOptions } from '../src/generator.ts';
import { makeExamples, train, type Example } from '../src/training.ts';
import type { Model } from '../src/model.ts';

export const NOW = '2026-11-01T00:00:00.000Z';

/** Returns invented leads. */
export function invent(options: Partial<InventOptions> = {}): readonly InventedLead[] {
  return [...inventLeads({ seed: 7, count: 8_000, until: NOW, days: 45, ...options })];
}

/** Returns leads as a training sees them. */
export function examplesOf(leads: readonly InventedLead[]): readonly Example[] {
  const events = new Map<string, readonly LeadEvent[]>(leads.map((lead) => [lead.id, lead.events]));
  return makeExamples(
    leads.map(({ label }) => label),
    (lead) => events.get(lead) ?? [],
  );
}

/** Returns a model trained with these leads; throws when there is none. */
export function trainModel(leads: readonly InventedLead[]): Model {
  const { model, because } = train(examplesOf(leads), { now: NOW });
  if (!model) throw new Error(because);
  return model;
}
