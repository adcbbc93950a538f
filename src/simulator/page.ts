import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import express, { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import type { CallBehaviour, CallNetwork } from './call-network.ts';
import { faultSchema } from './faults.ts';
import type { EmailReplyOptions } from './inbound-mail.ts';
import type { SimulatedEmail } from './simulated-email.ts';
import { listPhones, receptionSchema, setDelivery, type PhoneSources } from './shown-phones.ts';
import type { WebhookAnswer } from './webhook.ts';

const eventsEveryMs = 80;
const heartbeatMs = 20_000;
const batonTimeoutMs = 10_000;

/** Names a handoff that the page can start with one click; `body` is what `POST /v1/handoffs` takes. */
export interface Sample {
  readonly name: string;
  readonly label: string;
  readonly body: unknown;
}

/** Describes the latest webhook that Baton did not answer well. */
export interface WebhookTrouble {
  /** ISO instant. */
  readonly at: string;
  readonly url: string;
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;
  /** What is wrong with an answer whose status is good. */
  readonly problem?: string;
}

interface PageOptions extends Pick<PhoneSources, 'people' | 'network' | 'emails' | 'faults'> {
  readonly samples: readonly Sample[];
  readonly temporalUiUrl: string | undefined;
  readonly baton: { readonly url: () => string; readonly apiKey: string } | undefined;
  readonly callNetwork: CallNetwork;
  readonly setCallBehaviour: (phone: string, behaviour: CallBehaviour) => void;
  readonly replyByEmail: (
    email: SimulatedEmail,
    text: string,
    options: EmailReplyOptions,
  ) => Promise<WebhookAnswer>;
  readonly trouble: () => WebhookTrouble | undefined;
  readonly onChange: (listener: () => void) => () => void;
}

// No `to` and no `messageId`: the page answers what it shows.
const emailReplySchema = z.strictObject({
  text: z.string().trim().min(1).max(20_000),
  htmlOnly: z.boolean().default(false),
  autoReply: z.boolean().default(false),
  withoutQuote: z.boolean().default(false),
  unsigned: z.boolean().default(false),
});

/** Returns the page of phones with the JSON it lives on; `close` ends the event streams. */
export function createPageRoutes(options: PageOptions): {
  readonly routes: Router;
  readonly close: () => void;
} {
  const { network, callNetwork, faults, baton } = options;
  const html = readFileSync(new URL('page/page.html', import.meta.url), 'utf8');
  const streams = new Set<Response>();
  const routes = Router();

  const readPhones = (): ReturnType<typeof listPhones> =>
    listPhones({
      ...options,
      calls: callNetwork.calls,
      callBehaviourOf: (phone) => callNetwork.behaviourOf(phone),
    });
  const readState = (): object => ({
    temporalUiUrl: options.temporalUiUrl ?? null,
    hasBaton: baton !== undefined,
    samples: options.samples.map(({ name, label }) => ({ name, label })),
    phones: readPhones(),
    faults: faults.active(),
    trouble: options.trouble() ?? null,
  });

  async function askBaton(response: Response, path: string, body?: unknown): Promise<void> {
    if (!baton) {
      response
        .status(503)
        .json({ error: 'The simulator was started without a connection to Baton.' });
      return;
    }
    try {
      const answer = await fetch(`${baton.url()}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${baton.apiKey}`,
          accept: 'application/json',
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(batonTimeoutMs),
      });
      response
        .status(answer.status)
        .type(answer.headers.get('content-type') ?? 'application/json')
        .send(await answer.text());
    } catch {
      response.status(502).json({ error: 'Baton does not answer.' });
    }
  }

  // A page of another site must not press buttons here: it could start handoffs with Baton's key.
  routes.use('/simulator', (request, response, next) => {
    const site = request.get('sec-fetch-site') ?? 'none';
    if (site === 'same-origin' || site === 'none') next();
    else
      response.status(403).json({ error: 'Only the page of the simulator itself may ask this.' });
  });

  routes.get('/', (_request, response) => {
    response
      .set('content-security-policy', securityPolicy)
      .set('cache-control', 'no-store')
      .type('html')
      .send(html);
  });
  routes.get('/favicon.ico', (_request, response) => {
    response.status(204).end();
  });

  routes.use(
    '/simulator/page',
    express.static(fileURLToPath(new URL('page', import.meta.url)), {
      index: false,
      cacheControl: false,
    }),
  );

  routes.get('/simulator/state', (_request, response) => {
    response.json(readState());
  });

  routes.get('/simulator/events', (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    streams.add(response);
    let waiting: NodeJS.Timeout | undefined;
    const send = (): void => {
      waiting = undefined;
      response.write(`event: state\ndata: ${JSON.stringify(readState())}\n\n`);
    };
    // A burst of changes becomes one event: each carries the whole state.
    const stop = options.onChange(() => {
      waiting ??= setTimeout(send, eventsEveryMs);
    });
    const heartbeat = setInterval(() => {
      response.write(': still here\n\n');
    }, heartbeatMs);
    request.on('close', () => {
      stop();
      clearTimeout(waiting);
      clearInterval(heartbeat);
      streams.delete(response);
    });
    send();
  });

  routes.post('/simulator/phones/:id/reply', express.json(), async (request, response) => {
    const phone = readPhones().find(({ id }) => id === request.params.id)?.phone;
    const body = z.object({ text: z.string().trim().min(1).max(1600) }).safeParse(request.body);
    if (phone === undefined) response.status(404).json({ error: 'Nobody here has such a phone.' });
    else if (!body.success) response.status(400).json({ error: 'A reply needs a text.' });
    else response.json(await network.reply(phone, body.data.text));
  });

  routes.post('/simulator/phones/:id/reception', express.json(), (request, response) => {
    const person = readPhones().find(({ id }) => id === request.params.id);
    const wish = receptionSchema.safeParse(request.body);
    if (!person) response.status(404).json({ error: 'Nobody here has such a phone.' });
    else if (!wish.success) response.status(400).json({ error: z.prettifyError(wish.error) });
    else {
      const { phone, email } = person;
      const { calls, sms, email: emails } = wish.data;
      if (phone !== undefined) {
        if (calls !== undefined) options.setCallBehaviour(phone, calls);
        setDelivery(faults, phone, { sms });
      }
      if (email !== undefined) setDelivery(faults, email, { email: emails });
      response.status(204).end();
    }
  });

  /** Does something with a call, and says why when the call is not one for that. */
  const handleCall = (sid: string, response: Response, act: () => object | undefined): void => {
    if (!callNetwork.find(sid)) {
      response.status(404).json({ error: 'There is no such call.' });
      return;
    }
    try {
      response.json(act() ?? {});
    } catch (error) {
      response.status(409).json({ error: error instanceof Error ? error.message : String(error) });
    }
  };
  routes.post('/simulator/calls/:sid/answer', express.json(), (request, response) => {
    const { sid } = request.params;
    const body = z
      .object({ as: z.enum(['human', 'machine', 'unknown']).default('human') })
      .safeParse(request.body ?? {});
    if (!body.success) response.status(400).json({ error: z.prettifyError(body.error) });
    else
      handleCall(sid, response, () => {
        callNetwork.answer(sid, body.data.as);
        return undefined;
      });
  });
  routes.post('/simulator/calls/:sid/busy', (request, response) => {
    const { sid } = request.params;
    handleCall(sid, response, () => {
      callNetwork.reject(sid);
      return undefined;
    });
  });
  routes.post('/simulator/calls/:sid/keys', express.json(), (request, response) => {
    const { sid } = request.params;
    const body = z.object({ digits: z.string().regex(/^[0-9*#]+$/) }).safeParse(request.body);
    if (!body.success)
      response.status(400).json({ error: 'A phone has the keys 0 to 9, * and #.' });
    else handleCall(sid, response, () => ({ counted: callNetwork.press(sid, body.data.digits) }));
  });
  routes.post('/simulator/calls/:sid/hang-up', (request, response) => {
    const { sid } = request.params;
    handleCall(sid, response, () => {
      callNetwork.hangUp(sid);
      return undefined;
    });
  });

  routes.post('/simulator/emails/:id/reply', express.json(), async (request, response) => {
    const email = options.emails.find(({ id }) => id === request.params.id);
    const body = emailReplySchema.safeParse(request.body);
    if (!email) response.status(404).json({ error: 'There is no such email.' });
    else if (!body.success) response.status(400).json({ error: z.prettifyError(body.error) });
    else {
      const { text, ...how } = body.data;
      response.json(await options.replyByEmail(email, text, how));
    }
  });

  routes.post('/simulator/samples/:name/start', async (request, response) => {
    const sample = options.samples.find(({ name }) => name === request.params.name);
    if (sample) await askBaton(response, '/v1/handoffs', sample.body);
    else response.status(404).json({ error: 'There is no such sample.' });
  });

  routes.get('/simulator/handoffs', async (_request, response) => {
    await askBaton(response, '/v1/handoffs');
  });
  routes.get('/simulator/handoffs/:id', async (request, response) => {
    await askBaton(response, `/v1/handoffs/${encodeURIComponent(request.params.id)}`);
  });

  routes.post('/simulator/faults', express.json(), (request, response) => {
    const fault = faultSchema.safeParse(request.body);
    if (fault.success) response.status(201).json(faults.inject(fault.data));
    else response.status(400).json({ error: z.prettifyError(fault.error) });
  });
  routes.delete('/simulator/faults', (_request, response) => {
    faults.clear();
    response.status(204).end();
  });

  routes.use('/simulator', (_request, response) => {
    response.status(404).json({ error: 'The simulator has no such page.' });
  });
  routes.use((_error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) next();
    else response.status(400).json({ error: 'The simulator could not read that request.' });
  });

  return {
    routes,
    close() {
      for (const stream of streams) stream.end();
    },
  };
}

// The page runs its own scripts only; emails in frames inherit this, and run none. They bring their style with them.
const securityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  'img-src data:',
  "frame-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
