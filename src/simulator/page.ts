import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express, { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import { faultSchema, type FaultSwitchboard } from './faults.ts';
import type { PhoneNetwork, SimulatedSms } from './phone-network.ts';
import type { SimulatedEmail } from './sendgrid-api.ts';

// What one phone and one inbox show; the rest stays available to tests.
const shownSms = 60;
const shownEmails = 30;
const eventsEveryMs = 80;
const heartbeatMs = 20_000;
const batonTimeoutMs = 10_000;

/** Describes somebody whose phone and inbox are shown. */
export interface SimulatedPerson {
  readonly id: string;
  readonly name: string;
  readonly phone?: string;
  readonly email?: string;
}

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
}

interface PageOptions {
  readonly people: readonly SimulatedPerson[];
  readonly samples: readonly Sample[];
  readonly temporalUiUrl: string | undefined;
  readonly baton: { readonly url: () => string; readonly apiKey: string } | undefined;
  readonly network: PhoneNetwork;
  readonly emails: readonly SimulatedEmail[];
  readonly faults: FaultSwitchboard;
  readonly trouble: () => WebhookTrouble | undefined;
  readonly onChange: (listener: () => void) => () => void;
}

/** Returns the page of phones with the JSON it lives on; `close` ends the event streams. */
export function createPageRoutes(options: PageOptions): {
  readonly routes: Router;
  readonly close: () => void;
} {
  const { network, faults, baton } = options;
  const html = readFileSync(new URL('page.html', import.meta.url), 'utf8');
  const securityPolicy = createSecurityPolicy(html);
  const streams = new Set<Response>();
  const routes = Router();

  const readState = (): object => ({
    temporalUiUrl: options.temporalUiUrl ?? null,
    hasBaton: baton !== undefined,
    samples: options.samples.map(({ name, label }) => ({ name, label })),
    phones: listPhones(options),
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
    const phone = listPhones(options).find(({ id }) => id === request.params.id)?.phone;
    const body = z.object({ text: z.string().trim().min(1).max(1600) }).safeParse(request.body);
    if (phone === undefined) response.status(404).json({ error: 'Nobody here has such a phone.' });
    else if (!body.success) response.status(400).json({ error: 'A reply needs a text.' });
    else response.json(await network.reply(phone, body.data.text));
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

/** Returns the policy that lets the page run its own script only; emails in frames inherit it and run none. */
function createSecurityPolicy(html: string): string {
  const script = /<script>(.*?)<\/script>/s.exec(html)?.[1] ?? '';
  const hash = createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "style-src 'unsafe-inline'",
    "connect-src 'self'",
    'img-src data:',
    "frame-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

interface ShownPhone extends SimulatedPerson {
  readonly isOptedOut: boolean;
  readonly sms: readonly SimulatedSms[];
  readonly emails: readonly SimulatedEmail[];
}

/** Lists the people's phones and inboxes, and after them the numbers and addresses that belong to nobody known. */
function listPhones({ people, network, emails }: PageOptions): readonly ShownPhone[] {
  const byNumber = groupLast(network.sms, shownSms, (sms) =>
    sms.direction === 'to-person' ? sms.to : sms.from,
  );
  const byAddress = groupLast(emails, shownEmails, (email) => email.to);
  const known = new Set(people.flatMap(({ phone, email }) => [phone, email]));
  const strangers: readonly SimulatedPerson[] = [
    ...[...byNumber.keys()].map((phone) => ({ id: phone, name: 'Unknown number', phone })),
    ...[...byAddress.keys()].map((email) => ({ id: email, name: email, email })),
  ].filter(({ id }) => !known.has(id));
  return [...people, ...strangers].map((person) => ({
    ...person,
    isOptedOut: person.phone !== undefined && network.isOptedOut(person.phone),
    sms: byNumber.get(person.phone ?? '') ?? [],
    emails: byAddress.get(person.email ?? '') ?? [],
  }));
}

/** Groups by key and keeps the last `count` of each group, in their order. */
function groupLast<T>(
  items: readonly T[],
  count: number,
  keyOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? [];
    groups.set(keyOf(item), group);
    group.push(item);
    if (group.length > count) group.shift();
  }
  return groups;
}
