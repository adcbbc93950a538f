import { z } from 'zod';
import type { Written } from './brief-writer/parts.ts';
import { DURATION_PATTERN, parseDuration } from './duration.ts';
import { cleanLine, cleanProse, countCharacters, cutText } from './text.ts';

/** How loudly a handoff may call: `critical` breaks through everything, `urgent` rings phones, `routine` mails. */
export const urgencySchema = z.enum(['critical', 'urgent', 'routine']).meta({
  description:
    'How loudly it may call: critical breaks through everything, urgent rings phones of whoever is awake, routine mails and waits.',
  examples: ['urgent'],
});
export type Urgency = z.infer<typeof urgencySchema>;

/** Something that can be seen. */
const VISIBLE = /[^\s\u0000-\u001f\u007f-\u009f\u00ad\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/;

/** No text is longer, whatever it is cut to: what is sent is then a mistake. */
const MAX_TEXT = 50_000;

/** How many characters are shown of what people read. */
export const LIMITS = {
  subject: 120,
  summary: 2_000,
  details: 20_000,
  origin: 80,
  meaning: 80,
  do: 100,
  say: 300,
} as const;

/**
 * A text for people on one line, of which at most so many characters are shown. What is longer is cut, and what cannot
 * be seen is taken out: nobody would be told of a handoff that is refused for its looks.
 */
export const line = (max: number) =>
  z
    .string()
    .refine((text) => countCharacters(text) <= MAX_TEXT, `must have at most ${MAX_TEXT} characters`)
    .regex(VISIBLE, 'must not be blank')
    .overwrite((text) => cutText(cleanLine(text), max))
    .meta({ maxLength: MAX_TEXT });

/** The same on as many lines as it takes. */
export const prose = (max: number) =>
  z
    .string()
    .refine((text) => countCharacters(text) <= MAX_TEXT, `must have at most ${MAX_TEXT} characters`)
    .regex(VISIBLE, 'must not be blank')
    .overwrite((text) => cutText(cleanProse(text), max))
    .meta({ maxLength: MAX_TEXT });

const LINE = /^[^\u0000-\u001f\u007f]*[^\u0000-\u001f\u007f\s\ufeff][^\u0000-\u001f\u007f]*$/;

/**
 * A name of something, of at most so many characters: it is compared, so it is never cut. What is wrong with it is told
 * by its description in the API too: the pattern and the length say the same as the checks.
 */
export const identifier = (max: number) =>
  z
    .string()
    .regex(LINE, 'must be a single line, without control characters, and not blank')
    .refine((text) => countCharacters(text) <= max, `must have at most ${max} characters`)
    .trim()
    .meta({ maxLength: max });

/** A duration such as `5m` or `PT5M`, at least one second and at most a year; parses to milliseconds. */
export const durationSchema = z
  .string()
  .meta({ maxLength: 40, pattern: DURATION_PATTERN })
  .transform((text, context) => {
    const ms = text === text.trim() ? parseDuration(text) : undefined;
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
export const timezoneSchema = z
  .string()
  .max(60)
  .regex(/^[A-Za-z0-9_+/-]+$/, 'must be an IANA time zone, such as America/New_York')
  .refine((zone) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone });
      return true;
    } catch {
      return false;
    }
  }, 'must be an IANA time zone, such as America/New_York');

