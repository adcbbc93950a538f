/*
 * `npm run figures`: how good the model is on invented markets of three levels of noise, beside hand-made rules.
 */
import { inventLeads, NOISE, type Noise } from './generator.ts';
import { makeExamples, train } from './training.ts';

const COUNT = 20_000;
const now = '2026-11-01T00:00:00.000Z';
console.log('noise    AUC     rules   calibration error   held-out leads');
for (const noise of Object.keys(NOISE) as Noise[]) {
  const leads = [...inventLeads({ seed: 7, count: COUNT, until: now, days: 45, noise })];
  const events = new Map(leads.map((lead) => [lead.id, lead.events]));
  const labels = leads.map(({ label }) => label);
  const { model, because } = train(
    makeExamples(labels, (lead) => events.get(lead) ?? []),
    { now },
  );
  if (!model) throw new Error(because);
  const { auc, rulesAuc, calibrationError, heldOut } = model.report;
  console.log(
    `${noise.padEnd(8)} ${auc.toFixed(3)}   ${rulesAuc.toFixed(3)}   ${calibrationError.toFixed(3)}               ${heldOut}`,
  );
}
