import { z } from 'zod';
import { parseDuration } from './duration.ts';

/** How loudly a handoff may call: `critical` breaks through everything, `urgent` rings phones, `routine` mails. */
export const urgencySchema = z.enum(['critical', 'urgent', 'routine']);
export type Urgency = z.infer<typeof urgencySchema>;

const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !/[\r\n]/.test(text), 'must be a single line');

/** A duration such as `5m` or `PT5M`, at least one second and at most a year; parses to milliseconds. */
export const durationSchema = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === undefined) {
    context.addIssue(`"${text}" is not a duration; write for example 90s, 5m, 1h30m, 7d or PT5M`);
    return z.NEVER;
  }
  if (ms < 1_000 || ms > 366 * 86_400_000) {
    context.addIssue(`"${text}" is out of range: at least 1 second, at most a year`);
    return z.NEVER;
  }
  return ms;
});

/** A phone number in E.164 form, such as `+15125550147`. */
export const phoneSchema = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'must be a phone number in E.164 form, such as +15125550147');

/** An IANA time zone that this runtime knows, such as `America/New_York`. */
export const timezoneSchema = z.string().refine((zone) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}, 'must be an IANA time zone, such as America/New_York');

/** What the person must know. `details` reaches the email only; every other part may reach an SMS. */
export const briefSchema = z.strictObject({
  subject: line(120),
  summary: z.string().trim().min(1).max(2_000),
  score: z
    .strictObject({
      value: z.number(),
      outOf: z.number().positive().optional(),
      meaning: line(80).optional(),
    })
    .optional(),
  origin: line(80).optional(),
  facts: z
    .array(z.strictObject({ label: line(40), value: line(200) }))
    .max(20)
    .optional(),
  details: z.string().max(20_000).optional(),
});
export type Brief = z.infer<typeof briefSchema>;

/** Whom the action is about: the lead or customer, never a responder. */
export const contactSchema = z.strictObject({
  name: line(80).optional(),
  phone: phoneSchema.optional(),
  email: z.email().optional(),
  timezone: timezoneSchema.optional(),
  hours: z
    .string()
    .regex(/^\d{2}:\d{2}-\d{2}:\d{2}$/, 'must look like 08:00-20:00')
    .optional(),
});
export type Contact = z.infer<typeof contactSchema>;

/** What the person must do, by when and with whom. `within` counts from submission; `by` is an instant. */
export const actionSchema = z
  .strictObject({
    do: line(100),
    within: durationSchema.optional(),
    by: z.iso.datetime({ offset: true }).optional(),
    contact: contactSchema.optional(),
    say: line(300).optional(),
    outcomes: z
      .array(
        z
          .string()
          .regex(/^[a-z][a-z0-9-]{0,29}$/, 'must be a word in lower case, such as no-answer'),
      )
      .max(10)
      .optional(),
  })
  .refine((action) => action.within === undefined || action.by === undefined, {
    path: ['by'],
    message: 'give either within or by, not both',
  });

/** A submission: what a source POSTs to hand off one piece of work. */
export const handoffRequestSchema = z.strictObject({
  externalId: line(200).optional(),
  policy: line(80),
  urgency: urgencySchema,
  brief: briefSchema,
  action: actionSchema,
  assignee: line(80).optional(),
  metadata: z
    .record(line(60), line(200))
    .refine((entries) => Object.keys(entries).length <= 20, 'at most 20 entries')
    .optional(),
});
export type HandoffRequest = z.infer<typeof handoffRequestSchema>;

/** The action as it travels: the deadline is an ISO instant. */
export interface Action {
  readonly do: string;
  readonly dueAt?: string;
  readonly contact?: Contact | undefined;
  readonly say?: string | undefined;
  readonly outcomes: readonly string[];
}

/** One accepted handoff: what the workflow carries from submission to its end. */
export interface Handoff {
  readonly id: string;
  /** What people call it in an SMS, such as `KM47`; see code.ts. */
  readonly code: string;
  readonly source: string;
  readonly externalId?: string;
  readonly policy: string;
  readonly urgency: Urgency;
  readonly brief: Brief;
  readonly action: Action;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly submittedAt: string;
}

/** Returns the handoff that a validated request becomes when it is accepted at `submittedAt` (ISO instant). */
export function acceptRequest(
  request: HandoffRequest,
  accepted: { id: string; code: string; source: string; submittedAt: string },
): Handoff {
  const { within, by, outcomes, ...action } = request.action;
  const due = by ?? (within && new Date(Date.parse(accepted.submittedAt) + within).toISOString());
  return {
    ...accepted,
    ...(request.externalId !== undefined && { externalId: request.externalId }),
    policy: request.policy,
    urgency: request.urgency,
    brief: request.brief,
    action: {
      ...action,
      outcomes: outcomes ?? [],
      ...(due && { dueAt: new Date(due).toISOString() }),
    },
    ...(request.metadata && { metadata: request.metadata }),
  };
}
