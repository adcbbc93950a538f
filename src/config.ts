import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import { phoneSchema } from './domain/handoff.ts';
import type { PlainKey } from './sources/keys.ts';
import type { EncryptionKey } from './temporal/codec.ts';

/** Says everything that is wrong with the settings: one line a fault. */
export class InvalidConfigError extends Error {
  override readonly name = 'InvalidConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `The settings have ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n  ${faults.join('\n  ')}`,
    );
    this.faults = faults;
  }
}

const urlSchema = z
  .url({ protocol: /^https?$/, error: 'must be a URL such as https://baton.example' })
  .transform((url) => url.replace(/\/+$/, ''));

const portSchema = z.coerce.number().int().min(0).max(65_535);

const SOURCES_FILE = 'config/sources.yaml';

const AES_256_KEY_BYTES = 32;

/** The first encrypts, all decrypt. */
const encryptionKeysSchema = z.string().transform((text, context): EncryptionKey[] => {
  const keys = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((entry) => {
      const [id = '', ...key] = entry.split(':');
      return { id, key: Buffer.from(key.join(':'), 'base64') };
    });
  const isGood = keys.every(
    ({ id, key }) => /^[\w.-]{1,64}$/.test(id) && key.length === AES_256_KEY_BYTES,
  );
  const isUnique = new Set(keys.map(({ id }) => id)).size === keys.length;
  if (keys.length > 0 && isGood && isUnique) return keys;
  context.addIssue(
    'must list name:key pairs, separated by commas; each name once, each key of 32 bytes in base64, such as `openssl rand -base64 32` gives',
  );
  return z.NEVER;
});

/** What API and workers share. Where Temporal is, is read by the SDK's own conventions: see {@link readTemporal}. */
const temporalSchema = z.object({
  /** Missing: what Temporal stores can be read by whoever reads its database. */
  BATON_ENCRYPTION_KEYS: encryptionKeysSchema.default([]),
  BATON_TASK_QUEUE: z.string().min(1).default('baton'),
  BATON_DIRECTORY: z.string().min(1).default('config/directory.yaml'),
  BATON_POLICIES: z.string().min(1).default('config/policies.yaml'),
  /** Keys, callback secrets and outcomes of the sources; need not exist. */
  BATON_SOURCES: z.string().min(1).default(SOURCES_FILE),
  PUBLIC_BASE_URL: urlSchema,
  /**
   * The model that writes briefs from raw material, as Ollama names it: the API has handoffs ask for it, workers ask
   * it. Missing: briefs stay as they are drawn from the material.
   */
  BATON_BRIEF_MODEL: z
    .string()
    .regex(/^[\w.:/-]{1,100}$/, 'must be a name such as llama3.2 or qwen2.5:7b')
    .optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});

