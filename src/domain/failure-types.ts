/**
 * Names of failures that cross the Temporal wire, where classes do not survive. They say what to do next.
 *
 * - `Permanent`: this recipient cannot be reached this way; the next step starts at once.
 * - `Configuration`: our own set-up is wrong; nobody can be reached this way until an operator mends it.
 * - `Transient`: certainly not sent; the same request may succeed later.
 * - `Ambiguous`: perhaps sent; find out before sending again.
 */
export const FAILURE_TYPES = ['Permanent', 'Configuration', 'Transient', 'Ambiguous'] as const;
export type FailureType = (typeof FAILURE_TYPES)[number];
