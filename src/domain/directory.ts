import { z } from 'zod';
import { rotationSchema } from './availability/rotation.ts';
import { quietHoursSchema, weeklyHoursSchema } from './availability/weekly-hours.ts';
import { parseWallTime } from './availability/zoned.ts';
import { phoneSchema, timezoneSchema } from './handoff.ts';
import { canonicalPhone, isPossiblePhone } from './phone.ts';
import { cleanLine } from './text.ts';

/** Searched by as a keyword, of which PostgreSQL's visibility store holds 255 characters. */
const MAX_ID = 100;

const idSchema = z
  .string()
  .max(MAX_ID, `an id has at most ${MAX_ID} characters`)
  .regex(/^[a-z0-9][a-z0-9_-]*$/, 'an id is in lower case: letters, digits, - and _');

/** A wall time or a day, such as `2026-11-26T09:00` or `2026-11-26`. */
const wallTimeSchema = z
  .string()
  .refine(
    (text) => parseWallTime(text) !== undefined,
    'must be a day such as 2026-11-26, or a day and time such as 2026-11-26T09:00',
  );

const daySchema = z
  .string()
  .refine(
    (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && parseWallTime(text) !== undefined,
    'must be a day such as 2026-12-25',
  );

/** A file beside the directory, or an http(s) address. */
const calendarSchema = z
  .string()
  .trim()
  .min(1)
  .refine(
    (text) => !/^[a-z][a-z0-9+.-]*:/i.test(text) || /^(https?|file):/i.test(text),
    'must be the path of an .ics file or an http(s) address',
  );

/** Vacation: `until` is the day, or the moment, they are back. Wall times of the person's zone. */
const awaySchema = z
  .strictObject({ from: wallTimeSchema, until: wallTimeSchema, cover: z.string().optional() })
  .refine(({ from, until }) => (parseWallTime(from) ?? 0) < (parseWallTime(until) ?? 1), {
    path: ['until'],
    message: 'must be later than from: it is the day they are back',
  });

/** BCP 47, such as `pl-PL`: the language in which somebody is called. */
const localeSchema = z
  .string()
  .regex(/^[a-z]{2,3}-[A-Z]{2}$/, 'must be a language with its country, such as en-US or pl-PL');

/** One of https://www.twilio.com/docs/voice/twiml/say/text-speech. */
const voiceSchema = z
  .string()
  .regex(
    /^(?:man|woman|alice|(?:Polly|Google)\.[A-Za-z0-9-]+)$/,
    'must be a voice of Twilio, such as Polly.Joanna',
  );

/** Twilio cannot read with a voice of another language than it is told: the call would break off. */
const hasLocaleForVoice = {
  check: (entry: { locale?: string | undefined; voice?: string | undefined }) =>
    entry.voice === undefined ||
    (entry.locale !== undefined &&
      (!entry.voice.startsWith('Google.') || entry.voice.startsWith(`Google.${entry.locale}-`))),
  fault: {
    path: ['voice'],
    message: 'needs a locale beside it: the language that this voice speaks',
  },
};

/** A number that Baton calls and texts itself: one digit too few, and somebody is never told. */
const ownPhoneSchema = z
  .string({
    error: ({ input }) =>
      typeof input === 'number'
        ? `must be in quotes: "+${input}"; without them it is read as a number`
        : 'must be a phone number in quotes, such as "+15125550147"',
  })
  .pipe(
    phoneSchema.refine(isPossiblePhone, {
      message: 'has too few or too many digits for its country',
      when: ({ issues }) => issues.length === 0,
    }),
  );

/** A person's own zone: of those that know no summer where people do, the clocks would be wrong half of the year. */
const ownTimezoneSchema = timezoneSchema.refine(
  (zone) => !/^(?:EST|MST|HST|Etc\/GMT[+-]\d+)$/i.test(zone),
  {
    message: 'knows no summer time: name the place, such as America/New_York',
  },
);

const responderSchema = z
  .strictObject({
    name: z.string().overwrite(cleanLine).min(1).max(60),
    phone: ownPhoneSchema.optional(),
    email: z.email().optional(),
    timezone: ownTimezoneSchema.optional(),
    /** Instead of the organisation's; `[]` is none. */
    quietHours: quietHoursSchema.optional(),
    /** Instead of the organisation's. */
    holidays: z.array(daySchema).optional(),
    away: z.array(awaySchema).default([]),
    calendar: calendarSchema.optional(),
    /** Instead of the organisation's. */
    locale: localeSchema.optional(),
    voice: voiceSchema.optional(),
  })
  .refine(hasLocaleForVoice.check, hasLocaleForVoice.fault)
  .refine((responder) => responder.phone ?? responder.email, {
    message: 'cannot be reached: give a phone or an email',
  });

const organisationSchema = z
  .strictObject({
    timezone: ownTimezoneSchema,
    quietHours: quietHoursSchema.default([]),
    holidays: z.array(daySchema).default([]),
    /** First words of instructions, beside the English ones that the design test knows, such as `rufe`. */
    verbs: z.array(z.string().trim().toLowerCase().min(1).max(40)).default([]),
    /** The minutes that timeouts count where a policy says `timeouts: working-hours`. */
    workingHours: weeklyHoursSchema.optional(),
    locale: localeSchema.optional(),
    voice: voiceSchema.optional(),
  })
  .refine(hasLocaleForVoice.check, hasLocaleForVoice.fault);

/** What must be in place for entries to be compared with each other, whatever else is wrong with them. */
const comparableSchema = z.object({
  responders: z.record(
    z.string(),
    z.object({
      phone: z.string().optional(),
      away: z.array(z.object({ cover: z.string().optional() })).optional(),
    }),
  ),
  teams: z.record(z.string(), z.array(z.string())),
  rotations: z.record(
    z.string(),
    z.object({
      team: z.string().optional(),
      responders: z.array(z.string()).optional(),
      overrides: z.array(z.object({ responder: z.string() })).optional(),
      swaps: z.array(z.object({ responders: z.array(z.string()) })).optional(),
    }),
  ),
});
type Comparable = z.infer<typeof comparableSchema>;

/** The file `directory.yaml`: the people who can be told. */
export const directorySchema = z
  .strictObject({
    organisation: organisationSchema,
    responders: z.record(idSchema, responderSchema),
    teams: z.record(idSchema, z.array(z.string()).min(1)).default({}),
    rotations: z.record(idSchema, rotationSchema).default({}),
  })
  .superRefine(
    (value, context) => {
      const directory = comparableSchema.parse(value);
      for (const { path, id } of listMentions(directory)) {
        if (Object.hasOwn(directory.responders, id)) continue;
        const message = `"${id}" is not among the responders`;
        context.addIssue({ code: 'custom', path, message });
      }
      for (const [name, { team }] of Object.entries(directory.rotations)) {
        if (team === undefined || Object.hasOwn(directory.teams, team)) continue;
        const message = `"${team}" is not among the teams`;
        context.addIssue({ code: 'custom', path: ['rotations', name, 'team'], message });
      }
      const owners = new Map<string, string>();
      for (const [id, { phone }] of Object.entries(directory.responders)) {
        if (phone === undefined) continue;
        const other = owners.get(canonicalPhone(phone));
        if (other !== undefined) {
          context.addIssue({
            code: 'custom',
            path: ['responders', id, 'phone'],
            message: `is also the phone of "${other}": a reply from it could be either's`,
          });
        }
        owners.set(canonicalPhone(phone), id);
      }
    },
    { when: ({ value }) => comparableSchema.safeParse(value).success },
  );
export type Directory = z.infer<typeof directorySchema>;

interface Mention {
  readonly path: (string | number)[];
  readonly id: string;
}

/** Returns every place in a directory where a responder is named. */
function listMentions({ responders, teams, rotations }: Comparable): Mention[] {
  const listed = (path: (string | number)[], ids: readonly (string | undefined)[] = []) =>
    ids.flatMap((id, index) => (id === undefined ? [] : [{ path: [...path, index], id }]));
  return [
    ...Object.entries(responders).flatMap(([name, { away = [] }]) =>
      listed(
        ['responders', name, 'away'],
        away.map(({ cover }) => cover),
      ).map(({ path, id }) => ({ path: [...path, 'cover'], id })),
    ),
    ...Object.entries(teams).flatMap(([team, members]) => listed(['teams', team], members)),
    ...Object.entries(rotations).flatMap(([name, rotation]) => {
      const { overrides = [], swaps = [] } = rotation;
      return [
        ...listed(['rotations', name, 'responders'], rotation.responders),
        ...listed(
          ['rotations', name, 'overrides'],
          overrides.map(({ responder }) => responder),
        ).map(({ path, id }) => ({ path: [...path, 'responder'], id })),
        ...swaps.flatMap((swap, index) =>
          listed(['rotations', name, 'swaps', index, 'responders'], swap.responders),
        ),
      ];
    }),
  ];
}

/** A person of the directory as others need to see them; `timezone` falls back to the organisation's. */
export interface Responder {
  readonly id: string;
  readonly name: string;
  readonly phone?: string;
  readonly email?: string;
  readonly timezone: string;
  /** The language in which they are called (BCP 47). */
  readonly locale?: string;
  /** The voice that reads to them, which speaks `locale`. */
  readonly voice?: string;
}

/** Returns the responder with this id, or undefined when the directory does not list them. */
export function findResponder(directory: Directory, id: string): Responder | undefined {
  if (!Object.hasOwn(directory.responders, id)) return undefined;
  const entry = directory.responders[id];
  if (!entry) return undefined;
  const { organisation } = directory;
  // The organisation's voice speaks the organisation's language.
  const { locale, voice } = entry.locale === undefined ? organisation : entry;
  return {
    id,
    name: entry.name,
    timezone: entry.timezone ?? organisation.timezone,
    ...(entry.phone !== undefined && { phone: entry.phone }),
    ...(entry.email !== undefined && { email: entry.email }),
    ...(locale !== undefined && { locale }),
    ...(voice !== undefined && { voice }),
  };
}

/** Returns the responder whose phone this is (E.164), or undefined for a stranger's. */
export function findResponderByPhone(directory: Directory, phone: string): Responder | undefined {
  const sought = canonicalPhone(phone);
  const found = Object.entries(directory.responders).find(
    ([, entry]) => entry.phone !== undefined && canonicalPhone(entry.phone) === sought,
  );
  return found && findResponder(directory, found[0]);
}
