import { randomBytes } from 'node:crypto';
import { once, type EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type Response,
} from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max';
import { z } from 'zod';
import type { Bot } from './bot.ts';
import { CALL_TIMES, type CallTime } from './brief.ts';
import type { Courier } from './courier.ts';
import {
  describeWith,
  renderChatPage,
  renderMessage,
  renderWaiting,
  type ChatState,
} from './pages.ts';
import type { Store } from './store.ts';
import { describeWait } from './waiting.ts';

export interface AppDependencies {
  readonly store: Store;
  readonly bot: Bot;
  readonly courier: Pick<Courier, 'surroundings' | 'asked'>;
  /** Emits a conversation's id when something of it has changed. */
  readonly changes: EventEmitter;
  readonly policy: string;
  readonly country: string;
  readonly timezone: string;
}

const COOKIE = 'chat';
const WEEK_MS = 7 * 86_400_000;
const PUBLIC = fileURLToPath(new URL('../public', import.meta.url));

/** Whoever knows the cookie reads the conversation: nobody guesses 128 bits. */
const ID = /^[0-9a-f]{32}$/;
const newId = (): string => randomBytes(16).toString('hex');

/** Control characters but new lines are nobody's words. */
const words = (length: number) =>
  z
    .string()
    .transform((text) =>
      text
        .replaceAll('\r\n', '\n')
        .replace(/[^\P{C}\n\u200d]/gu, ' ')
        .trim(),
    )
    .pipe(z.string().max(length));
const name = words(60).transform((text) => text.replace(/\s+/g, ' '));
const messageSchema = z.object({
  text: words(1_000).pipe(z.string().min(1)),
  key: z.string().regex(ID),
  name: name.optional(),
});
const callSchema = z.object({
  name: name.pipe(z.string().min(1)),
  phone: z.string().max(30),
  when: z.enum(Object.keys(CALL_TIMES) as [CallTime, ...CallTime[]]),
});

