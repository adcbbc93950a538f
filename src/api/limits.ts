import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { Problem } from './problem.ts';
import { callerOf } from './verify.ts';

/**
 * Lets each key make so many requests a minute of this process and tells it by the headers RateLimit and
 * RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers) how many are left; beyond that it is 429 with Retry-After.
 * Only after requireApiKey.
 */
export function limitRate(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    identifier: 'key',
    keyGenerator: (_request, response) => callerOf(response).keyId,
    handler: (_request, _response, next) => {
      next(
        new Problem(429, `This key may make ${perMinute} requests a minute. Send it again later.`),
      );
    },
  });
}

/**
 * Lets so many requests be worked on at a time: what comes on top would wait for Temporal with the others until
 * all of them are late, and is asked to come again instead.
 */
export function limitInFlight(max: number): RequestHandler {
  let inFlight = 0;
  return (_request, response, next) => {
    if (inFlight >= max) {
      throw new Problem(503, 'Too many requests are being worked on. Send the same request again.');
    }
    inFlight += 1;
    response.once('close', () => {
      inFlight -= 1;
    });
    next();
  };
}
