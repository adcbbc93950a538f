import { setTimeout as sleep } from 'node:timers/promises';
import type { ActiveFault, Fault, FaultSwitchboard } from './faults.ts';

/** Describes a request to a simulated API, as far as faults can tell requests apart. */
export interface FaultTarget {
  readonly channel: Fault['channel'];
  readonly to: readonly string[];
}

/** Waits as long as a latency fault asks; does nothing without one. */
export async function awaitLatency(faults: FaultSwitchboard, target: FaultTarget): Promise<void> {
  const fault = faults.take({ ...target, among: ['latency'] });
  // Unreferenced: a test that is over need not wait for an answer that nobody reads.
  if (fault?.kind === 'latency') await sleep(fault.ms, undefined, { ref: false });
}

/** Returns what goes wrong with a request that would otherwise be accepted, if anything does. */
export function takeAnswerFault(
  faults: FaultSwitchboard,
  target: FaultTarget,
): ActiveFault | undefined {
  return faults.take({
    ...target,
    among: [
      'rate-limited',
      'rejected',
      'error-before-accepting',
      'error-after-accepting',
      'hang',
      'hang-after-accepting',
    ],
  });
}
