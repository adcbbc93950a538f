import type { Request, Response } from 'express';
import { countOf } from '../domain/decide/forget.ts';
import type { HandoffView } from '../domain/view.ts';
import type { HandoffClient } from './handoff-client.ts';
import { Problem } from './problem.ts';

/** So many streams may be open at a time in one process: each is a long poll at Temporal. */
const MAX_STREAMS = 200;
let open = 0;

/** A line now and then, so that nothing in between takes the connection for dead. */
const BEAT_MS = 15_000;

/**
 * Streams a handoff as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html):
 * `timeline` for each entry, with its number as the id; `status` when it changes; `end` with the ending, and closes.
 * With Last-Event-ID it goes on behind that entry.
 */
export async function streamEvents(
  request: Request<{ id: string }>,
  response: Response,
  { view, watch }: { readonly view: HandoffView; readonly watch: HandoffClient['watch'] },
): Promise<void> {
  if (open >= MAX_STREAMS) {
    throw new Problem(503, 'Too many streams are open here. Try again, or ask for the handoff.');
  }
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    // For nginx, which would collect the events.
    'X-Accel-Buffering': 'no',
  });
  response.write('retry: 2000\n\n');
  const beat = setInterval(() => response.write(':\n\n'), BEAT_MS);
  open += 1;
  try {
    const teller = createTeller(readLastId(request), (text) => response.write(text));
    teller(view);
    if (!view.ending) {
      for await (const next of watch(view.id, gone.signal)) teller(next);
    }
  } catch {
    // Temporal is away, or the client: it comes again, with the id of the last entry it has.
  } finally {
    open -= 1;
    clearInterval(beat);
    response.end();
  }
}

/** Returns a function that writes what is new in a handoff. */
function createTeller(lastId: number, write: (text: string) => void): (view: HandoffView) => void {
  let told = lastId;
  let status: string | undefined;
  return ({ timeline, ...view }) => {
    let number = 0;
    for (const entry of timeline) {
      // One that stands for many has the number of the last of them.
      number += countOf(entry);
      if (number > told) write(phrase('timeline', entry, number));
    }
    told = Math.max(told, number);
    const { owner, ending, awaiting } = view;
    const state = JSON.stringify([view.status, owner?.responder]);
    if (state !== status) write(phrase('status', { status: view.status, owner, awaiting }));
    status = state;
    if (ending) write(phrase('end', { status: view.status, ending }));
  };
}

function phrase(event: string, data: unknown, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function readLastId(request: Request<{ id: string }>): number {
  const given = request.get('Last-Event-ID') ?? '';
  return /^\d{1,6}$/.test(given) ? Number(given) : 0;
}
