import { z } from 'zod';

/** What `npm run dev` of Baton signs callbacks with: known to everybody, so of use to nobody. */
const DEVELOPMENT_SECRET = 'whsec_b25seSBmb3IgZGV2ZWxvcG1lbnQ6IG5vIHNlY3JldCE=';

const schema = z
  .object({
    /** 0 takes any free port. */
    PORT: z.coerce.number().int().min(0).max(65_535).default(3300),
    HOST: z.string().default('127.0.0.1'),
    /** Where Baton reaches this program; by default where it listens. */
    LEADS_URL: z.url().optional(),
    BATON_URL: z.url().default('http://127.0.0.1:3000'),
    BATON_KEY: z.string().min(1).default('development-only-key'),
    BATON_SECRET: z.string().startsWith('whsec_').default(DEVELOPMENT_SECRET),
    /** Of Baton's policies.yaml; it needs rules for urgent and routine. */
    LEADS_POLICY: z.string().default('inbound-sales'),
    LEADS_DATABASE: z.string().default('data/leads.db'),
    /** The user name of Segment's Basic authentication. */
    LEADS_WRITE_KEY: z.string().min(1).default('development-write-key'),
    /** `off` begins without invented history, and without the buttons that invent leads. */
    LEADS_DEMO: z.enum(['on', 'off']).default('on'),
    /** Probabilities from which on a lead is handed off. */
    LEADS_URGENT: z.coerce.number().min(0).max(1).default(0.75),
    LEADS_ROUTINE: z.coerce.number().min(0).max(1).default(0.45),
    /** The share of the others that is handed off too, so that the model hears of leads it thinks little of. */
    LEADS_EXPLORE: z.coerce.number().min(0).max(1).default(0.02),
    /** When leads may be called, on their own clock. */
    LEADS_HOURS: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, 'must look like 09:00-18:00')
      .refine((hours) => hours.slice(0, 5) < hours.slice(6), 'must end later than it begins')
      .default('09:00-18:00'),
    /** Of leads that do not say where they are. */
    LEADS_TIMEZONE: z.string().default('America/New_York'),
    /** Of phone numbers without one. */
    LEADS_COUNTRY: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .default('US'),
  })
  .refine((given) => given.LEADS_ROUTINE <= given.LEADS_URGENT, {
    path: ['LEADS_ROUTINE'],
    message: 'must not be above LEADS_URGENT',
  });

/** The settings of the program. */
export type Config = z.infer<typeof schema>;

/** Returns the settings; throws an error that lists every fault. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  throw new Error(`Some settings cannot be used:\n${faults.join('\n')}`);
}
