import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import twilio from 'twilio';
import { Problem } from './problem.ts';

/** Who may call the API: a source and its key. */
export interface ApiKey {
  readonly source: string;
  readonly key: string;
}

const SOURCE = Symbol('source');

/** Lets a request pass that carries a known key as `Authorization: Bearer <key>`. */
export function requireApiKey(keys: readonly ApiKey[]): RequestHandler {
  const known = keys.map(({ source, key }) => ({ source, digest: digest(key) }));
  return (request, response, next) => {
    const given = /^Bearer (\S+)$/i.exec(request.get('Authorization') ?? '')?.[1];
    if (given === undefined) {
      throw new Problem(401, 'Send your key as "Authorization: Bearer <key>".');
    }
    const presented = digest(given);
    // Every key is compared, so that the time taken tells nothing.
    const matches = known.filter((entry) => timingSafeEqual(entry.digest, presented));
    const [match] = matches;
    if (!match) throw new Problem(401, 'This key is not known.');
    (response.locals as Record<symbol, unknown>)[SOURCE] = match.source;
    next();
  };
}

/** Returns the source whose key the request carried; only after {@link requireApiKey}. */
export function sourceOf(response: { locals: Record<string, unknown> }): string {
  const source = (response.locals as Record<symbol, unknown>)[SOURCE];
  if (typeof source !== 'string') throw new Error('the route is not behind requireApiKey');
  return source;
}

/**
 * Lets a form request pass that Twilio signed for our public address. The address comes from the settings,
 * never from the request: behind a proxy the Host header is not what Twilio called. See
 * https://www.twilio.com/docs/usage/security#validating-requests.
 */
export function requireTwilioSignature(options: {
  authToken: string;
  publicBaseUrl: string;
}): RequestHandler {
  return (request, _response, next) => {
    if (!isSignedByTwilio(request, options)) {
      throw new Problem(403, 'The X-Twilio-Signature does not fit this request.');
    }
    next();
  };
}

function isSignedByTwilio(
  request: Request,
  { authToken, publicBaseUrl }: { authToken: string; publicBaseUrl: string },
): boolean {
  const signature = request.get('X-Twilio-Signature');
  if (signature === undefined) return false;
  // With bodySHA256 in the query only the address is signed, and any form would pass.
  if ('bodySHA256' in request.query) return false;
  const form: unknown = request.body;
  if (typeof form !== 'object' || form === null) return false;
  try {
    return twilio.validateRequest(
      authToken,
      signature,
      `${publicBaseUrl}${request.originalUrl}`,
      form as Record<string, unknown>,
    );
  } catch {
    return false;
  }
}

/** Keys are compared by digests of equal length. */
function digest(text: string): Buffer {
  return createHmac('sha256', 'baton-api-key').update(text).digest();
}

/** Returns a stable digest of a text, in hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