/** What the person must know. `details` reaches the email only; every other part may reach an SMS. */
export const briefSchema = z.strictObject({
  subject: line(LIMITS.subject).meta({
    description: 'Whom or what it is about.',
    examples: ['Maria Lopez, Acme Corp'],
  }),
  summary: prose(LIMITS.summary).meta({
    description: 'What happened, in one or two sentences.',
    examples: ['Compared Pro and Team twice today; asked about seats for 40 people.'],
  }),
  score: z
    .strictObject({
      value: z.number().meta({ description: 'The points.', examples: [92] }),
      outOf: z
        .number()
        .positive()
        .optional()
        .meta({ description: 'The most there can be.', examples: [100] }),
      meaning: line(LIMITS.meaning)
        .optional()
        .meta({ description: 'What the points mean.', examples: ['top 3 % this month'] }),
    })
    .optional()
    .meta({
      description: 'How good the source thinks it is.',
      examples: [{ value: 92, outOf: 100 }],
    }),
  origin: line(LIMITS.origin)
    .optional()
    .meta({ description: 'Where it comes from.', examples: ['pricing page'] }),
  facts: z
    .array(
      z.strictObject({
        label: line(40).meta({ description: 'The name of the fact.', examples: ['Team size'] }),
        value: line(200).meta({ description: 'The fact.', examples: ['40'] }),
      }),
    )
    .max(20)
    .optional()
    .meta({
      description: 'What else is known, each in a line.',
      examples: [[{ label: 'Team size', value: '40' }]],
    }),
  details: z
    .string()
    .refine((text) => countCharacters(text) <= MAX_TEXT, `must have at most ${MAX_TEXT} characters`)
    .overwrite((text) => cutText(cleanProse(text), LIMITS.details))
    .optional()
    .meta({
      maxLength: MAX_TEXT,
      description: 'The transcript or event list: page and email only.',
      examples: ['14:02 opened /pricing\n14:05 asked the bot about seats'],
    }),
});
export type Brief = z.infer<typeof briefSchema>;

/** Zones of old that never change their clocks, and the places whose clocks people mean by them. */
const WITH_SUMMER: Readonly<Record<string, string>> = {
  EST: 'America/New_York',
  MST: 'America/Denver',
  HST: 'Pacific/Honolulu',
};

/** Whom the action is about: the lead or customer, never a responder. */
export const contactSchema = z.strictObject({
  name: line(80)
    .optional()
    .meta({ description: 'Their name.', examples: ['Maria Lopez'] }),
  phone: phoneSchema
    .optional()
    .meta({ description: 'Their number in E.164 form.', examples: ['+15125550147'] }),
  email: z
    .email()
    .optional()
    .meta({ description: 'Their address.', examples: ['maria@acme.example'] }),
  timezone: timezoneSchema
    .overwrite((zone) => WITH_SUMMER[zone.toUpperCase()] ?? zone)
    .optional()
    .meta({ description: 'Their IANA time zone.', examples: ['America/Chicago'] }),
  hours: z
    .string()
    .regex(
      /^(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/,
      'must look like 08:00-20:00',
    )
    .optional()
    .meta({
      description: 'When they may be called, on the wall clock of their zone.',
      examples: ['08:00-20:00'],
    }),
});
export type Contact = z.infer<typeof contactSchema>;

/** A word for what came of a handoff, such as `no-answer`. */
export const outcomeSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,29}$/, 'must be a word in lower case, such as no-answer');

/** The fields of an action, each by itself. */
export const actionFields = z.strictObject({
  do: line(LIMITS.do).meta({
    description: 'The instruction, beginning with a verb.',
    examples: ['Call Maria Lopez'],
  }),
  within: durationSchema.optional().meta({
    description: 'The deadline as a duration from now; give this or `by`.',
    examples: ['PT5M'],
  }),
  by: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({
      description: 'The deadline as an instant with its offset; give this or `within`.',
      examples: ['2026-11-23T14:05:00-05:00'],
    }),
  contact: contactSchema.optional().meta({
    description: 'With whom to do it.',
    examples: [{ name: 'Maria Lopez', phone: '+15125550147' }],
  }),
  say: line(LIMITS.say)
    .optional()
    .meta({
      description: 'What to say or ask.',
      examples: ['Ask about the roll-out for 40 seats.'],
    }),
  outcomes: z
    .array(outcomeSchema)
    .max(10)
    .optional()
    .meta({
      description:
        "What may come of it, for `done reached`; by default the source's own. A word that is none of them is kept as text.",
      examples: [['reached', 'no-answer', 'bad-lead']],
    }),
});
/** What is said of an action with two deadlines. */
export const ONE_DEADLINE = { path: ['by'], message: 'give either within or by, not both' };

/** Returns whether an action names its deadline in one way at most. */
export function hasOneDeadline(action: {
  readonly within?: unknown;
  readonly by?: unknown;
}): boolean {
  return action.within === undefined || action.by === undefined;
}

