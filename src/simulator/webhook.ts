import { setMaxListeners } from 'node:events';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import twilio from 'twilio';

const timeoutMs = 15_000;
const pauseBeforeRetryMs = 200;

/** Tells how Baton answered a webhook; `status` 0 means that no answer came. */
export interface WebhookAnswer {
  readonly status: number;
  readonly body: string;
}

/** Describes a webhook that is ready to be sent. */
interface WebhookRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | URLSearchParams | Uint8Array<ArrayBuffer>;
}

type Trouble = 'ct' | 'rt' | '3xx' | '4xx' | '5xx';

/** Tells how often, and after what, a webhook is sent again. */
interface Retries {
  readonly count: number;
  readonly on: ReadonlySet<string>;
  /** How long one attempt may take, and all of them together. */
  readonly attemptMs: number;
  readonly totalMs: number;
}

/** Sends webhooks the way a provider does: it does not fall over when a customer's server is down. */
export interface WebhookSender {
  /** Returns Baton's last answer, and never throws. */
  send(request: WebhookRequest, retries: Retries): Promise<WebhookAnswer>;
  /** Breaks off what is under way. */
  close(): void;
}

/** Posts webhooks the way Twilio does. */
export interface WebhookPoster {
  /** Returns Baton's answer to signed parameters, and never throws; with GET they go into the query. */
  send(
    url: string,
    params: Readonly<Record<string, string>>,
    method?: 'GET' | 'POST',
  ): Promise<WebhookAnswer>;
}

/** Returns a sender that is told the last answer to each webhook through `onAnswer`. */
export function createWebhookSender(options: {
  readonly onAnswer: (url: string, answer: WebhookAnswer) => void;
}): WebhookSender {
  const closing = new AbortController();
  // As many listen as pause between attempts, which is no leak.
  setMaxListeners(0, closing.signal);
  // One controller a request: AbortSignal.any over a long-lived signal leaks on Node 20.
  const underWay = new Set<AbortController>();

  async function attempt(
    { url, method, headers, body }: WebhookRequest,
    ms: number,
  ): Promise<{ readonly answer: WebhookAnswer; readonly trouble: Trouble | undefined }> {
    const controller = new AbortController();
    const timer = setTimeout(() => {
      controller.abort();
    }, ms);
    underWay.add(controller);
    if (closing.signal.aborted) controller.abort();
    try {
      const response = await fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        // Twilio follows a redirect with GET and loses the parameters: better to see the 3xx.
        redirect: 'manual',
        signal: controller.signal,
      });
      const answer = { status: response.status, body: await response.text() };
      return { answer, trouble: troubleOf(answer.status) };
    } catch {
      // A connection that breaks later counts as `ct` too: from here the two cannot be told apart for certain.
      const trouble = controller.signal.aborted ? 'rt' : 'ct';
      return { answer: { status: 0, body: '' }, trouble };
    } finally {
      clearTimeout(timer);
      underWay.delete(controller);
    }
  }

  return {
    async send(request, { count, on, attemptMs, totalMs }) {
      const until = Date.now() + totalMs;
      for (let retry = 0; ; retry += 1) {
        const left = Math.max(until - Date.now(), 1);
        const { answer, trouble } = await attempt(request, Math.min(attemptMs, left));
        if (closing.signal.aborted) return answer;
        const again = trouble !== undefined && on.has(trouble);
        if (!again || retry >= count || Date.now() >= until) {
          options.onAnswer(request.url, answer);
          return answer;
        }
        try {
          await sleep(pauseBeforeRetryMs, undefined, { signal: closing.signal });
        } catch {
          return answer;
        }
      }
    },
    close() {
      closing.abort();
      for (const controller of underWay) controller.abort();
    },
  };
}

function troubleOf(status: number): Trouble | undefined {
  if (status >= 500) return '5xx';
  if (status >= 400) return '4xx';
  return status >= 300 ? '3xx' : undefined;
}

/** Returns a poster that signs with `authToken`, and waits 15 s at most. */
export function createWebhookPoster(options: {
  readonly authToken: string;
  readonly sender: WebhookSender;
}): WebhookPoster {
  return {
    async send(wished, params, method = 'POST') {
      const { target, retries } = readOverrides(wished);
      const url = method === 'GET' ? addQuery(target, params) : target;
      const signed = method === 'GET' ? {} : params;
      return options.sender.send(
        {
          url,
          method,
          headers: {
            'x-twilio-signature': twilio.getExpectedTwilioSignature(options.authToken, url, signed),
            'i-twilio-idempotency-token': randomUUID(),
            'user-agent': 'TwilioProxy/1.1',
          },
          ...(method === 'GET' ? {} : { body: new URLSearchParams(params) }),
        },
        retries,
      );
    },
  };
}

/**
 * Splits the retry settings off a URL: `#rc=3&rp=ct,5xx` asks for three retries on connection failures and 5xx.
 * The fragment is neither sent nor signed; without it, Twilio retries once, and only when it could not connect.
 * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
function readOverrides(url: string): { readonly target: string; readonly retries: Retries } {
  const hash = url.indexOf('#');
  const wishes = new URLSearchParams(hash === -1 ? '' : url.slice(hash + 1));
  return {
    target: hash === -1 ? url : url.slice(0, hash),
    retries: {
      count: readWithin(wishes.get('rc'), { least: 0, most: 5, otherwise: 1 }),
      on: new Set((wishes.get('rp') ?? 'ct').replace('all', 'ct,rt,4xx,5xx').split(',')),
      attemptMs: readWithin(wishes.get('rt'), {
        least: 100,
        most: timeoutMs,
        otherwise: timeoutMs,
      }),
      totalMs: readWithin(wishes.get('tt'), { least: 100, most: timeoutMs, otherwise: timeoutMs }),
    },
  };
}

function readWithin(
  text: string | null,
  { least, most, otherwise }: Readonly<Record<'least' | 'most' | 'otherwise', number>>,
): number {
  const value = Number(text ?? otherwise);
  return Number.isInteger(value) ? Math.min(Math.max(value, least), most) : otherwise;
}

function addQuery(url: string, params: Readonly<Record<string, string>>): string {
  return `${url}${url.includes('?') ? '&' : '?'}${new URLSearchParams(params).toString()}`;
}
