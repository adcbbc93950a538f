import { randomBytes } from 'node:crypto';
import express, {
  Router,
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { rateLimit } from 'express-rate-limit';
import { z } from 'zod';
import { findResponder, type Directory, type Responder } from '../domain/directory.ts';
import { renderAnswer } from '../domain/messages/answer.ts';
import type { Actor } from '../domain/state.ts';
import type { Links } from '../links/links.ts';
import type { Logger } from '../logger.ts';
import {
  NOTES_CSP,
  PAGE_CSP,
  renderHandoffPage,
  renderNotes,
  renderNotice,
  type Notice,
} from '../pages/handoff-page.ts';
import type { CommandAnswer, HandoffClient } from './handoff-client.ts';

export interface PagesDependencies {
  readonly handoffs: HandoffClient;
  readonly directory: () => Directory;
  readonly links: Links;
  readonly publicBaseUrl: string;
  readonly logger: Logger;
}

const NONCE = /^[\w-]{22}$/;

const formSchema = z.object({
  do: z
    .string()
    .regex(/^(?:take|take-over|pass|note|snooze:(?:15|60)|resolve(?::[a-z][a-z0-9-]{0,29})?)$/),
  nonce: z.string().regex(NONCE),
  note: z.string().trim().max(300).optional(),
  // A browser counts a new line once and sends it as two characters.
  text: z
    .string()
    .transform((text) => text.replaceAll('\r\n', '\n').trim())
    .pipe(z.string().max(1_000))
    .optional(),
});

/** Who opens the page of which handoff. */
interface Visit {
  readonly handoff: string;
  readonly responder: Responder;
}

/**
 * Returns the pages under `/h/` that responders open from a message. GET and HEAD only look; a button of the form is a
 * POST, which is answered with the way back to the page.
 */
export function routePages(deps: PagesDependencies): Router {
  const router = Router();

  router.use((_request, response, next) => {
    response.set({
      'Content-Security-Policy': PAGE_CSP(),
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Robots-Tag': 'noindex, nofollow',
    });
    next();
  });

  router.use('/:token', limitGuesses(deps.links));

  router.get('/:token/notes', async (request, response) => {
    const visit = readVisit(deps, request, response);
    if (!visit) return;
    response.set('Content-Security-Policy', NOTES_CSP());
    await showNotes(deps, visit, response);
  });

  router.get('/:token', async (request, response) => {
    const visit = readVisit(deps, request, response);
    if (visit) await show(deps, visit, request, response);
  });

  router.post(
    '/:token',
    express.urlencoded({ extended: false, limit: '16kb' }),
    async (request, response) => {
      const visit = readVisit(deps, request, response);
      if (!visit) return;
      if (!isFromThePage(request, deps.publicBaseUrl)) {
        notify(response, 403, {
          title: 'Not done',
          text: 'This came from another page. Open the link of your message and press the button there.',
        });
        return;
      }
      await act(deps, visit, request, response);
    },
  );

  router.all('/:token', (_request, response) => {
    response.set('Allow', 'GET, HEAD, POST');
    notify(response, 405, {
      title: 'Not done',
      text: 'This address shows a page and takes its buttons.',
    });
  });

  const answerFailures: ErrorRequestHandler = (error, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const status = statusOf(error);
    if (status >= 500) deps.logger.error({ err: error as unknown }, 'a page could not be shown');
    notify(
      response,
      status >= 500 ? 503 : status,
      request.method === 'POST'
        ? {
            title: 'Not done',
            text: 'Baton cannot be reached right now, so your answer may not be recorded. Go back and press again, or answer the SMS or email.',
          }
        : {
            title: 'Not now',
            text: 'Baton cannot be reached right now. Open the link again in a minute, or answer the SMS or email.',
          },
    );
  };
  router.use(answerFailures);
  return router;
}

const GUESSES_PER_MINUTE = 20;

/** Refuses wrong links that come too often from one address; right ones always open, also behind a proxy that all share. */
function limitGuesses(links: Links): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: GUESSES_PER_MINUTE,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    identifier: 'wrong-links',
    validate: { xForwardedForHeader: false },
    skip: ({ params: { token } }) =>
      links.read(typeof token === 'string' ? token : '', Date.now()).state !== 'wrong',
    handler: (_request, response) => {
      notify(response, 429, {
        title: 'Not now',
        text: 'Too many links that are wrong came from here. Open the link from the message in a minute.',
      });
    },
  });
}

/** Returns whose page of what is asked for, or answers why there is none. */
function readVisit(
  { links, directory }: PagesDependencies,
  request: Request,
  response: Response,
): Visit | undefined {
  const { token } = request.params;
  const link = links.read(typeof token === 'string' ? token : '', Date.now());
  if (link.state === 'wrong') {
    notify(response, 404, {
      title: 'No such page',
      text: 'This link is not complete. Open it from the message again, or answer the message.',
    });
    return undefined;
  }
  const responder = findResponder(directory(), link.responder);
  if (link.state === 'expired' || !responder) {
    notify(response, 410, {
      title: 'This link is over',
      text: 'It has expired. If there is still something to do, a later message has a newer link.',
    });
    return undefined;
  }
  return { handoff: link.handoff, responder };
}

