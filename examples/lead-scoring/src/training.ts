import { createHash } from 'node:crypto';
import type { LeadEvent } from './events.ts';
import { FEATURE_NAMES, featuresOf, knownAsOf, type Known } from './features.ts';
import { auc, calibrationError, logLoss, type Judged } from './figures.ts';
import { dot, fitLogistic } from './logistic.ts';
import { isReadable, probabilityOf, standardise, type Model } from './model.ts';
import { qualityOf, type Label } from './outcomes.ts';
import { rulePoints } from './rules.ts';

/** A lead whose quality is known, as it was when it was handed off. */
export interface Example {
  readonly lead: string;
  readonly asOf: string;
  readonly known: Known;
  readonly quality: 0 | 1;
}

/** What came of a training: the model, if there is one, and whether it is to be used. */
export interface Training {
  readonly isBetter: boolean;
  /** In words, with the figures that decide. */
  readonly because: string;
  readonly model?: Model;
  /** How the model in use does with the same leads. */
  readonly current?: {
    readonly auc: number;
    readonly calibrationError: number;
    readonly logLoss: number;
  };
}

/** Fewer say nothing that could be told from chance. */
const MIN_HELD_OUT = 100;
const RIDGE = 3;
const DAY_MS = 86_400_000;
/** After so many days a lead counts half: markets change. Which of them is right is told by recent leads. */
const HALF_LIVES_DAYS = [10, 40, 160];
/** What is recent enough to tell how good a model is today, and how many leads that takes at least. */
const RECENT_DAYS = 45;
const MIN_RECENT = 400;

/** Returns the leads whose outcome says something, as they were known when they were handed off. */
export function makeExamples(
  labels: readonly Label[],
  eventsOf: (lead: string) => readonly LeadEvent[],
): readonly Example[] {
  return labels.flatMap(({ lead, asOf, outcome }) => {
    const quality = qualityOf(outcome);
    if (quality === undefined) return [];
    return [{ lead, asOf, quality, known: knownAsOf(eventsOf(lead), asOf) }];
  });
}

/**
 * Trains with three fifths of the leads, calibrates with a fifth, and compares with the model in use by the last: the same
 * for every model there ever is, so that none is judged by a lead it learned from. Recent leads count more.
 */
export function train(
  examples: readonly Example[],
  { current, now }: { readonly current?: Model | undefined; readonly now: string },
): Training {
  const parts = { train: [] as Example[], calibrate: [] as Example[], hold: [] as Example[] };
  for (const example of examples) parts[partOf(example.lead)].push(example);
  const held = newest(parts.hold);
  const good = held.filter(({ quality }) => quality === 1).length;
  if (held.length < MIN_HELD_OUT || good === 0 || good === held.length)
    return {
      isBetter: false,
      because: `There are too few outcomes: ${examples.length} that say something, of which ${held.length} could test a model; at least ${MIN_HELD_OUT} of both kinds are needed.`,
    };

  const draft = fitBest(parts.train, newest(parts.calibrate));
  const judge = (model: Line): Judged[] => judgeAll(model, held);
  const judged = judge(draft);
  const figures = measure(judged);
  const rulesAuc = auc(
    held.map(({ known, quality }) => ({ quality, probability: rulePoints(known) })),
  );
  const probabilities = judged.map(({ probability }) => probability).sort((a, b) => a - b);
  const model: Model = {
    ...draft,
    version: createHash('sha256').update(JSON.stringify(draft)).digest('hex').slice(0, 8),
    trainedAt: now,
    features: [...FEATURE_NAMES],
    percentiles: Array.from(
      { length: 100 },
      (_, percent) => probabilities[Math.floor((percent * probabilities.length) / 100)] ?? 0,
    ),
    report: { trainedWith: parts.train.length, heldOut: held.length, ...figures, rulesAuc },
  };
  const inUse = current && isReadable(current) ? measure(judge(current)) : undefined;
  return {
    model,
    ...decide(figures, rulesAuc, inUse),
    ...(inUse && { current: inUse }),
  };
}

type Figures = ReturnType<typeof measure>;

