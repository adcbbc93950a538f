import type { MetricsExporterConfig } from '@temporalio/worker';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** From half a minute, which an urgent handoff takes at best, to the week after which one expires. */
const HANDOFF_BUCKETS_S = [
  15,
  30,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  12 * HOUR,
  24 * HOUR,
  72 * HOUR,
  168 * HOUR,
];

/**
 * Returns how a worker's figures, the SDK's and Baton's, are shown to Prometheus at an address. Ours
 * carry `_total` in their names: core 1.22 puts its suffix only on the SDK's.
 */
export function showMetrics(bindAddress: string): MetricsExporterConfig {
  return {
    prometheus: {
      bindAddress,
      unitSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides: {
        baton_handoff_time_to_take: HANDOFF_BUCKETS_S,
        baton_handoff_time_to_act: HANDOFF_BUCKETS_S,
      },
    },
  };
}
