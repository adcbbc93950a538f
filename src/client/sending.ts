import { BatonProblem, BatonUnreachableError } from './problems.ts';

export interface SendingOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
}

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: object;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What is worth another attempt: it was not looked at, or the one that looked at it is overloaded. */
const AGAIN: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 30_000;

/**
 * Calls until there is an answer, at most `maxAttempts` times: with growing random pauses, or those that the server
 * asks for. Each attempt of one call carries the same key, so that it counts once. Throws a BatonProblem for a refusal
 * and a BatonUnreachableError when no attempt was answered.
 */
export async function callUntilAnswered(options: SendingOptions, call: Call): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const isLast = attempt >= options.maxAttempts;
    let response: Response;
    let text: string;
    try {
      response = await send(options, call);
      text = await response.text();
    } catch (error) {
      if (isLast) throw new BatonUnreachableError(attempt, error);
      await pause(attempt, undefined);
      continue;
    }
    const { status } = response;
    if (status < 400) return { status, body: parse(text) };
    if (isLast || !AGAIN.has(status)) throw new BatonProblem(status, asRecord(parse(text)));
    await pause(attempt, response.headers.get('retry-after'));
  }
}

function send(
  { baseUrl, apiKey, fetch, timeoutMs }: SendingOptions,
  { method, path, query = {}, body, idempotencyKey }: Call,
): Promise<Response> {
  return fetch(addressOf(baseUrl, path, query), {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      Authorization: `Bearer ${apiKey}`,
      Accept: 'application/json',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Returns an address with what is given of a query; lists are joined by commas. */
export function addressOf(baseUrl: string, path: string, query: object): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string | number | readonly string[]] => entry[1] !== undefined,
  );
  const search = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, [value].flat().join()]),
  );
  return `${baseUrl.replace(/\/+$/, '')}${path}${search.size > 0 ? `?${search.toString()}` : ''}`;
}

/** Waits as long as the server asks for, else at random up to a bound that doubles; half a minute at most. */
async function pause(attempt: number, retryAfter: string | null | undefined): Promise<void> {
  const bound = Math.min(FIRST_PAUSE_MS * 2 ** attempt, MAX_PAUSE_MS);
  const ms = readRetryAfter(retryAfter) ?? Math.random() * bound;
  await new Promise((resolve) => setTimeout(resolve, Math.min(ms, MAX_PAUSE_MS)));
}

/** Retry-After is a number of seconds or a date (RFC 9110, 10.2.3). */
function readRetryAfter(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
