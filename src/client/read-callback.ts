import { Webhook } from 'standardwebhooks';
import type { CallbackEvent } from '../domain/callback.ts';

/** A request that says what became of a handoff. */
export interface CallbackRequest {
  /** The secret of `npx baton secrets rotate`; several while it is changed over. */
  readonly secrets: string | readonly string[];
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body as it came, not parsed: what is signed are its bytes. */
  readonly body: string | Uint8Array;
}

/**
 * Returns the event of a request that Baton signed, as Standard Webhooks describes it. Throws a
 * WebhookVerificationError of `standardwebhooks` when none of the secrets signed it, or it is older than five minutes.
 */
export function readCallback({ secrets, headers, body }: CallbackRequest): CallbackEvent {
  const given = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      [value ?? ''].flat().join(),
    ]),
  );
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  let failure: unknown = new Error('there is no secret to verify with');
  for (const secret of [secrets].flat()) {
    try {
      return new Webhook(secret).verify(text, given) as CallbackEvent;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
