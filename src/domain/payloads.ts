/*
 * Signals and updates are an open interface: any Temporal client may send anything, and a workflow that throws
 * over it stands still for good. These read what is usable and leave the rest.
 */
import type { Absence } from './availability/situation.ts';
import { CALLBACK_TYPES, type Callback } from './callback.ts';
import { readActor, readCommand, VERBS } from './command.ts';
import { isRecord, readText, readInstant, readInstantOf } from './record.ts';
import type { HandoffEvent } from './decide.ts';
import type { Channel } from './policy.ts';
import type { OfferCard } from './offer.ts';
import type { Ended } from './responder.ts';
import type { BundleRequest, OfferRequest } from './responder-state.ts';
import type { StandingRequest } from './standing.ts';
import type { Actor, Ending, Verb } from './state.ts';

/** Returns the event that a signal to a handoff stands for, or undefined when it makes no sense. */
export function readSignal(name: string, payload: unknown): HandoffEvent | undefined {
  if (isVerb(name)) {
    const command = readCommand(name, payload);
    return command && { type: 'command', command };
  }
  if (!isRecord(payload)) return undefined;
  if (name === 'confirm') {
    const { commandId } = readText(payload, 'commandId');
    return commandId === undefined ? undefined : { type: 'confirm', commandId };
  }
  if (name === 'delivery') {
    const { notification } = readText(payload, 'notification');
    const { because = 'the provider gave no reason' } = readText(payload, 'because');
    if (notification !== undefined) return { type: 'undelivered', notification, because };
    const { responder } = readText(payload, 'responder');
    const { channel } = readChannel(payload);
    return responder === undefined || channel === undefined
      ? undefined
      : { type: 'unreachable', responder, channel, because };
  }
  return undefined;
}

/** Returns an event for a source, or undefined when it is none: only our own workflows send these. */
export function readCallback(payload: unknown): Callback | undefined {
  if (!isRecord(payload) || !isRecord(payload['event'])) return undefined;
  const { event, url } = payload;
  const { data } = event;
  const isKnown = CALLBACK_TYPES.some((type) => type === event['type']);
  const isNumbered = isRecord(data) && Number.isSafeInteger(data['sequence']);
  return typeof url === 'string' && isKnown && isNumbered
    ? (payload as unknown as Callback)
    : undefined;
}

/** Returns the number of the event that is to be sent again; undefined: all. */
export function readSequence(payload: unknown): number | undefined {
  const sequence = isRecord(payload) ? payload['sequence'] : undefined;
  return typeof sequence === 'number' ? sequence : undefined;
}

/** Returns the question before a message goes out, or undefined when it is none. */
export function readOffer(payload: unknown): OfferRequest | undefined {
  if (!isRecord(payload)) return undefined;
  const card = readCard(payload['card']);
  const { notificationId } = readText(payload, 'notificationId');
  if (!card || notificationId === undefined) return undefined;
  return {
    card,
    notificationId,
    ...(payload['mayBeHeld'] === true && { mayBeHeld: true }),
    ...(typeof payload['isOver'] === 'boolean' && { isOver: payload['isOver'] }),
    ...(payload['isAnswer'] === true && { isAnswer: true }),
    ...readChannel(payload),
    ...readText(payload, 'sender'),
    ...readBundle(payload['bundle']),
    ...readInstantOf(payload, 'at'),
  };
}

/** Only activities of ours ask for a bundle: what is looked at here is what keeps the workflow going. */
function readBundle(value: unknown): { bundle?: BundleRequest } {
  if (!isRecord(value) || !isRecord(value['handoff']) || !isRecord(value['message'])) return {};
  const { id } = readText(value['handoff'], 'id');
  const { kind } = readText(value['message'], 'kind');
  return id === undefined || kind === undefined
    ? {}
    : { bundle: value as unknown as BundleRequest };
}

function readChannel(payload: Record<string, unknown>): { channel?: Channel } {
  const channel = CHANNELS.find((known) => known === payload['channel']);
  return channel ? { channel } : {};
}

/** Returns the handoffs that are told to be over. */
export function readEnded(payload: unknown): Ended {
  if (!isRecord(payload)) return { closed: [], forgotten: [] };
  const { closed } = payload;
  return {
    closed: (Array.isArray(closed) ? closed : []).flatMap((value: unknown) => {
      const card = readCard(value);
      const ending = isRecord(value) ? readEnding(value['ending']) : undefined;
      if (!card || !ending) return [];
      const { handoffId, code, subject } = card;
      return [{ handoffId, code, subject, ending }];
    }),
    forgotten: readTexts(payload['forgotten']),
  };
}

