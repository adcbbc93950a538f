import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LeadEvent } from '../src/events.ts';
import { FEATURE_NAMES, featuresOf, knownAsOf } from '../src/features.ts';
import { auc, calibrationError, logLoss } from '../src/figures.ts';
import { NOISE, type Noise } from '../src/generator.ts';
import { fitLogistic, sigmoid } from '../src/logistic.ts';
import { probabilityOf, scoreLead, strongest } from '../src/model.ts';
import { partOf, train } from '../src/training.ts';
import { examplesOf, invent, NOW, trainModel } from './invented.ts';

/** Of LogisticRegression(C=0.5, solver='newton-cholesky') with the same rows and sample weights. */
const SCIKIT_LEARN = ['0.00551', '0.38550', '-0.34609', '1.04208'];

describe('the regression', () => {
  test('finds what scikit-learn 1.7.2 finds', () => {
    const inputs = Array.from({ length: 60 }, (_, row) => [
      Math.sin(row * 1.7) * 2,
      ((row * 37) % 11) / 5 - 1,
      row % 3 === 0 ? 1 : 0,
    ]);
    const targets = inputs.map(([a = 0, b = 0, c = 0], row) =>
      a - b + 2 * c + 3 * Math.sin(row * 7.3) > 0.5 ? 1 : 0,
    );
    const counts = inputs.map((_, row) => 1 + (row % 4));
    const { intercept, weights } = fitLogistic({ inputs, targets, counts }, 2);
    const found = [intercept, ...weights].map((value) => value.toFixed(5));
    expect(found).toEqual(SCIKIT_LEARN);
  });

  test('stays finite where one column tells everything', () => {
    const { weights } = fitLogistic(
      { inputs: [[-1], [-2], [1], [2]], targets: [0, 0, 1, 1] },
      0.01,
    );
    expect(weights[0]).toBeGreaterThan(1);
    expect(weights[0]).toBeLessThan(20);
  });
});

describe('the figures', () => {
  const judged = [
    { probability: 0.9, quality: 1 },
    { probability: 0.8, quality: 0 },
    { probability: 0.3, quality: 1 },
    { probability: 0.1, quality: 0 },
  ] as const;

  test('the AUC counts pairs in the right order, and equals by half', () => {
    expect(auc(judged)).toBe(0.75);
    expect(auc(judged.map((one) => ({ ...one, probability: 0.5 })))).toBe(0.5);
  });

  test('the calibration error is how far tenths are from what came', () => {
    const many = (probability: number, good: number) =>
      Array.from({ length: 100 }, (_, index) => ({
        probability: probability + index * 1e-9,
        quality: index % 10 < good ? (1 as const) : (0 as const),
      }));
    expect(calibrationError([...many(0.2, 2), ...many(0.7, 7)])).toBeCloseTo(0, 5);
    expect(calibrationError([...many(0.2, 5), ...many(0.7, 7)])).toBeCloseTo(0.15, 5);
  });

  test('the log loss is 0.69 for somebody who knows nothing', () => {
    expect(logLoss(judged.map((one) => ({ ...one, probability: 0.5 })))).toBeCloseTo(Math.LN2, 10);
  });
});

describe('on an invented market', () => {
  test.each(Object.keys(NOISE) as Noise[])(
    'with %s noise the model orders better than rules and its probabilities are true',
    (noise) => {
      const { report } = trainModel(invent({ noise, count: 16_000 }));
      expect(report.auc).toBeGreaterThan(report.rulesAuc);
      expect(report.calibrationError).toBeLessThan(0.05);
      expect(report.heldOut).toBeGreaterThan(2_000);
    },
  );

  test('the leads that a model is judged by had no part in it', () => {
    const leads = invent({ count: 4_000 });
    const examples = examplesOf(leads);
    const { model } = train(examples, { now: NOW });
    // Which these are follows from the id alone, so their outcomes can be turned round without a change of the model.
    const turned = train(
      examples.map((one) =>
        isHeldOut(one.lead) ? { ...one, quality: one.quality === 1 ? 0 : 1 } : one,
      ),
      { now: NOW },
    ).model;
    expect(turned?.weights).toEqual(model?.weights);
    expect([turned?.slope, turned?.offset]).toEqual([model?.slope, model?.offset]);
    expect(turned?.report.auc).toBeCloseTo(1 - (model?.report.auc ?? 0), 10);
  });

  test('a better model is not replaced, a worse one is', () => {
    const leads = invent();
    const good = trainModel(leads);
    const examples = examplesOf(leads);
    // A model that learned from a tenth of them.
    const poor = trainModel(leads.slice(0, 800));
    const over = train(examples, { current: poor, now: NOW });
    expect(over.isBetter).toBe(true);
    expect(over.because).toMatch(/better than the one in use/);
    const again = train(
      examples.filter((_, index) => index % 12 === 0 || isHeldOut(examples[index]?.lead ?? '')),
      {
        current: good,
        now: NOW,
      },
    );
    expect(again.isBetter).toBe(false);
    expect(again.because).toMatch(/no better than the one in use/);
    expect(train(examples, { current: good, now: NOW }).isBetter).toBe(false);
  });

  test('too few outcomes make no model', () => {
    const { model, isBetter, because } = train(examplesOf(invent({ count: 200 })), { now: NOW });
    expect({ model, isBetter }).toEqual({ model: undefined, isBetter: false });
    expect(because).toMatch(/too few outcomes/);
  });

  test('in a changed market it fails, and recovers with what people reported back', () => {
    const before = invent({ count: 8_000, until: '2026-09-15T00:00:00.000Z' });
    const model = trainModel(before);
    const after = invent({ seed: 8, count: 8_000, drift: 1 });
    const tryOut = examplesOf(invent({ seed: 9, count: 4_000, drift: 1 }));
    const aucOf = (one: typeof model): number =>
      auc(
        tryOut.map(({ known, quality }) => ({
          quality,
          probability: probabilityOf(one, featuresOf(known)),
        })),
      );
    // People report on what the old model handed off, and on the few that were drawn by lot.
    const reported = after.filter(
      ({ events, asOf }, index) =>
        scoreLead(model, knownAsOf(events, asOf)).probability > 0.45 || index % 20 === 0,
    );
    const { isBetter, model: retrained } = train(examplesOf([...before, ...reported]), {
      current: model,
      now: NOW,
    });
    expect(isBetter).toBe(true);
    const [old, recovered, best] = [model, retrained ?? model, trainModel(after)].map(aucOf);
    expect(old).toBeLessThan(0.55);
    expect(recovered).toBeGreaterThan((best ?? 1) - 0.05);
  });
});

