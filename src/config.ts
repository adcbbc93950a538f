import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { phoneSchema } from './domain/handoff.ts';

/** Says everything that is wrong with the settings: one line a fault. */
export class InvalidConfigError extends Error {
  override readonly name = 'InvalidConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The settings have ${faults.length} faults:\n  ${faults.join('\n  ')}`);
    this.faults = faults;
  }
}

/** Who may call the API: a source and its key. */
export interface ApiKey {
  readonly source: string;
  readonly key: string;
}

const urlSchema = z
  .url({ protocol: /^https?$/, error: 'must be a URL such as https://baton.example' })
  .transform((url) => url.replace(/\/+$/, ''));

const portSchema = z.coerce.number().int().min(0).max(65_535);

const temporalSchema = z.object({
  TEMPORAL_ADDRESS: z.string().min(1).default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  BATON_TASK_QUEUE: z.string().min(1).default('baton'),
  BATON_DIRECTORY: z.string().min(1).default('config/directory.yaml'),
  BATON_POLICIES: z.string().min(1).default('config/policies.yaml'),
  PUBLIC_BASE_URL: urlSchema,
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});

const apiKeysSchema = z.string().transform((text, context): ApiKey[] => {
  const keys = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((entry) => {
      const colon = entry.indexOf(':');
      return { source: entry.slice(0, colon), key: entry.slice(colon + 1) };
    });
  const isGood = keys.every(
    ({ source, key }) => /^[a-z0-9][a-z0-9_-]*$/.test(source) && key.length >= 16,
  );
  if (keys.length > 0 && isGood) return keys;
  context.addIssue(
    'must list source:key pairs, separated by commas; a source in lower case, a key of at least 16 characters',
  );
  return z.NEVER;
});

const apiSchema = temporalSchema.extend({
  PORT: portSchema.default(3000),
  HOST: z.string().min(1).default('0.0.0.0'),
  BATON_API_KEYS: apiKeysSchema,
  TWILIO_AUTH_TOKEN: z.string().min(1),
  TEMPORAL_UI_URL: urlSchema.optional(),
});

const workerSchema = temporalSchema
  .extend({
    TWILIO_ACCOUNT_SID: z.string().regex(/^AC[0-9a-fA-F]{32}$/, 'must be AC and 32 hex digits'),
    TWILIO_AUTH_TOKEN: z.string().min(1),
    TWILIO_FROM: phoneSchema.optional(),
    TWILIO_MESSAGING_SERVICE_SID: z.string().startsWith('MG').optional(),
    TWILIO_BASE_URL: urlSchema.optional(),
    SENDGRID_API_KEY: z.string().min(1),
    SENDGRID_FROM: z.email(),
    SENDGRID_BASE_URL: urlSchema.optional(),
    BATON_SMS_PER_SECOND: z.coerce.number().positive().default(1),
    BATON_EMAILS_PER_SECOND: z.coerce.number().positive().default(20),
    BATON_MAX_CACHED_WORKFLOWS: z.coerce.number().int().positive().default(500),
  })
  .refine((env) => env.TWILIO_FROM ?? env.TWILIO_MESSAGING_SERVICE_SID, {
    path: ['TWILIO_FROM'],
    error: 'is missing: give TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID',
  });

const devSchema = z.object({
  PORT: portSchema.default(3000),
  TEMPORAL_ADDRESS: z.string().min(1).optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_UI_URL: urlSchema.optional(),
  TEMPORAL_CLI_PATH: z.string().min(1).optional(),
  XDG_CACHE_HOME: z.string().min(1).optional(),
  BATON_DIRECTORY: z.string().min(1).default('config/directory.yaml'),
  BATON_POLICIES: z.string().min(1).default('config/policies.yaml'),
  BATON_DATA: z.string().min(1).default('.baton'),
});

export type ApiConfig = z.infer<typeof apiSchema>;
export type WorkerConfig = z.infer<typeof workerSchema>;
export type DevConfig = z.infer<typeof devSchema>;

/** Returns the settings of the API. Throws an InvalidConfigError that lists all faults. */
export function readApiConfig(env: NodeJS.ProcessEnv = process.env): ApiConfig {
  return read(apiSchema, env);
}

/** Returns the settings of the worker. Throws an InvalidConfigError that lists all faults. */
export function readWorkerConfig(env: NodeJS.ProcessEnv = process.env): WorkerConfig {
  return read(workerSchema, env);
}

/** Returns the settings of the development mode. Throws an InvalidConfigError that lists all faults. */
export function readDevConfig(env: NodeJS.ProcessEnv = process.env): DevConfig {
  return read(devSchema, env);
}

/** Sets this process's time zone to UTC: a worker's own zone would leak into the workflow sandbox. */
export function enforceUtc(): void {
  process.env['TZ'] = 'UTC';
}

/** Returns this process's environment with additions, for a child process. */
export function childEnvironment(additions: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...additions };
}

/** Each setting NAME may be given as NAME_FILE, the path of a file that holds the value, as secrets are. */
function read<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): z.output<S> {
  const faults: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const file = env[`${name}_FILE`];
    const value = env[name];
    if (file !== undefined && file !== '') {
      if (value !== undefined && value !== '')
        faults.push(`${name}: give it or ${name}_FILE, not both`);
      try {
        values[name] = readFileSync(file, 'utf8').trim();
      } catch {
        faults.push(`${name}_FILE: ${file} cannot be read`);
      }
    } else if (value !== undefined && value !== '') {
      values[name] = value;
    }
  }
  const parsed = schema.safeParse(values);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const name = String(path[0] ?? '');
      const isMissing = values[name] === undefined && !message.startsWith('is missing');
      faults.push(`${name}: ${isMissing ? 'is missing' : message}`);
    }
  }
  if (!parsed.success || faults.length > 0) throw new InvalidConfigError(faults);
  return parsed.data;
}
