import { z } from 'zod';
import { FEATURE_NAMES, FEATURES, featuresOf, type FeatureName, type Known } from './features.ts';
import { dot, sigmoid } from './logistic.ts';

/** A trained model, as it is stored. */
export const modelSchema = z.object({
  version: z.string(),
  trainedAt: z.string(),
  features: z.array(z.string()),
  mean: z.array(z.number()),
  deviation: z.array(z.number()),
  intercept: z.number(),
  weights: z.array(z.number()),
  /** Platt's line from the regression's log-odds to those that held-out leads had. */
  slope: z.number(),
  offset: z.number(),
  /** The probabilities of leads it was not trained with, at each percent of them, in order. */
  percentiles: z.array(z.number()),
  report: z.object({
    trainedWith: z.number(),
    heldOut: z.number(),
    auc: z.number(),
    calibrationError: z.number(),
    logLoss: z.number(),
    rulesAuc: z.number(),
  }),
});
export type Model = z.infer<typeof modelSchema>;

/** How much one feature moves a lead's log-odds from those of the average lead. */
export interface Contribution {
  readonly feature: FeatureName;
  readonly logOdds: number;
  readonly words: string;
  readonly talk: string;
}

/** What the model says of a lead. */
export interface Score {
  /** That a call is worth it. */
  readonly probability: number;
  /** All features, the strongest first. With `base` they add up to the log-odds of the probability. */
  readonly contributions: readonly Contribution[];
  readonly base: number;
  /** The share of leads, in percent, that are less promising. */
  readonly percentile: number;
}

/** Returns whether the model looks at what this program knows. */
export function isReadable(model: Model): boolean {
  return model.features.join() === FEATURE_NAMES.join();
}

/** Returns the probability that a call is worth it, as the model has it from the features. */
export function probabilityOf(
  model: Pick<Model, 'mean' | 'deviation' | 'intercept' | 'weights' | 'slope' | 'offset'>,
  features: readonly number[],
): number {
  const logit = model.intercept + dot(model.weights, standardise(model, features));
  return sigmoid(model.slope * logit + model.offset);
}

/** Returns what the model says of a lead, and why: the reasons are the very terms that make the probability. */
export function scoreLead(model: Model, known: Known): Score {
  const features = featuresOf(known);
  const standard = standardise(model, features);
  const contributions = FEATURE_NAMES.map((feature, index) => ({
    feature,
    logOdds: model.slope * (model.weights[index] ?? 0) * (standard[index] ?? 0),
    words: FEATURES[feature].words(known),
    talk: talkOf(feature, known),
  })).sort((a, b) => Math.abs(b.logOdds) - Math.abs(a.logOdds));
  const probability = probabilityOf(model, features);
  return {
    probability,
    contributions,
    base: model.slope * model.intercept + model.offset,
    // Nobody is hotter than all, themselves included.
    percentile: Math.min(99, model.percentiles.filter((other) => other < probability).length),
  };
}

/** Returns the strongest reasons in words, those for the lead first; one thing is said once. */
export function strongest(score: Score, count = 3): readonly Contribution[] {
  return score.contributions
    .filter(({ words }, index, all) => all.findIndex((other) => other.words === words) === index)
    .slice(0, count)
    .sort((a, b) => Number(b.logOdds > 0) - Number(a.logOdds > 0));
}

/** Returns features in deviations from the average lead. */
export function standardise(
  { mean, deviation }: Pick<Model, 'mean' | 'deviation'>,
  features: readonly number[],
): readonly number[] {
  return features.map((value, index) => (value - (mean[index] ?? 0)) / (deviation[index] ?? 1));
}

function talkOf(feature: FeatureName, known: Known): string {
  const entry = FEATURES[feature];
  return 'talk' in entry ? entry.talk(known) : '';
}
