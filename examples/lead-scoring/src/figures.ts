/*
 * How good probabilities are, against what became of the leads.
 */

/** What was said of a lead and what it was. */
export interface Judged {
  readonly probability: number;
  readonly quality: 0 | 1;
}

/** Returns the share of pairs of a good and a bad lead in which the good one is ahead; equals count half. */
export function auc(judged: readonly Judged[]): number {
  const sorted = [...judged].sort((a, b) => a.probability - b.probability);
  let ranks = 0;
  for (let from = 0; from < sorted.length;) {
    let until = from;
    while (sorted[until]?.probability === sorted[from]?.probability && until < sorted.length)
      until += 1;
    const rank = (from + until + 1) / 2;
    ranks += rank * sorted.slice(from, until).filter(({ quality }) => quality === 1).length;
    from = until;
  }
  const good = judged.filter(({ quality }) => quality === 1).length;
  const bad = judged.length - good;
  return good === 0 || bad === 0 ? NaN : (ranks - (good * (good + 1)) / 2) / (good * bad);
}

const BINS = 10;

/** Returns the expected calibration error: how far probability and share of good leads are apart, over tenths of the leads. */
export function calibrationError(judged: readonly Judged[]): number {
  const sorted = [...judged].sort((a, b) => a.probability - b.probability);
  let error = 0;
  for (let bin = 0; bin < BINS; bin += 1) {
    const part = sorted.slice(
      Math.round((bin * sorted.length) / BINS),
      Math.round(((bin + 1) * sorted.length) / BINS),
    );
    const apart = part.reduce((sum, { probability, quality }) => sum + probability - quality, 0);
    error += Math.abs(apart) / sorted.length;
  }
  return error;
}

/** Returns the mean of -ln of the probability given to what came: small where both order and probabilities are right. */
export function logLoss(judged: readonly Judged[]): number {
  const sum = judged.reduce((total, { probability, quality }) => {
    const given = quality === 1 ? probability : 1 - probability;
    return total - Math.log(Math.max(given, 1e-12));
  }, 0);
  return sum / judged.length;
}