const apiKeysSchema = z.string().transform((text, context): PlainKey[] => {
  const keys = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((entry) => {
      const [source = '', ...key] = entry.split(':');
      return { source, key: key.join(':') };
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

/** A public key as SendGrid shows it: base64 of its DER form. */
const publicKeySchema = z.string().refine((key) => {
  try {
    createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
    return true;
  } catch {
    return false;
  }
}, "must be SendGrid's verification key, in base64");

/** For links and reply addresses, which must not be guessed: API and workers share it. */
const linkSecretSchema = z
  .string()
  .min(32, 'must have at least 32 characters, such as `openssl rand -hex 32` gives');

/** The domain whose mail SendGrid's Inbound Parse hands over. */
const mailDomainSchema = z
  .string()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, 'must be a domain such as reply.baton.example');

const apiSchema = temporalSchema.extend({
  PORT: portSchema.default(3000),
  HOST: z.string().min(1).default('0.0.0.0'),
  /** Keys in the settings themselves; those of BATON_SOURCES are beside them. */
  BATON_API_KEYS: apiKeysSchema.default([]),
  /** Requests a minute that one key may make of this process. */
  BATON_RATE_LIMIT_PER_MINUTE: z.coerce.number().int().positive().default(3_000),
  /** Whether submissions are let in at the pace at which workers work them. */
  BATON_ADMISSION: z.enum(['auto', 'off']).default('auto'),
  /** Requests that this process works on at a time; more are asked to come again. */
  BATON_MAX_IN_FLIGHT: z.coerce.number().int().positive().default(500),
  TWILIO_AUTH_TOKEN: z.string().min(1),
  BATON_LINK_SECRET: linkSecretSchema,
  /** Missing: SendGrid's events are refused. */
  SENDGRID_EVENTS_KEY: publicKeySchema.optional(),
  /** Missing: replies by email are refused. */
  SENDGRID_INBOUND_KEY: publicKeySchema.optional(),
  BATON_MAIL_DOMAIN: mailDomainSchema.optional(),
  TEMPORAL_UI_URL: urlSchema.optional(),
  /** Only to show in previews what an email would say. */
  TWILIO_FROM: phoneSchema.optional(),
});

const workerSchema = temporalSchema
  .extend({
    TWILIO_ACCOUNT_SID: z.string().regex(/^AC[0-9a-fA-F]{32}$/, 'must be AC and 32 hex digits'),
    TWILIO_AUTH_TOKEN: z.string().min(1),
    TWILIO_FROM: phoneSchema.optional(),
    /** The number that calls come from; missing: TWILIO_FROM. */
    TWILIO_VOICE_FROM: phoneSchema.optional(),
    TWILIO_MESSAGING_SERVICE_SID: z.string().startsWith('MG').optional(),
    TWILIO_BASE_URL: urlSchema.optional(),
    BATON_LINK_SECRET: linkSecretSchema,
    /** Missing: emails ask for no reply. */
    BATON_MAIL_DOMAIN: mailDomainSchema.optional(),
    SENDGRID_API_KEY: z.string().min(1),
    SENDGRID_FROM: z.email(),
    SENDGRID_BASE_URL: urlSchema.optional(),
    BATON_SMS_PER_SECOND: z.coerce.number().positive().default(1),
    BATON_CALLS_PER_SECOND: z.coerce.number().positive().default(1),
    BATON_EMAILS_PER_SECOND: z.coerce.number().positive().default(20),
    /** Where the worker shows its figures to Prometheus; missing: nowhere. */
    BATON_METRICS_ADDRESS: z
      .string()
      .regex(/^[^\s/]+:\d{1,5}$/, 'must be an address such as 0.0.0.0:9464')
      .optional(),
    /**
     * Names this build for Temporal's worker versioning: it gets work once its version is made current. Missing: not versioned.
     */
    BATON_BUILD_ID: z
      .string()
      .regex(/^[\w.+-]{1,100}$/, 'must be a word such as 1.4.0 or a commit')
      .optional(),
    BATON_DEPLOYMENT: z
      .string()
      .regex(/^[\w-]{1,100}$/, 'must be a word')
      .default('baton'),
    /** How often Twilio is asked for replies that never reached an API. */
    BATON_MISSED_REPLIES_SECONDS: z.coerce.number().min(1).max(600).default(60),
    BATON_MAX_CACHED_WORKFLOWS: z.coerce.number().int().positive().default(500),
    /** Where the model of BATON_BRIEF_MODEL is served. */
    BATON_OLLAMA_URL: urlSchema.default('http://127.0.0.1:11434'),
    /** What the model is told to do; missing: Baton's own words. */
    BATON_BRIEF_PROMPT: z.string().min(1).optional(),
  })
  .refine((env) => env.TWILIO_FROM ?? env.TWILIO_MESSAGING_SERVICE_SID, {
    path: ['TWILIO_FROM'],
    error: 'is missing: give TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID',
    // Also beside other faults, so that all come at once.
    when: () => true,
  });

const watchSchema = temporalSchema
  .pick({ BATON_ENCRYPTION_KEYS: true, BATON_TASK_QUEUE: true, LOG_LEVEL: true })
  .extend({
    /** Where the watch itself answers: /healthz and /metrics. */
    PORT: portSchema.default(3001),
    HOST: z.string().min(1).default('0.0.0.0'),
    /** The APIs that must be ready, by their base URLs. */
    BATON_WATCH_APIS: z
      .string()
      .transform((text) => text.split(/[\s,]+/).filter(Boolean))
      .pipe(z.array(urlSchema))
      .default([]),
    /** Asked (GET) every minute for as long as handoffs can be delivered: a dead man's switch. */
    BATON_PING_URL: urlSchema.optional(),
    /** Told (POST) of problems, as JSON with a `text`, as chats take it. */
    BATON_ALERT_URL: urlSchema.optional(),
    BATON_WATCH_EVERY_SECONDS: z.coerce.number().min(1).max(60).default(15),
  });

const devSchema = z.object({
  PORT: portSchema.default(3000),
  TEMPORAL_ADDRESS: z.string().min(1).optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_UI_URL: urlSchema.optional(),
  TEMPORAL_CLI_PATH: z.string().min(1).optional(),
  HOME: z.string().min(1).default('.'),
  XDG_CACHE_HOME: z.string().min(1).optional(),
  BATON_DIRECTORY: z.string().min(1).default('config/directory.yaml'),
  BATON_POLICIES: z.string().min(1).default('config/policies.yaml'),
  BATON_SOURCES: z.string().min(1).default(SOURCES_FILE),
  BATON_DATA: z.string().min(1).default('.baton'),
});

const stackSchema = z.object({
  PORT: portSchema.default(3000),
  HOME: z.string().min(1).default('.'),
  XDG_CACHE_HOME: z.string().min(1).optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_CLI_PATH: z.string().min(1).optional(),
  /** Where the UI has the browser decode what is encrypted. */
  TEMPORAL_CODEC_ENDPOINT: urlSchema.optional(),
  /** Where the databases and logs of `npm run stack` are. */
  BATON_STACK_DATA: z.string().min(1).default('.baton/stack'),
});

const cliSchema = z.object({
  BATON_SOURCES: z.string().min(1).default(SOURCES_FILE),
  BATON_DIRECTORY: z.string().min(1).default('config/directory.yaml'),
  BATON_POLICIES: z.string().min(1).default('config/policies.yaml'),
  TWILIO_FROM: phoneSchema.optional(),
  /** Only to show messages as long as they will be. */
  PUBLIC_BASE_URL: urlSchema.default('https://baton.example'),
  BATON_MAIL_DOMAIN: mailDomainSchema.optional(),
  /** https://no-color.org: anything but empty. */
  NO_COLOR: z.string().optional(),
});

/** Where Temporal is, and how to get in. */
export interface TemporalConfig {
  readonly namespace: string;
  readonly connection: ClientConnectConfig['connectionOptions'] & { readonly address: string };
}

type WithTemporal<T> = T & { readonly temporal: TemporalConfig };
export type ApiConfig = WithTemporal<z.infer<typeof apiSchema>>;
export type WorkerConfig = WithTemporal<z.infer<typeof workerSchema>>;
export type WatchConfig = WithTemporal<z.infer<typeof watchSchema>>;
export type DevConfig = z.infer<typeof devSchema>;
type StackConfig = z.infer<typeof stackSchema>;
type CliConfig = z.infer<typeof cliSchema>;

/** Returns the settings of the API. Throws an InvalidConfigError that lists all faults. */
export function readApiConfig(env: NodeJS.ProcessEnv = process.env): ApiConfig {
  return readWithTemporal(apiSchema, env);
}

/** Returns the settings of the worker. Throws an InvalidConfigError that lists all faults. */
export function readWorkerConfig(env: NodeJS.ProcessEnv = process.env): WorkerConfig {
  return readWithTemporal(workerSchema, env);
}

/** Returns the settings of the watch. Throws an InvalidConfigError that lists all faults. */
export function readWatchConfig(env: NodeJS.ProcessEnv = process.env): WatchConfig {
  return readWithTemporal(watchSchema, env);
}

/** Returns the settings of the development mode. Throws an InvalidConfigError that lists all faults. */
export function readDevConfig(env: NodeJS.ProcessEnv = process.env): DevConfig {
  return read(devSchema, env);
}

/** Returns the settings of `npm run stack`. Throws an InvalidConfigError that lists all faults. */
export function readStackConfig(env: NodeJS.ProcessEnv = process.env): StackConfig {
  return read(stackSchema, env);
}

/** Returns the settings of the command line. Throws an InvalidConfigError that lists all faults. */
export function readCliConfig(env: NodeJS.ProcessEnv = process.env): CliConfig {
  return read(cliSchema, env);
}

/** Sets this process's time zone to UTC: a worker's own zone would leak into the workflow sandbox. */
export function enforceUtc(): void {
  process.env['TZ'] = 'UTC';
}

/** Returns this process's environment with additions, for a child process. */
export function childEnvironment(
  additions: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  return { ...process.env, ...additions };
}

/** Settings of the SDK that may come from a file too; of the others the SDK has its own `_PATH`. */
const TEMPORAL_SECRETS = z.object({ TEMPORAL_API_KEY: z.string().optional() });

function readWithTemporal<S extends z.ZodObject>(
  schema: S,
  env: NodeJS.ProcessEnv,
): WithTemporal<z.output<S>> {
  const faults: string[] = [];
  const collect = <T>(readPart: () => T): T | undefined => {
    try {
      return readPart();
    } catch (error) {
      if (!(error instanceof InvalidConfigError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const settings = collect(() => read(schema, env));
  const temporal = collect(() => readTemporal(env));
  if (!settings || !temporal) throw new InvalidConfigError(faults);
  return { ...settings, temporal };
}

/**
 * Reads where Temporal is as its SDKs and its command line do: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY,
 * TEMPORAL_TLS and TEMPORAL_TLS_*, or a profile of a temporal.toml. See
 * https://docs.temporal.io/develop/environment-configuration.
 */
function readTemporal(env: NodeJS.ProcessEnv): TemporalConfig {
  const { TEMPORAL_API_KEY } = read(TEMPORAL_SECRETS, env);
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  try {
    const { namespace = 'default', connectionOptions } = loadClientConnectConfig({
      overrideEnvVars: {
        ...Object.fromEntries(given),
        ...(TEMPORAL_API_KEY !== undefined && { TEMPORAL_API_KEY }),
      },
    });
    const { address = '127.0.0.1:7233', ...rest } = connectionOptions;
    return { namespace, connection: { ...rest, address } };
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw new InvalidConfigError([`TEMPORAL_*: ${because}`]);
  }
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
