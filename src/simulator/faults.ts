import { randomUUID } from 'node:crypto';
import { z } from 'zod';

const target = {
  /** A phone number or an email address; absent: whoever is next. */
  to: z.string().min(1).optional(),
  /** How many requests are hit; absent: all of them, until the fault is cleared. */
  times: z.int().positive().optional(),
};

const anyChannel = z.enum(['sms', 'voice', 'email']);

/**
 * Checks one thing that shall go wrong.
 *
 * - `rate-limited`: 429, nothing stored (Twilio's 20429: always safe to send again).
 * - `error-before-accepting`, `hang`: a 500, or no answer ever; nothing stored.
 * - `error-after-accepting`, `hang-after-accepting`: the same seen from outside, but the message goes out.
 * - `rejected`: Twilio refuses with the error `code`, such as 21610 or 21614; nothing stored.
 * - `undelivered` (30003) and `failed` (30005): accepted, and later reported as not delivered, with another
 *   `code` if one is given.
 * - `bounce`, `blocked`, `dropped`: accepted, and later reported as such events, with the `reason` if one is given.
 * - `deferred`: reported as deferred first, and as delivered later.
 * - `duplicate-callbacks`, `reordered-callbacks`: each status or event told twice; `delivered` told before `sent`,
 *   or before `processed`.
 * - `latency`: everything happens `ms` later than usual.
 *
 * How a phone takes calls is no fault: see `setCallBehaviour`.
 */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...target,
    channel: anyChannel,
    kind: z.enum([
      'rate-limited',
      'error-before-accepting',
      'error-after-accepting',
      'hang',
      'hang-after-accepting',
    ]),
  }),
  z.strictObject({
    ...target,
    channel: z.enum(['sms', 'voice']),
    kind: z.literal('rejected'),
    code: z.int().positive(),
  }),
  z.strictObject({
    ...target,
    channel: z.literal('sms'),
    kind: z.enum(['undelivered', 'failed']),
    code: z.int().positive().optional(),
  }),
  z.strictObject({
    ...target,
    channel: z.literal('email'),
    kind: z.enum(['bounce', 'blocked', 'dropped', 'deferred']),
    reason: z.string().min(1).optional(),
  }),
  z.strictObject({
    ...target,
    channel: z.enum(['sms', 'email']),
    kind: z.enum(['duplicate-callbacks', 'reordered-callbacks']),
  }),
  z.strictObject({
    ...target,
    channel: anyChannel,
    kind: z.literal('latency'),
    ms: z.int().positive(),
  }),
]);

/** Describes one thing that shall go wrong, as {@link faultSchema} explains each kind. */
export type Fault = z.infer<typeof faultSchema>;

type FaultKind = Fault['kind'];

/** Describes a fault that is switched on; `times` counts down to what is left. */
export type ActiveFault = Fault & { readonly id: string };

/** Lets a test, or the page, decide what goes wrong next. */
export interface FaultSwitchboard {
  /** Switches a fault on, and returns it with the id that clears it; throws a `ZodError` when it makes no sense. */
  inject(fault: Fault): ActiveFault;
  /** Lists what is switched on, oldest first. */
  active(): readonly ActiveFault[];
  /** Switches one fault off, or all of them. */
  clear(id?: string): void;
  /** Uses up one count of the oldest fault that fits, and returns it: the simulated APIs ask this at each stage. */
  take(request: {
    readonly channel: Fault['channel'];
    readonly to: readonly string[];
    readonly among: readonly FaultKind[];
  }): ActiveFault | undefined;
}

/** Returns a switchboard with nothing switched on; `onChange` runs whenever the list of faults changes. */
export function createFaultSwitchboard(onChange: () => void): FaultSwitchboard {
  let faults: readonly ActiveFault[] = [];
  const update = (next: readonly ActiveFault[]): void => {
    faults = next;
    onChange();
  };
  return {
    inject(fault) {
      const active: ActiveFault = { ...faultSchema.parse(fault), id: randomUUID() };
      update([...faults, active]);
      return active;
    },
    active: () => faults,
    clear(id) {
      update(id === undefined ? [] : faults.filter((fault) => fault.id !== id));
    },
    take({ channel, to, among }) {
      const found = faults.find(
        (fault) =>
          fault.channel === channel &&
          among.includes(fault.kind) &&
          (fault.to === undefined || to.includes(fault.to)),
      );
      if (found?.times !== undefined) {
        const left = found.times - 1;
        update(
          left === 0
            ? faults.filter((fault) => fault !== found)
            : faults.map((fault) => (fault === found ? { ...fault, times: left } : fault)),
        );
      }
      return found;
    },
  };
}
