/*
 * check/ asks of the files what a schema cannot: whether the people they name would really be told. One file for
 * each subject, one function for each rule.
 */
import type { Agendas } from '../availability/agenda.ts';
import { findResponder, type Directory } from '../directory.ts';
import type { Urgency } from '../handoff.ts';
import { snapshotPolicy, type Channel, type EscalationPolicy, type Policies } from '../policy.ts';
import { isMailbox, type Notified } from '../state.ts';
import { listMembers } from '../targets.ts';

/** Something in the files that is allowed and yet wrong. */
export interface Fault {
  readonly file: 'directory' | 'policies';
  /** Names and indices from the top of the file to what is at fault. */
  readonly path: readonly (string | number)[];
  /** `error`: somebody who is meant is never told; `warning`: it works, but not as it looks. */
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly fix: string;
}

/** What the rules look at. */
export interface Case {
  readonly directory: Directory;
  readonly policies: Policies;
  readonly agendas: Agendas;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Calendars were not read: nothing is said about them. */
  readonly isOffline: boolean;
}

/** One urgency of one policy, as a handoff would carry it. */
export interface Rules {
  readonly name: string;
  readonly urgency: Urgency;
  readonly policy: EscalationPolicy;
}

const URGENCIES = ['critical', 'urgent', 'routine'] as const;

/** Returns every urgency of every policy. */
export function listRules(policies: Policies): Rules[] {
  return Object.entries(policies).flatMap(([name, source]) =>
    URGENCIES.flatMap((urgency) => {
      const policy = snapshotPolicy(name, source, { urgency });
      return policy ? [{ name, urgency, policy }] : [];
    }),
  );
}

/** Returns every target that any policy names. */
export function listTargets(policies: Policies): Set<string> {
  return new Set(
    listRules(policies).flatMap(({ policy }) =>
      [...policy.tiers, policy.lastResort].flatMap(({ notify }) => notify),
    ),
  );
}

/** Returns everybody of a tier or last resort who has a channel of its ladder; a mailbox is always told. */
export function listReached({ notify, ladder }: Notified, directory: Directory): string[] {
  const ids = notify.flatMap((target) =>
    isMailbox(target) ? [target] : listMembers(target, directory),
  );
  return [...new Set(ids)].filter(
    (id) => isMailbox(id) || ladder.some(({ channel }) => hasChannel(id, channel, directory)),
  );
}

/** Returns whether a responder has what a channel needs: a phone or an email. */
export function hasChannel(id: string, channel: Channel, directory: Directory): boolean {
  const responder = findResponder(directory, id);
  return (channel === 'email' ? responder?.email : responder?.phone) !== undefined;
}

/** Returns a responder's name; of an unknown one the id. */
export function nameOf(id: string, directory: Directory): string {
  return findResponder(directory, id)?.name ?? id;
}

/** Returns the channels of a ladder, for people: `sms or email`. */
export function nameChannels({ ladder }: Pick<Notified, 'ladder'>): string {
  return [...new Set(ladder.map(({ channel }) => channel))].join(' or ');
}