/** A reply that was dealt with where it came in. */
export interface SeenReply {
  readonly replyId: string;
  /** Nothing came of it. */
  readonly isIdle: boolean;
  /** The handoff that is not for them any more, as they know by its answer. */
  readonly over?: string;
}

/** Returns which reply was dealt with, or undefined when it is not told. */
export function readSeen(payload: unknown): SeenReply | undefined {
  if (!isRecord(payload)) return undefined;
  const { replyId } = readText(payload, 'replyId');
  if (replyId === undefined) return undefined;
  return { replyId, isIdle: payload['isIdle'] === true, ...readText(payload, 'over') };
}

/** Returns the question how a person stands to a handoff; who is not named is nobody. */
export function readStandingRequest(payload: unknown): StandingRequest {
  if (!isRecord(payload)) return { responder: '' };
  const { responder = '' } = readText(payload, 'responder');
  return { responder, replyIds: readTexts(payload['replyIds']) };
}

/** Returns the texts of a list. */
export function readTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/**
 * Returns since when somebody is away and until when, in UTC; or undefined when it does not make sense: by an
 * end that cannot be read they would be away for good.
 */
export function readAbsence(payload: unknown): Absence | undefined {
  if (!isRecord(payload)) return undefined;
  const since = readInstant(payload['since']);
  const until = readInstant(payload['until']);
  const isEndless = payload['until'] === undefined || payload['until'] === null;
  if (since === undefined || (until === undefined && !isEndless)) return undefined;
  return { since, ...(until !== undefined && { until }), ...readText(payload, 'cover') };
}

/** A reply as its sender's workflow gets it. */
export interface RecordedReply {
  readonly replyId: string;
  readonly text: string;
  readonly by: Actor;
  /** The way it came, and its answer goes; missing: by SMS. */
  readonly via?: 'email';
  /** The handoff that it answers a message of. */
  readonly about?: string;
  /** When it came: it cannot mean what was asked later. Missing: when it is routed. */
  readonly receivedAt?: string;
  /** It was found at its provider long after it came: what its sender has said since counts before it. */
  readonly isLate?: true;
  /** The names of what they texted to: the number, and the messaging service it belongs to. */
  readonly sender?: readonly string[];
  /** The address that it came from, where that is not the person's own: it counts for nothing. */
  readonly from?: string;
}

/** Returns a reply that is to be routed, or undefined when it is none. */
export function readReply(payload: unknown): RecordedReply | undefined {
  if (!isRecord(payload)) return undefined;
  const { replyId } = readText(payload, 'replyId');
  const by = readActor(payload['by']);
  const { text } = payload;
  if (replyId === undefined || typeof text !== 'string' || !by) return undefined;
  return {
    replyId,
    text,
    by,
    ...(payload['via'] === 'email' && { via: 'email' }),
    ...readText(payload, 'about'),
    ...readText(payload, 'from'),
    ...readSender(payload),
    ...readInstantOf(payload, 'receivedAt'),
    ...(payload['isLate'] === true && { isLate: true }),
  };
}

/** Returns the names of what somebody texted to, if they are said. */
export function readSender(payload: Record<string, unknown>): { sender?: readonly string[] } {
  const { sender } = payload;
  return Array.isArray(sender) ? { sender: readTexts(sender) } : {};
}

const CHANNELS: readonly Channel[] = ['sms', 'voice', 'email'];
const ENDS: readonly Ending['status'][] = ['resolved', 'withdrawn', 'expired'];

function isVerb(name: string): name is Verb {
  return (VERBS as readonly string[]).includes(name);
}

function readCard(value: unknown): OfferCard | undefined {
  if (!isRecord(value)) return undefined;
  const { handoffId } = readText(value, 'handoffId');
  const { code } = readText(value, 'code');
  const { subject } = readText(value, 'subject');
  const { action } = readText(value, 'action');
  if (handoffId === undefined || code === undefined) return undefined;
  return {
    handoffId,
    code,
    subject: subject ?? '',
    action: action ?? '',
    ...readText(value, 'dueAt'),
  };
}

function readEnding(value: unknown): Ending | undefined {
  if (!isRecord(value)) return undefined;
  const status = ENDS.find((known) => known === value['status']);
  const { at } = readText(value, 'at');
  const by = readActor(value['by']);
  if (!status || at === undefined) return undefined;
  return {
    status,
    at,
    ...(by && { by }),
    ...readText(value, 'outcome'),
    ...readText(value, 'note'),
  };
}
