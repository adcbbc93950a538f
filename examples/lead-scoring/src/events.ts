import { createHash } from 'node:crypto';
import { z } from 'zod';

/** One thing that a lead did (`track`) or that became known of them (`identify`). */
export interface LeadEvent {
  readonly messageId: string;
  readonly lead: string;
  readonly type: 'track' | 'identify';
  /** Of a track: what it was, such as `Demo Requested`. */
  readonly name: string;
  /** When it happened; ISO, in UTC. */
  readonly at: string;
  /** When we heard of it. A score as of some moment knows nothing that was heard later. */
  readonly receivedAt: string;
  /** The properties of a track, the traits of an identify. */
  readonly data: Readonly<Record<string, unknown>>;
}

const id = z.string().trim().min(1).max(200);
const common = {
  userId: id.nullish(),
  anonymousId: id.nullish(),
  messageId: id.optional(),
  timestamp: z.iso.datetime({ offset: true }).optional(),
  context: z.record(z.string(), z.unknown()).optional(),
};
const data = z.record(z.string(), z.unknown()).default({});
const trackFields = z.object({
  ...common,
  event: z.string().trim().min(1).max(200),
  properties: data,
});
const identifyFields = z.object({ ...common, traits: data });
const WHO = 'userId or anonymousId is needed';
const hasWho = (given: {
  userId?: string | null | undefined;
  anonymousId?: string | null | undefined;
}) => (given.userId ?? given.anonymousId) != null;

/** The body of Segment's `POST /v1/track` (https://segment.com/docs/connections/spec/track); what is unknown in it is left out. */
export const trackSchema = trackFields.refine(hasWho, WHO);
/** The body of Segment's `POST /v1/identify` (https://segment.com/docs/connections/spec/identify). */
export const identifySchema = identifyFields.refine(hasWho, WHO);
/** The body of Segment's `POST /v1/batch`. */
export const batchSchema = z.object({
  batch: z
    .array(
      z
        .discriminatedUnion('type', [
          trackFields.extend({ type: z.literal('track') }),
          identifyFields.extend({ type: z.literal('identify') }),
        ])
        .refine(hasWho, WHO),
    )
    .min(1)
    .max(500),
});
export type Track = z.infer<typeof trackSchema>;
export type Identify = z.infer<typeof identifySchema>;

/** An event as it came in, and the anonymous id whose owner it tells. */
export interface Incoming {
  readonly event: LeadEvent;
  readonly alias?: string;
}

/**
 * Returns what a payload says. A clock that is ahead of ours is put back; without a messageId the same content at the same
 * moment is the same message.
 */
export function readPayload(
  payload: ({ type: 'track' } & Track) | ({ type: 'identify' } & Identify),
  receivedAt: string,
): Incoming {
  const { userId, anonymousId, timestamp, type } = payload;
  const given = timestamp === undefined ? receivedAt : new Date(timestamp).toISOString();
  const name = type === 'track' ? payload.event : '';
  const content = type === 'track' ? payload.properties : withZone(payload);
  const lead = userId ?? anonymousId ?? '';
  const digest = createHash('sha256')
    .update(JSON.stringify([lead, type, name, given, content]))
    .digest('hex')
    .slice(0, 32);
  return {
    event: {
      messageId: payload.messageId ?? digest,
      lead,
      type,
      name,
      at: given < receivedAt ? given : receivedAt,
      receivedAt,
      data: content,
    },
    ...(userId != null && anonymousId != null && userId !== anonymousId && { alias: anonymousId }),
  };
}

/** Segment's libraries tell the time zone beside the traits. */
function withZone({ traits, context }: Identify): Readonly<Record<string, unknown>> {
  const zone = context?.['timezone'];
  return typeof zone === 'string' && !('timezone' in traits)
    ? { ...traits, timezone: zone }
    : traits;
}
