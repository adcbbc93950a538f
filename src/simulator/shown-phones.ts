import { z } from 'zod';
import { callBehaviours, type CallBehaviour, type SimulatedCall } from './call-network.ts';
import type { ActiveFault, Fault, FaultSwitchboard } from './faults.ts';
import type { SimulatedEmail } from './simulated-email.ts';
import type { PhoneNetwork, SimulatedSms } from './phone-network.ts';

// What one phone and one inbox show; the rest stays available to tests.
const shownSms = 60;
const shownEmails = 30;
const shownCalls = 20;

/** Describes somebody whose phone and inbox are shown. */
export interface SimulatedPerson {
  readonly id: string;
  readonly name: string;
  readonly phone?: string;
  readonly email?: string;
  /** Where the person is (IANA): their phone shows their time. */
  readonly timezone?: string;
}

const smsDeliveries = ['delivered', 'undelivered', 'failed'] as const;
const emailDeliveries = ['delivered', 'bounce', 'blocked', 'dropped', 'deferred'] as const;

/** Checks what the page asks of somebody's phone and inbox, from now on and until it asks for something else. */
export const receptionSchema = z.strictObject({
  calls: z.enum(callBehaviours).optional(),
  sms: z.enum(smsDeliveries).optional(),
  email: z.enum(emailDeliveries).optional(),
});

/** Says what a phone and an inbox do with what comes. */
interface Reception {
  readonly calls: CallBehaviour;
  readonly sms: (typeof smsDeliveries)[number];
  readonly email: (typeof emailDeliveries)[number];
}

/** Describes a phone and an inbox as the page shows them. */
interface ShownPhone extends SimulatedPerson {
  readonly isOptedOut: boolean;
  readonly reception: Reception;
  readonly sms: readonly SimulatedSms[];
  readonly calls: readonly SimulatedCall[];
  readonly emails: readonly SimulatedEmail[];
}

/** Holds what phones and inboxes are read from. */
export interface PhoneSources {
  readonly people: readonly SimulatedPerson[];
  readonly network: PhoneNetwork;
  readonly calls: readonly SimulatedCall[];
  readonly callBehaviourOf: (phone: string) => CallBehaviour;
  readonly emails: readonly SimulatedEmail[];
  readonly faults: FaultSwitchboard;
}

/** Lists the people's phones and inboxes, and after them the numbers and addresses that belong to nobody known. */
export function listPhones(sources: PhoneSources): readonly ShownPhone[] {
  const { people, network, calls, emails } = sources;
  const smsByNumber = groupLast(network.sms, shownSms, (sms) =>
    sms.direction === 'to-person' ? sms.to : sms.from,
  );
  const callsByNumber = groupLast(calls, shownCalls, (call) => call.to);
  const byAddress = groupLast(emails, shownEmails, (email) => email.to);
  const known = new Set(people.flatMap(({ phone, email }) => [phone, email]));
  const numbers = new Set([...smsByNumber.keys(), ...callsByNumber.keys()]);
  const strangers: readonly SimulatedPerson[] = [
    ...[...numbers].map((phone) => ({ id: phone, name: 'Unknown number', phone })),
    ...[...byAddress.keys()].map((email) => ({ id: email, name: email, email })),
  ].filter(({ id }) => !known.has(id));
  return [...people, ...strangers].map((person) => ({
    ...person,
    isOptedOut: person.phone !== undefined && network.isOptedOut(person.phone),
    reception: readReception(sources, person),
    sms: smsByNumber.get(person.phone ?? '') ?? [],
    calls: callsByNumber.get(person.phone ?? '') ?? [],
    emails: byAddress.get(person.email ?? '') ?? [],
  }));
}

function readReception(
  { callBehaviourOf, faults }: PhoneSources,
  { phone = '', email = '' }: SimulatedPerson,
): Reception {
  const find = <T extends Fault['kind']>(
    channel: 'sms' | 'email',
    to: string,
    among: readonly (T | 'delivered')[],
  ): T | 'delivered' => {
    const fault = faults.active().find((one) => isStanding(one, channel, to));
    return among.find((kind) => kind === fault?.kind) ?? 'delivered';
  };
  return {
    calls: callBehaviourOf(phone),
    sms: find('sms', phone, smsDeliveries),
    email: find('email', email, emailDeliveries),
  };
}

/** Lets everything from now on be delivered to a number or an address, or nothing in the way that the fault is. */
export function setDelivery(
  faults: FaultSwitchboard,
  to: string,
  wish: Pick<z.infer<typeof receptionSchema>, 'sms' | 'email'>,
): void {
  for (const channel of ['sms', 'email'] as const) {
    if (wish[channel] === undefined) continue;
    for (const fault of faults.active()) if (isStanding(fault, channel, to)) faults.clear(fault.id);
  }
  const { sms, email } = wish;
  if (sms !== undefined && sms !== 'delivered') faults.inject({ channel: 'sms', kind: sms, to });
  if (email !== undefined && email !== 'delivered')
    faults.inject({ channel: 'email', kind: email, to });
}

/** Whether a fault says, until it is cleared, how somebody's messages are delivered. */
function isStanding(fault: ActiveFault, channel: 'sms' | 'email', to: string): boolean {
  const kinds: readonly string[] = channel === 'sms' ? smsDeliveries : emailDeliveries;
  return (
    fault.channel === channel &&
    fault.to === to &&
    fault.times === undefined &&
    kinds.includes(fault.kind)
  );
}

/** Groups by key and keeps the last `count` of each group, in their order. */
function groupLast<T>(
  items: readonly T[],
  count: number,
  keyOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? [];
    groups.set(keyOf(item), group);
    group.push(item);
    if (group.length > count) group.shift();
  }
  return groups;
}
