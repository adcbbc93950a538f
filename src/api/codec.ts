import express, { Router, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { Passes } from '../links/passes.ts';
import { PAGE_CSP } from '../pages/handoff-page.ts';
import { renderSignInPage } from '../pages/sign-in-page.ts';
import { hasScope, type Caller } from '../sources/scopes.ts';
import { Problem } from './problem.ts';
import { readBearer } from './verify.ts';

export interface CodecDependencies {
  /** What this installation writes payloads with; none: they are readable as they are. */
  readonly codecs: readonly PayloadCodec[];
  readonly findCaller: (key: string) => Caller | undefined;
  /** Finds who has a key by its id; undefined when it was revoked. */
  readonly findCallerById: (keyId: string) => Caller | undefined;
  readonly passes: Passes;
  readonly publicBaseUrl: string;
  /** Where the browser goes once it is signed in. */
  readonly temporalUiUrl?: string | undefined;
}

const COOKIE = 'baton-codec';
const PASS_LASTS_MS = 12 * 3_600_000;
/** A workflow task can hold a whole history's payloads; the UI asks for a page of them at a time. */
const LIMIT = '16mb';

/** Payloads as the Temporal UI and command line send them: protobuf's JSON, so that every byte is base64. */
const base64 = z.base64();
const requestSchema = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), base64).optional(), data: base64.optional() }))
    .max(10_000),
});
type JsonPayload = z.infer<typeof requestSchema>['payloads'][number];

/**
 * Returns the codec server: `POST /decode` and `/encode`, also under the namespace's name, as the Temporal UI and
 * command line call it (https://docs.temporal.io/codec-server). Needs a key with the scope `decode` as a bearer, or in
 * a browser the pass that `/sign-in` gives for one.
 */
export function routeCodec(deps: CodecDependencies): Router {
  const router = Router();

  const isAllowed: RequestHandler = (request, _response, next) => {
    const bearer = readBearer(request);
    const caller =
      bearer === undefined ? findByPass(deps, request, Date.now()) : deps.findCaller(bearer);
    if (!caller) {
      throw new Problem(
        401,
        `Send a key with the scope decode as "Authorization: Bearer <key>", or sign in at ${deps.publicBaseUrl}/codec/sign-in.`,
      );
    }
    if (!hasScope(caller, 'decode')) {
      throw new Problem(403, 'This key may not do that: it lacks the scope decode.', {
        scope: 'decode',
      });
    }
    next();
  };

  const convert = (one: (payload: Payload) => Promise<Payload>): RequestHandler[] => [
    isAllowed,
    express.json({ limit: LIMIT }),
    async (request, response) => {
      const parsed = requestSchema.safeParse(request.body);
      if (!parsed.success) {
        throw new Problem(400, 'Send {"payloads": [...]} with metadata and data in base64.');
      }
      const payloads = await Promise.all(
        parsed.data.payloads.map(async (payload) => writePayload(await one(readPayload(payload)))),
      );
      response.json({ payloads });
    },
  ];
  const decode = convert(async (payload) => {
    try {
      return await pass(payload, deps.codecs.toReversed(), 'decode');
    } catch {
      // Of many payloads one may be unreadable: it is shown as it is, and the others are read.
      return payload;
    }
  });
  const encode = convert((payload) => pass(payload, deps.codecs, 'encode'));
  router.post(['/decode', '/:namespace/decode'], ...decode);
  router.post(['/encode', '/:namespace/encode'], ...encode);

  const show = (response: Response, status: number, isRefused: boolean): void => {
    response
      .status(status)
      .set('Content-Security-Policy', PAGE_CSP())
      .send(renderSignInPage({ isRefused }));
  };
  router.get('/sign-in', (_request, response) => {
    show(response, 200, false);
  });
  router.post(
    '/sign-in',
    express.urlencoded({ extended: false, limit: '4kb' }),
    (request, response) => {
      const { key = '' } = z.object({ key: z.string().optional() }).parse(request.body ?? {});
      const caller = deps.findCaller(key.trim());
      if (!caller || !hasScope(caller, 'decode')) {
        show(response, 403, true);
        return;
      }
      response.cookie(COOKIE, deps.passes.issue(caller.keyId, Date.now() + PASS_LASTS_MS), {
        httpOnly: true,
        // The UI is another origin of the same site, such as another port or subdomain.
        sameSite: 'strict',
        secure: deps.publicBaseUrl.startsWith('https:'),
        path: '/codec',
        maxAge: PASS_LASTS_MS,
      });
      response.redirect(303, deps.temporalUiUrl ?? '/codec/sign-in');
    },
  );
  return router;
}

/** Lets pages of the Temporal UI ask from a browser, with their user's pass (CORS). Goes before {@link routeCodec}. */
export function allowTemporalUi(url: string | undefined): RequestHandler {
  const origin = url === undefined ? undefined : new URL(url).origin;
  return (request, response, next) => {
    response.set('Cache-Control', 'no-store');
    response.vary('Origin');
    if (origin !== undefined && request.get('Origin') === origin) {
      response.set({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Allow-Methods': 'POST, GET, OPTIONS',
        'Access-Control-Allow-Headers': 'Authorization, Content-Type, X-Namespace',
      });
    }
    next();
  };
}

function findByPass(deps: CodecDependencies, request: Request, now: number): Caller | undefined {
  const cookies = (request.get('Cookie') ?? '').split(/; */);
  const cookie = cookies.find((one) => one.startsWith(`${COOKIE}=`));
  const keyId = cookie && deps.passes.read(cookie.slice(COOKIE.length + 1), now);
  return keyId === undefined ? undefined : deps.findCallerById(keyId);
}

async function pass(
  payload: Payload,
  codecs: readonly PayloadCodec[],
  way: 'encode' | 'decode',
): Promise<Payload> {
  let payloads = [payload];
  for (const codec of codecs) payloads = await codec[way](payloads);
  return payloads[0] ?? payload;
}

function readPayload({ metadata = {}, data = '' }: JsonPayload): Payload {
  const bytes = Object.entries(metadata).map(([name, value]) => [
    name,
    Buffer.from(value, 'base64'),
  ]);
  return {
    metadata: Object.fromEntries(bytes) as Record<string, Uint8Array>,
    data: Buffer.from(data, 'base64'),
  };
}

function writePayload({ metadata, data }: Payload): JsonPayload {
  const texts = Object.entries(metadata ?? {}).map(([name, bytes]) => [
    name,
    Buffer.from(bytes).toString('base64'),
  ]);
  return {
    metadata: Object.fromEntries(texts) as Record<string, string>,
    data: Buffer.from(data ?? []).toString('base64'),
  };
}
