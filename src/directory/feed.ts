import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callWithin } from '../deadline.ts';

/**
 * Says why a feed could not be read, in words that go on after "could not be read: ". Never repeats the address:
 * whoever has a private calendar's address can read the calendar.
 */
export class UnreadableFeedError extends Error {
  override readonly name = 'UnreadableFeedError';
}

/** What a feed says, and the mark by which its server recognises this version. */
export interface FeedText {
  readonly text: string;
  readonly etag?: string;
}

interface FeedOptions {
  /** Where relative paths start. */
  readonly folder: string;
  /** The mark of the version that is known. */
  readonly etag?: string | undefined;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly fetch: typeof globalThis.fetch;
  /** Aborted: nobody waits for it any more. */
  readonly signal: AbortSignal;
}

/**
 * Returns what stands at an http(s) address, a `file:` URL or a path, or undefined when it is the known version still.
 * Throws an UnreadableFeedError.
 */
export async function readFeed(
  address: string,
  options: FeedOptions,
): Promise<FeedText | undefined> {
  try {
    return await callWithin({ ms: options.timeoutMs, signal: options.signal }, (signal) =>
      /^https?:/i.test(address)
        ? fetchText(address, { ...options, signal })
        : readText(address, { ...options, signal }),
    );
  } catch (error) {
    if (error instanceof UnreadableFeedError) throw error;
    throw new UnreadableFeedError(describe(error, options.timeoutMs));
  }
}

async function fetchText(
  address: string,
  { etag, maxBytes, fetch, signal }: FeedOptions,
): Promise<FeedText | undefined> {
  const url = new URL(address);
  const headers = new Headers({ accept: 'text/calendar' });
  if (etag !== undefined) headers.set('if-none-match', etag);
  if (url.username !== '') {
    // fetch takes no address with a name and password in it.
    const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.set('authorization', `Basic ${Buffer.from(login).toString('base64')}`);
    url.username = '';
    url.password = '';
  }
  const response = await fetch(url, { headers, signal });
  if (etag !== undefined && response.status === 304) return undefined;
  if (!response.ok) {
    await response.body?.cancel();
    throw new UnreadableFeedError(`the server answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  const mark = response.headers.get('etag');
  return { text: Buffer.concat(chunks).toString('utf8'), ...(mark !== null && { etag: mark }) };
}

async function readText(
  address: string,
  { folder, maxBytes, signal }: FeedOptions,
): Promise<FeedText> {
  const file = /^file:/i.test(address) ? fileURLToPath(address) : resolve(folder, address);
  if ((await stat(file)).size > maxBytes) throw tooLarge(maxBytes);
  return { text: await readFile(file, { encoding: 'utf8', signal }) };
}

function tooLarge(maxBytes: number): UnreadableFeedError {
  return new UnreadableFeedError(`it is larger than ${maxBytes / 1_000_000} MB`);
}

/** Returns what went wrong by its code: messages may repeat the address. */
function describe(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${timeoutMs / 1_000} s`;
  const code = codeOf(error) ?? (error instanceof Error ? codeOf(error.cause) : undefined);
  return code === undefined ? 'it cannot be reached' : `it cannot be reached (${code})`;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