/** Returns the chat as a web application. */
export function createApp(deps: AppDependencies): Express {
  const { store, bot } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          connectSrc: ["'self'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
          baseUri: ["'none'"],
        },
      },
      // The development address has no TLS.
      strictTransportSecurity: false,
    }),
  );
  app.use(express.static(PUBLIC, { index: false }));
  app.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });

  app.get('/', (request, response) => {
    response.type('html').send(page(readId(request)));
  });

  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  app.get('/events', async (request, response) => {
    const id = readId(request);
    if (id === undefined) {
      response.status(204).end();
      return;
    }
    await streamChanges(id, request, response);
  });

  app.use(
    rateLimit({ windowMs: 60_000, limit: 60, standardHeaders: 'draft-8', legacyHeaders: false }),
  );
  app.use(express.urlencoded({ extended: false, limit: '16kb' }));
  app.use((request, response, next) => {
    // Browsers say where a form was sent from.
    const site = request.get('Sec-Fetch-Site') ?? 'same-origin';
    if (site === 'same-origin' || request.method === 'GET') next();
    else response.status(403).type('text').send('This form was sent from another page.');
  });

  app.post('/messages', (request, response) => {
    const form = messageSchema.safeParse(request.body);
    const id = readId(request) ?? newId();
    const isScript = request.accepts(['html', 'json']) === 'json';
    if (!form.success) {
      const fault = 'Please write something, in 1,000 characters at most.';
      if (isScript) response.status(400).json({ fault });
      else
        response
          .status(400)
          .type('html')
          .send(page(readId(request), fault));
      return;
    }
    const { text, key } = form.data;
    // Kept before it is answered.
    bot.hear({
      conversation: id,
      text,
      key: `${id}-${key}`,
      ...(form.data.name !== undefined && form.data.name !== '' && { name: form.data.name }),
    });
    response.cookie(COOKIE, id, {
      httpOnly: true,
      sameSite: 'lax',
      secure: request.secure,
      maxAge: WEEK_MS,
      path: '/',
    });
    if (isScript) response.status(202).json({ key: newId() });
    else response.redirect(303, '/');
  });

  app.post('/calls', (request, response) => {
    const id = readId(request);
    const form = callSchema.safeParse(request.body);
    const phone = form.success
      ? parsePhoneNumberFromString(form.data.phone, deps.country as CountryCode)
      : undefined;
    if (id === undefined || !form.success || phone?.isPossible() !== true) {
      const fault =
        'That is no phone number I can pass on. Write it with its country code, such as +1 512 555 0147.';
      response.status(400).type('html').send(page(id, fault));
      return;
    }
    const { name: caller, when } = form.data;
    bot.askForCall(id, { name: caller, phone: phone.number, when });
    response.redirect(303, '/');
  });

  const answerFailures: ErrorRequestHandler = (
    error: { status?: number },
    _request,
    response,
    next,
  ) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status = 500 } = error;
    if (status >= 500) console.error('a request failed:', error);
    response
      .status(status)
      .type('text')
      .send(status >= 500 ? 'That was not kept. Please send it again.' : 'That could not be read.');
  };
  app.use(answerFailures);

  function page(id: string | undefined, fault?: string): string {
    return renderChatPage({
      conversation: id === undefined ? undefined : store.conversation(id),
      messages: id === undefined ? [] : store.messages(id),
      state: stateOf(id),
      key: newId(),
      fault,
    });
  }

  function stateOf(id: string | undefined): ChatState {
    const conversation = id === undefined ? undefined : store.conversation(id);
    if (!conversation) return { waiting: [], with: null, call: 'none' };
    const talk = store.handoffOf(conversation.id, 'talk');
    const hasCall = store.handoffOf(conversation.id, 'callback') !== undefined;
    const { phase } = conversation;
    const isWaiting = talk?.owner === null && (phase === 'waiting' || phase === 'callback');
    return {
      waiting: isWaiting
        ? describeWait({
            status: talk.status,
            asked: deps.courier.asked(talk.id),
            ...pick(deps.courier.surroundings()),
            policy: deps.policy,
            now: Date.now(),
            timezone: deps.timezone,
          })
        : [],
      with: talk?.owner ?? null,
      call:
        hasCall || phase === 'bot' || phase === 'talking'
          ? 'none'
          : phase === 'callback'
            ? 'open'
            : 'offered',
    };
  }

  async function streamChanges(id: string, request: Request, response: Response): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => {
      gone.abort();
    });
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    let last = Number(request.get('Last-Event-ID') ?? request.query['after'] ?? 0) || 0;
    let told = '';
    const tell = (): void => {
      for (const message of store.messages(id, last)) {
        last = message.id;
        response.write(
          `id: ${last}\ndata: ${JSON.stringify({ id: last, html: renderMessage(message) })}\n\n`,
        );
      }
      const now = stateOf(id);
      const state = JSON.stringify({
        html: renderWaiting(now),
        with: describeWith(now),
        call: now.call,
      });
      if (state !== told) response.write(`event: state\ndata: ${state}\n\n`);
      told = state;
    };
    response.write('retry: 1000\n\n');
    while (!gone.signal.aborted) {
      // Listening first: what changes while it is told is told in the next round.
      const changed = once(deps.changes, id, { signal: gone.signal });
      const beat = setTimeout(() => deps.changes.emit(id), 15_000);
      tell();
      await changed.catch(() => undefined);
      clearTimeout(beat);
      response.write(':\n\n');
    }
  }

  return app;
}

function pick({ coverage, stats }: ReturnType<Courier['surroundings']>) {
  return { coverage, stats };
}

function readId(request: Request): string | undefined {
  const found = new RegExp(`(?:^|; )${COOKIE}=([^;]*)`).exec(request.get('Cookie') ?? '')?.[1];
  return found !== undefined && ID.test(found) ? found : undefined;
}