/** What the person must do, by when and with whom. `within` counts from submission; `by` is an instant. */
export const actionSchema = actionFields
  .refine(hasOneDeadline, ONE_DEADLINE)
  .meta({ not: { required: ['within', 'by'] } });

/** Where a source wants to hear what became of its handoff: an http(s) URL without credentials. */
const callbackUrlSchema = z
  .url({ protocol: /^https?$/, error: 'must be a URL such as https://crm.example/hooks/baton' })
  .max(500)
  .refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url?.username === '' && url.password === '';
  }, 'must hold no user name or password: callbacks are signed');

/** A source's own words, by name. */
export const metadataSchema = z
  .record(identifier(60), identifier(200))
  .refine((entries) => Object.keys(entries).length <= 20, 'at most 20 entries')
  .meta({ maxProperties: 20, propertyNames: { pattern: LINE.source, maxLength: 60 } });

/** Raw material that a brief is made from. */
const materialSchema = prose(20_000).meta({
  description:
    'A transcript or event dump. What is not given of subject, summary and action is made from it, and it stands for details that are not given: page and email only.',
  examples: ['Bot: How can I help?\nMaria: Can we start with 40 seats and pay yearly?'],
});

const fields = {
  externalId: identifier(200)
    .optional()
    .meta({
      description:
        "The source's own name of this work: one name is one handoff, for as long as history is kept.",
      examples: ['lead-8841'],
    }),
  policy: identifier(80).meta({
    description: 'Who is told and when: a name of policies.yaml.',
    examples: ['inbound-sales'],
  }),
  urgency: urgencySchema,
};
const lateFields = {
  assignee: identifier(80)
    .optional()
    .meta({
      description: 'A responder who is told before the first tier.',
      examples: ['alice'],
    }),
  callbackUrl: callbackUrlSchema.optional().meta({
    description: 'Where to post what becomes of it, signed as Standard Webhooks describes.',
    examples: ['https://crm.example/hooks/baton'],
  }),
  metadata: metadataSchema.optional().meta({
    description: "The source's own words, given back with everything; at most 20 entries.",
    examples: [{ crmId: '00Q8d' }],
  }),
};

/** A submission: what a source POSTs to hand off one piece of work. */
export const handoffRequestSchema = z.strictObject({
  ...fields,
  brief: briefSchema.meta({
    description: 'What the person must know.',
    examples: [
      {
        subject: 'Maria Lopez, Acme Corp',
        summary: 'Compared Pro and Team twice today; asked about seats for 40 people.',
      },
    ],
  }),
  action: actionSchema.meta({
    description: 'What the person must do.',
    examples: [{ do: 'Call Maria Lopez', within: 'PT5M', contact: { phone: '+15125550147' } }],
  }),
  ...lateFields,
});
export type HandoffRequest = z.infer<typeof handoffRequestSchema>;

/** A submission with raw material: what is missing of its brief and action is made from that. */
export const materialRequestSchema = z.strictObject({
  ...fields,
  brief: briefSchema
    .partial()
    .optional()
    .meta({
      description: 'What the person must know, as far as the source can say it.',
      examples: [{ origin: 'chat' }],
    }),
  action: actionFields
    .partial()
    .refine(hasOneDeadline, ONE_DEADLINE)
    .meta({ not: { required: ['within', 'by'] } })
    .optional()
    .meta({
      description: 'What the person must do, as far as the source can say it.',
      examples: [{ within: 'PT30M', contact: { phone: '+15125550147' } }],
    }),
  ...lateFields,
  material: materialSchema,
});
export type MaterialRequest = z.infer<typeof materialRequestSchema>;

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
  /** Where its source hears what became of it. */
  readonly callbackUrl?: string;
  /** Who wrote what its source did not; missing: all is the source's. */
  readonly written?: Written;
  readonly submittedAt: string;
}

/** Returns the handoff that a validated request becomes when it is accepted at `submittedAt` (ISO instant). */
export function acceptRequest(
  request: HandoffRequest,
  accepted: Pick<Handoff, 'id' | 'code' | 'source' | 'submittedAt' | 'written'>,
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
    ...(request.callbackUrl !== undefined && { callbackUrl: request.callbackUrl }),
  };
}
