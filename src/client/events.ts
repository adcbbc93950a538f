import type { Ending, HandoffStatus, TimelineEntry } from '../domain/state.ts';
import type { HandoffView } from '../domain/view.ts';

/** What happens to a handoff, as it happens. */
export type HandoffEvent =
  | { readonly type: 'timeline'; readonly id: string; readonly data: TimelineEntry }
  | {
      readonly type: 'status';
      readonly data: Pick<HandoffView, 'status' | 'owner' | 'awaiting'>;
    }
  | {
      readonly type: 'end';
      readonly data: { readonly status: HandoffStatus; readonly ending: Ending };
    };

interface SentEvent {
  readonly event: string;
  readonly data: string;
  readonly id?: string;
}

/**
 * Yields the events of a stream of text (https://html.spec.whatwg.org/multipage/server-sent-events.html), wherever
 * its parts begin and end; comments and `retry` are left out.
 */
export async function* readEvents(
  parts: AsyncIterable<string>,
): AsyncGenerator<SentEvent, void, void> {
  let rest = '';
  let [event, data, id]: [string, string[], string | undefined] = ['', [], undefined];
  for await (const part of parts) {
    const lines = (rest + part).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) {
          yield {
            event: event || 'message',
            data: data.join('\n'),
            ...(id !== undefined && { id }),
          };
        }
        [event, data, id] = ['', [], undefined];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (name === 'event') event = value;
      if (name === 'data') data.push(value);
      if (name === 'id') id = value;
    }
  }
}

/** Yields the text of a body as it comes. */
export async function* readText(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  for await (const bytes of body) yield decoder.decode(bytes, { stream: true });
}
