import { contactAgenda, describeWait, findFreeTime, type Agendas } from './availability/agenda.ts';
import { findResponder } from './directory.ts';
import type { Contact } from './handoff.ts';
import type { NotificationOrder } from './state.ts';

/** The message is not to leave now: the recipient is not to be disturbed. */
export interface Held {
  /** Missing: nobody knows until when. */
  readonly heldUntil?: string;
  readonly because: string;
}

/**
 * Returns why a message is held back at an instant (milliseconds), or undefined when its moment is right: between
 * planning and sending somebody may have become unavailable.
 */
export function checkMoment(
  { recipient, whenQuiet = 'ignore', message, isAskedFor }: NotificationOrder,
  contact: Contact | undefined,
  agendas: Agendas,
  now: number,
): Held | undefined {
  const responder = findResponder(agendas.directory, recipient);
  if (whenQuiet === 'ignore' || isAskedFor === true || !responder) return undefined;
  const { name, timezone } = responder;
  const isCall = whenQuiet === 'wait' && message.kind === 'offer';
  const theirs =
    isCall && contact && contactAgenda(contact, agendas.directory.organisation.timezone);
  const free = findFreeTime(now, [agendas.of(recipient), ...(theirs ? [theirs] : [])]);
  if (free.at === now) return undefined;
  return {
    because: describeWait(free, { name, timezone, now }),
    ...(free.at !== undefined && { heldUntil: new Date(free.at).toISOString() }),
  };
}
