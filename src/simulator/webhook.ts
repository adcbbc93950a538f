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

/** Posts webhooks the way Twilio does. */
export interface WebhookPoster {
  /** Returns Baton's answer, and never throws: Twilio does not fall over either when a customer's server is down. */
  post(url: string, params: Readonly<Record<string, string>>): Promise<WebhookAnswer>;
  /** Breaks off what is under way. */
  close(): void;
}

type Trouble = 'ct' | 'rt' | '4xx' | '5xx';

interface Overrides {
  readonly target: string;
  readonly retries: number;
  readonly retryOn: ReadonlySet<string>;
}

/**
 * Splits the retry settings off a URL: `#rc=3&rp=ct,5xx` asks for three retries on connection failures and 5xx.
 * The fragment is neither sent nor signed; without it, Twilio retries once, and only when it could not connect.
 * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
function readOverrides(url: string): Overrides {
  const hash = url.indexOf('#');
  const wishes = new URLSearchParams(hash === -1 ? '' : url.slice(hash + 1));
  const retries = Number(wishes.get('rc') ?? 1);
  return {
    target: hash === -1 ? url : url.slice(0, hash),
    retries: Number.isInteger(retries) ? Math.min(Math.max(retries, 0), 5) : 1,
    retryOn: new Set((wishes.get('rp') ?? 'ct').split(',')),
  };
}

function troubleOf(status: number): Trouble | undefined {
  if (status >= 500) return '5xx';
  return status >= 400 ? '4xx' : undefined;
}

/** Returns a poster that signs with `authToken`, waits 15 s at most, and is told each answer through `onAnswer`. */
export function createWebhookPoster(options: {
  readonly authToken: string;
  readonly onAnswer: (url: string, answer: WebhookAnswer) => void;
}): WebhookPoster {
  const closing = new AbortController();
  // One controller a request: AbortSignal.any over a long-lived signal leaks on Node 20.
  const underWay = new Set<AbortController>();

  async function attempt(
    url: string,
    body: URLSearchParams,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly answer: WebhookAnswer; readonly trouble: Trouble | undefined }> {
    const controller = new AbortController();
    const timer = setTimeout(() => {
      controller.abort();
    }, timeoutMs);
    underWay.add(controller);
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers,
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
    async post(url, params) {
      const { target, retries, retryOn } = readOverrides(url);
      const headers = {
        'x-twilio-signature': twilio.getExpectedTwilioSignature(options.authToken, target, params),
        'i-twilio-idempotency-token': randomUUID(),
        'user-agent': 'TwilioProxy/1.1',
      };
      const body = new URLSearchParams(params);
      for (let retry = 0; ; retry += 1) {
        const { answer, trouble } = await attempt(target, body, headers);
        if (closing.signal.aborted) return answer;
        const again = trouble !== undefined && (retryOn.has(trouble) || retryOn.has('all'));
        if (!again || retry >= retries) {
          options.onAnswer(target, answer);
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

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (typeof hex === 'string') return String.fromCodePoint(parseInt(hex, 16));
    if (typeof decimal === 'string') return String.fromCodePoint(Number(decimal));
    return typeof name === 'string' ? (entities[name] ?? whole) : whole;
  });
}

/**
 * Returns the texts of the `<Message>` elements of a TwiML answer, and nothing else of it.
 * Source: https://www.twilio.com/docs/messaging/twiml/message
 */
export function readTwimlMessages(twiml: string): readonly string[] {
  return [...twiml.matchAll(/<Message(?:\s[^>]*[^/>]|\s*)>(.*?)<\/Message>/gs)].map(([, inner]) => {
    const content = inner ?? '';
    const body = /<Body[^>]*>(.*?)<\/Body>/s.exec(content)?.[1] ?? content;
    return unescapeXml(body.replace(/<[^>]*>/g, '')).trim();
  });
}