function isHeldOut(lead: string): boolean {
  return partOf(lead) === 'hold';
}

describe('reasons', () => {
  const leads = invent({ count: 3_000 });
  const model = trainModel(leads);

  test('with the base they add up to the probability, and the strongest are named', () => {
    for (const { events, asOf } of leads.slice(0, 300)) {
      const known = knownAsOf(events, asOf);
      const score = scoreLead(model, known);
      const sum = score.contributions.reduce((total, { logOdds }) => total + logOdds, score.base);
      expect(score.probability).toBeCloseTo(probabilityOf(model, featuresOf(known)), 12);
      expect(sigmoid(sum)).toBeCloseTo(score.probability, 12);
      const reasons = strongest(score);
      const weakest = Math.min(...reasons.map(({ logOdds }) => Math.abs(logOdds)));
      const others = score.contributions.filter(
        ({ words }) => !reasons.some((reason) => reason.words === words),
      );
      expect(reasons).toHaveLength(3);
      for (const { words } of score.contributions)
        expect(words.split(' ').length).toBeGreaterThan(3);
      for (const { logOdds } of others) expect(Math.abs(logOdds)).toBeLessThanOrEqual(weakest);
    }
  });

  test('without a reason the model says something else, in the direction that the reason has', () => {
    for (const { events, asOf } of leads.slice(0, 100)) {
      const known = knownAsOf(events, asOf);
      const features = featuresOf(known);
      for (const { feature, logOdds } of strongest(scoreLead(model, known))) {
        const column = FEATURE_NAMES.indexOf(feature);
        const average = features.map((value, index) =>
          index === column ? (model.mean[index] ?? 0) : value,
        );
        const without = probabilityOf(model, average);
        const full = probabilityOf(model, features);
        expect(Math.sign(full - without)).toBe(Math.sign(logOdds));
      }
    }
  });
});

describe('no outcome leaks into a score', () => {
  test('what happened or was heard of later changes no feature, whatever it is', () => {
    const asOf = '2026-10-15T12:00:00.000Z';
    const past = invent({ count: 1, until: asOf })[0]?.events.filter(({ at }) => at < asOf) ?? [];
    const time = fc
      .date({ min: new Date('2026-09-01'), max: new Date('2026-12-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
    const event: fc.Arbitrary<LeadEvent> = fc.record({
      messageId: fc.uuid(),
      lead: fc.constant('a'),
      type: fc.constantFrom('track', 'identify'),
      name: fc.constantFrom('Demo Requested', 'Page Viewed', 'Unsubscribed', 'Meeting Booked'),
      at: time,
      receivedAt: time,
      data: fc.constantFrom(
        { path: '/pricing', seats: 900 },
        { status: 'customer', employees: 9_000, title: 'CEO', email: 'a@b.example' },
      ),
    });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const later = events.filter(({ at, receivedAt }) => at >= asOf || receivedAt > asOf);
        expect(knownAsOf([...past, ...later], asOf)).toEqual(knownAsOf(past, asOf));
      }),
    );
  });

  test('the invented market has such traces, and a model that saw them would shine', () => {
    const leads = invent({ count: 4_000, noise: 'high' });
    const honest = trainModel(leads).report.auc;
    const late = leads.map((lead) => ({
      ...lead,
      label: { ...lead.label, asOf: new Date(Date.parse(lead.label.at) + 3_600_000).toISOString() },
    }));
    expect(trainModel(late).report.auc).toBeGreaterThan(honest + 0.2);
  });
});
