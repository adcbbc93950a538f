import { z } from 'zod';

const count = (byDefault: number) => z.coerce.number().int().positive().default(byDefault);

const settingsSchema = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(3200),
  HOST: z.string().default('127.0.0.1'),
  BOT_DATA: z.string().default('ai-bot.db'),
  BATON_URL: z.url().default('http://127.0.0.1:3000'),
  BATON_KEY: z.string().min(1).default('development-only-key'),
  BOT_POLICY: z.string().default('inbound-sales'),
  BOT_CALLBACK_POLICY: z.string().optional(),
  /** How long somebody waits in the chat before the bot says that nobody came. */
  BOT_PATIENCE_SECONDS: count(180),
  /** How long a customer's words stay unanswered before whoever has the chat is told again. */
  BOT_NUDGE_SECONDS: count(120),
  /** Whose phone numbers are written without a country code, and in whose time hours are told. */
  BOT_COUNTRY: z.string().length(2).default('US'),
  BOT_TIMEZONE: z.string().default('America/New_York'),
  /** Words answers when it is given and answers itself. */
  BOT_MODEL: z.string().optional(),
  OLLAMA_HOST: z.url().default('http://127.0.0.1:11434'),
});

/** How the bot is set up. */
export type Settings = Readonly<z.infer<typeof settingsSchema>>;

/** Returns the settings of an environment; throws one error that lists every fault. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const given = Object.entries(environment).filter(([, value]) => value !== '');
  const { success, data, error } = settingsSchema.safeParse(Object.fromEntries(given));
  if (success) return data;
  const faults = error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  throw new Error(`These settings are wrong:\n${faults.join('\n')}`);
}