async function show(
  { handoffs }: PagesDependencies,
  { handoff, responder }: Visit,
  request: Request,
  response: Response,
): Promise<void> {
  const { did } = request.query;
  const command =
    typeof did === 'string' && NONCE.test(did) ? nameCommand(responder, did) : undefined;
  const view = await handoffs.read(handoff);
  if (view === undefined) {
    notify(response, 410, FORGOTTEN);
    return;
  }
  if (view === 'unanswered') {
    notify(response, 503, {
      title: command === undefined ? 'One moment' : 'Recorded',
      text:
        command === undefined
          ? 'The details cannot be read right now. This page looks again by itself.'
          : 'Your answer is recorded. What came of it is not known yet; this page looks again by itself.',
      refreshSeconds: 5,
    });
    return;
  }
  const reader = { ...responder, now: new Date().toISOString() };
  const report = command === undefined ? undefined : await handoffs.readCommand(handoff, command);
  const answer =
    report &&
    renderAnswer(
      { kind: 'result', card: report.card, code: view.code, result: report.result },
      reader,
    );
  // What follows the first line says what the page shows anyway, and how to text it.
  const [line] = answer?.split('\n') ?? [];
  // How to text that it is done concerns nobody who has the buttons before them.
  const said = report?.result.effect === 'noted' ? `Sent: ${view.source} has your note.` : line;
  const nonce = randomBytes(16).toString('base64url');
  // Beside the page's own address, whatever is in front of Baton.
  const notesUrl = `${request.path.slice(1)}/notes`;
  send(response, 200, renderHandoffPage({ view, reader, nonce, said, notesUrl }));
}

const FORGOTTEN: Notice = {
  title: 'This is over',
  text: 'It ended a while ago. Nothing for you to do.',
};

/** Shows the notes alone, for the frame of the page. */
async function showNotes(
  { handoffs }: PagesDependencies,
  { handoff, responder }: Visit,
  response: Response,
): Promise<void> {
  const view = await handoffs.read(handoff);
  if (view === undefined) {
    notify(response, 410, FORGOTTEN);
  } else if (view === 'unanswered') {
    notify(response, 503, {
      title: 'One moment',
      text: 'The notes cannot be read right now. This looks again by itself.',
      refreshSeconds: 5,
    });
  } else {
    const reader = { ...responder, now: new Date().toISOString() };
    send(response, 200, renderNotes({ view, reader }));
  }
}

async function act(
  { handoffs }: PagesDependencies,
  { handoff, responder }: Visit,
  request: Request,
  response: Response,
): Promise<void> {
  const form = formSchema.safeParse(request.body);
  if (!form.success || (form.data.do === 'note' && (form.data.text ?? '') === '')) {
    notify(response, 400, {
      title: 'Nothing was done',
      text: 'The form was not complete. Open the link again and press one of its buttons.',
    });
    return;
  }
  const { nonce, note, text = '' } = form.data;
  const [verb, argument] = form.data.do.split(':');
  const by: Actor = { kind: 'responder', id: responder.id, name: responder.name };
  const base = { id: nameCommand(responder, nonce), by, via: 'link' } as const;
  const run = (): Promise<CommandAnswer> => {
    switch (verb) {
      case 'pass':
        return handoffs.command(handoff, 'pass', base);
      case 'snooze':
        return handoffs.command(handoff, 'snooze', { ...base, forMs: Number(argument) * 60_000 });
      case 'note':
        return handoffs.command(handoff, 'note', { ...base, text });
      case 'resolve':
        return handoffs.command(handoff, 'resolve', {
          ...base,
          ...(argument !== undefined && { outcome: argument }),
          ...(note !== undefined && note !== '' && { note }),
        });
      default:
        return handoffs.command(handoff, 'take', {
          ...base,
          ...(verb === 'take-over' && { over: true }),
        });
    }
  };
  await run();
  // The page looks up what came of it: going back and forth presses nothing again.
  response.redirect(
    303,
    `${request.baseUrl}${request.path}?did=${nonce}${verb === 'note' ? '#talk' : ''}`,
  );
}

/** One press of one button is one command, however often the form is sent. */
function nameCommand({ id }: Responder, nonce: string): string {
  return `link:${id}:${nonce}`;
}

/** Browsers say where a form was sent from; a page of ours says `same-origin`, and `null` as its origin. */
function isFromThePage(request: Request, publicBaseUrl: string): boolean {
  const site = request.get('Sec-Fetch-Site');
  if (site !== undefined) return site === 'same-origin';
  const origin = request.get('Origin');
  return origin === undefined || origin === 'null' || origin === new URL(publicBaseUrl).origin;
}

function notify(response: Response, status: number, notice: Notice): void {
  send(response, status, renderNotice(notice));
}

function send(response: Response, status: number, html: string): void {
  response.status(status).type('html').send(html);
}

function statusOf(error: unknown): number {
  const { status } = error as { status?: unknown };
  return typeof status === 'number' && status >= 400 ? status : 500;
}
