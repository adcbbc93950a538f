import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import twilio from 'twilio';
import { hasScope, type Caller, type Scope } from '../sources/scopes.ts';
import { Problem } from './problem.ts';

const CALLER = Symbol('caller');

/**
 * Lets a request pass that carries a known key as `Authorization: Bearer <key>`. A GET may carry it as the password
 * of HTTP Basic too, so that a browser can open pages. Nothing else may: a browser sends a password that it knows
 * with every request to this address, also with those that another site's page makes.
 */
export function requireApiKey(authenticate: (key: string) => Caller | undefined): RequestHandler {
  return (request, response, next) => {
    const given = readKey(request);
    if (given === undefined) {
      throw new Problem(401, 'Send your key as "Authorization: Bearer <key>".');
    }
    const caller = authenticate(given);
    if (!caller) throw new Problem(401, 'This key is not known, or was revoked.');
    (response.locals as Record<symbol, unknown>)[CALLER] = caller;
    next();
  };
}

/** Lets a request pass whose key may do this; only after {@link requireApiKey}. */
export function requireScope(scope: Scope): RequestHandler {
  return (_request, response, next) => {
    if (!hasScope(callerOf(response), scope)) {
      throw new Problem(403, `This key may not do that: it lacks the scope ${scope}.`, { scope });
    }
    next();
  };
}

/** Returns the key that a request carries as `Authorization: Bearer <key>`. */
export function readBearer(request: Request): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.get('Authorization') ?? '')?.[1];
}

function readKey(request: Request): string | undefined {
  const bearer = readBearer(request);
  if (bearer !== undefined || request.method !== 'GET') return bearer;
  const [, credentials] = /^Basic (\S+)$/i.exec(request.get('Authorization') ?? '') ?? [];
  if (credentials === undefined) return undefined;
  // RFC 7617: user name and password with a colon between; the name is of no interest.
  const [, password] = /^[^:]*:(.+)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  return password;
}

/** Returns who calls; only after {@link requireApiKey}. */
export function callerOf(response: { locals: Record<string, unknown> }): Caller {
  const caller = findCallerOf(response);
  if (!caller) throw new Error('the route is not behind requireApiKey');
  return caller;
}

/** Returns who calls, or undefined when nobody was recognised. */
export function findCallerOf(response: object): Caller | undefined {
  const { locals } = response as { readonly locals?: Readonly<Record<symbol, unknown>> };
  return locals?.[CALLER] as Caller | undefined;
}

/** Returns the source whose key the request carried; only after {@link requireApiKey}. */
export function sourceOf(response: { locals: Record<string, unknown> }): string {
  return callerOf(response).source;
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

/**
 * Lets a request pass whose raw body (express.raw) SendGrid signed with the key that belongs to this public one:
 * ECDSA with SHA-256 over the timestamp and the body. See
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features.
 * Without a key nothing passes.
 */
export function requireSendgridSignature(publicKey: string | undefined): RequestHandler {
  const key =
    publicKey === undefined
      ? undefined
      : createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  return (request, _response, next) => {
    if (!key) throw new Problem(403, 'No public key of SendGrid is set for this webhook.');
    if (!isSignedBySendgrid(request, key, Date.now())) {
      throw new Problem(
        403,
        'The X-Twilio-Email-Event-Webhook-Signature does not fit this request.',
      );
    }
    next();
  };
}

/** SendGrid sends again for a day what was not taken; what comes twice changes nothing. */
const MAX_SIGNATURE_AGE_MS = 26 * 3_600_000;

function isSignedBySendgrid(request: Request, key: KeyObject, now: number): boolean {
  const signature = request.get('X-Twilio-Email-Event-Webhook-Signature') ?? '';
  const timestamp = request.get('X-Twilio-Email-Event-Webhook-Timestamp') ?? '';
  const body: unknown = request.body;
  if (!/^\d{1,12}$/.test(timestamp) || !Buffer.isBuffer(body)) return false;
  if (Math.abs(now - Number(timestamp) * 1_000) > MAX_SIGNATURE_AGE_MS) return false;
  try {
    return verify(
      'sha256',
      Buffer.concat([Buffer.from(timestamp), body]),
      key,
      Buffer.from(signature, 'base64'),
    );
  } catch {
    return false;
  }
}

/** Returns a stable digest of a text, in hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
