import type { Links } from './links.ts';

/** Addresses for one handoff and one responder, as a preview shows them. */
export interface SampleLinks {
  readonly pageOf: (handoff: string, responder: string) => string | undefined;
  readonly mailboxOf: (handoff: string, responder: string) => string | undefined;
}

const FAR_AHEAD = '2100-01-01T00:00:00.000Z';

/** Returns addresses as long as the real ones, which open nothing: who may preview may not act for others. */
export function sampleLinks(links: Links): SampleLinks {
  const hide = (address: string | undefined, secret: RegExp): string | undefined =>
    address?.replace(secret, (token) => 'x'.repeat(token.length));
  return {
    pageOf: (handoff, responder) =>
      hide(links.page({ handoff, responder, expiresAt: FAR_AHEAD }), /[\w-]+$/),
    mailboxOf: (handoff, responder) => hide(links.mailbox({ handoff, responder }), /[0-9a-f]{62}/),
  };
}
