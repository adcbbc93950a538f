import type { Known } from './features.ts';

/** Returns the points, 0 to 100, that a usual set of hand-made rules gives: what a model has to be better than. */
export function rulePoints(known: Known): number {
  const points =
    (known.demoRequests > 0 ? 30 : 0) +
    Math.min(known.pricingViews * 5, 20) +
    (known.comparisons > 0 ? 10 : 0) +
    ((known.employees ?? 0) >= 50 ? 15 : 0) +
    (known.isSenior ? 10 : 0) +
    (known.hasWorkEmail ? 10 : 0) +
    (known.trials > 0 ? 5 : 0) -
    (known.unsubscribed ? 20 : 0) -
    (known.careersViews > 0 ? 20 : 0);
  return Math.min(100, Math.max(0, points));
}