function decide(
  { auc: reached, logLoss: loss }: Figures,
  rulesAuc: number,
  inUse: Figures | undefined,
): Pick<Training, 'isBetter' | 'because'> {
  const show = (value: number): string => value.toFixed(3);
  if (reached <= rulesAuc)
    return {
      isBetter: false,
      because: `It orders leads no better than the rules do (AUC ${show(reached)}, rules ${show(rulesAuc)}).`,
    };
  if (!inUse) return { isBetter: true, because: 'There was no model before.' };
  const compared = `log loss ${loss.toFixed(4)}, in use ${inUse.logLoss.toFixed(4)}; less is better`;
  return loss < inUse.logLoss
    ? { isBetter: true, because: `It is better than the one in use (${compared}).` }
    : { isBetter: false, because: `It is no better than the one in use (${compared}).` };
}

function measure(judged: readonly Judged[]) {
  return {
    auc: auc(judged),
    calibrationError: calibrationError(judged),
    logLoss: logLoss(judged),
  };
}

type Line = Pick<Model, 'mean' | 'deviation' | 'intercept' | 'weights' | 'slope' | 'offset'>;

function judgeAll(model: Line, examples: readonly Example[]): Judged[] {
  return examples.map(({ known, quality }) => ({
    quality,
    probability: probabilityOf(model, featuresOf(known)),
  }));
}

/** Forgets the past as fast as suits the leads that calibrate. */
function fitBest(examples: readonly Example[], calibrating: readonly Example[]): Line {
  const [best] = HALF_LIVES_DAYS.map((halfLifeDays) => {
    const line = fit(examples, halfLifeDays);
    const model = { ...line, ...calibrate(line, calibrating) };
    return { model, loss: logLoss(judgeAll(model, calibrating)) };
  }).sort((a, b) => a.loss - b.loss);
  if (!best) throw new Error('there is no half-life to choose from');
  return best.model;
}

function fit(examples: readonly Example[], halfLifeDays: number): Omit<Line, 'slope' | 'offset'> {
  const rows = examples.map(({ known }) => featuresOf(known));
  const mean = FEATURE_NAMES.map((_, column) => average(rows.map((row) => row[column] ?? 0)));
  const deviation = FEATURE_NAMES.map(
    (_, column) =>
      Math.sqrt(average(rows.map((row) => ((row[column] ?? 0) - (mean[column] ?? 0)) ** 2))) || 1,
  );
  const line = fitLogistic(
    {
      inputs: rows.map((row) => standardise({ mean, deviation }, row)),
      targets: examples.map(({ quality }) => quality),
      counts: countsOf(examples, halfLifeDays),
    },
    RIDGE,
  );
  return { mean, deviation, intercept: line.intercept, weights: [...line.weights] };
}

/** Platt's method: a line through log-odds and outcomes of leads the regression has not seen, with his softened targets. */
function calibrate(
  line: ReturnType<typeof fit>,
  examples: readonly Example[],
): Pick<Model, 'slope' | 'offset'> {
  const good = examples.filter(({ quality }) => quality === 1).length;
  const high = (good + 1) / (good + 2);
  const low = 1 / (examples.length - good + 2);
  const { intercept, weights } = fitLogistic(
    {
      inputs: examples.map(({ known }) => [
        line.intercept + dot(line.weights, standardise(line, featuresOf(known))),
      ]),
      targets: examples.map(({ quality }) => (quality === 1 ? high : low)),
    },
    1e-6,
  );
  return { slope: weights[0] ?? 1, offset: intercept };
}

function countsOf(examples: readonly Example[], halfLifeDays: number): readonly number[] {
  const latest = Math.max(...examples.map(({ asOf }) => Date.parse(asOf)));
  return examples.map(({ asOf }) => 0.5 ** ((latest - Date.parse(asOf)) / DAY_MS / halfLifeDays));
}

function newest(examples: readonly Example[]): readonly Example[] {
  const sorted = [...examples].sort((a, b) => (a.asOf < b.asOf ? 1 : -1));
  const [latest] = sorted;
  if (!latest) return [];
  const from = new Date(Date.parse(latest.asOf) - RECENT_DAYS * DAY_MS).toISOString();
  return sorted.filter(({ asOf }, index) => index < MIN_RECENT || asOf >= from);
}

/** Returns which part a lead belongs to: that follows from its id alone. */
export function partOf(lead: string): 'train' | 'calibrate' | 'hold' {
  const share = createHash('sha256').update(lead).digest().readUInt32BE() / 2 ** 32;
  return share < 0.6 ? 'train' : share < 0.8 ? 'calibrate' : 'hold';
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}
