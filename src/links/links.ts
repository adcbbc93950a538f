/*
 * links/ makes and reads what lets somebody act without a password: the address of a responder's own page of a
 * handoff, and the address that their reply by email goes to. Both are signed, so that nobody can guess one.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whose page of which handoff a link opens. */
export interface LinkTarget {
  readonly handoff: string;
  readonly responder: string;
}

/** What a token turned out to be; a wrong one is told from one that was right once. */
export type ReadLink =
  (LinkTarget & { readonly state: 'valid' | 'expired' }) | { readonly state: 'wrong' };

/** Makes and reads the links of one installation. */
export interface Links {
  /**
   * Returns the address of a responder's page of a handoff, which opens until some days after `expiresAt` (ISO);
   * undefined for an id that Baton did not make.
   */
  page(target: LinkTarget & { readonly expiresAt: string }): string | undefined;
  /** Returns what the last part of such an address stands for at an instant (milliseconds). */
  read(token: string, now: number): ReadLink;
  /** Returns the address for replies by email, or undefined when this installation reads none. */
  mailbox(target: LinkTarget): string | undefined;
  /** Returns which of these responders a mail to this address is from, and its handoff; undefined when it is not one of ours. */
  readMailbox(address: string, responders: Iterable<string>): LinkTarget | undefined;
}

const DAY_MS = 86_400_000;
/** A page shows what happened for a while after the handoff is over. */
const OPEN_AFTERWARDS_DAYS = 7;
const ID_BYTES = 15;
const EXPIRY_BYTES = 2;
const MAC_BYTES = 16;

/**
 * Returns the links of an installation. A token is `<responder>.<base64url>`: 15 bytes of the handoff's id, the
 * day it expires (2 bytes, since 1970), and 128 bits of an HMAC-SHA256 over these and the responder.
 */
export function createLinks(options: {
  readonly secret: string;
  readonly baseUrl: string;
  readonly mailDomain?: string | undefined;
}): Links {
  const { secret, baseUrl, mailDomain } = options;

  const sign = (use: 'page' | 'mail', responder: string, data: Buffer): Buffer =>
    createHmac('sha256', secret)
      .update(`baton ${use}\n${responder}\n`)
      .update(data)
      .digest()
      .subarray(0, MAC_BYTES);

  const isSigned = (use: 'page' | 'mail', responder: string, bytes: Buffer): boolean => {
    const data = bytes.subarray(0, bytes.length - MAC_BYTES);
    return timingSafeEqual(bytes.subarray(-MAC_BYTES), sign(use, responder, data));
  };

  return {
    page({ handoff, responder, expiresAt }) {
      const expiry = Buffer.alloc(EXPIRY_BYTES);
      const day = Math.ceil(Date.parse(expiresAt) / DAY_MS) + OPEN_AFTERWARDS_DAYS;
      expiry.writeUInt16BE(Math.min(day, 0xffff));
      const id = idBytes(handoff);
      if (!id) return undefined;
      const data = Buffer.concat([id, expiry]);
      const token = Buffer.concat([data, sign('page', responder, data)]).toString('base64url');
      return `${baseUrl}/h/${responder}.${token}`;
    },

    read(token, now) {
      const [, responder = '', encoded = ''] = /^([^.]+)\.([\w-]+)$/.exec(token) ?? [];
      const bytes = Buffer.from(encoded, 'base64url');
      const isShaped =
        bytes.length === ID_BYTES + EXPIRY_BYTES + MAC_BYTES &&
        // One link has one spelling: unused bits would make several.
        bytes.toString('base64url') === encoded;
      if (!isShaped || !isSigned('page', responder, bytes)) return { state: 'wrong' };
      const isOver = now >= bytes.readUInt16BE(ID_BYTES) * DAY_MS;
      return { state: isOver ? 'expired' : 'valid', responder, handoff: idOf(bytes) };
    },

    mailbox({ handoff, responder }) {
      const id = idBytes(handoff);
      if (mailDomain === undefined || !id) return undefined;
      // Mail systems may change the case of an address: hexadecimal survives that, and just fits the 64
      // characters in front of the @ (RFC 5321, 4.5.3.1.1). The responder is in the signature alone.
      const token = Buffer.concat([id, sign('mail', responder, id)]).toString('hex');
      return `r+${token}@${mailDomain}`;
    },

    readMailbox(address, responders) {
      const [, encoded = '', domain] =
        /^r\+([0-9a-f]{62})@([^@]+)$/.exec(address.trim().toLowerCase()) ?? [];
      if (domain === undefined || domain !== mailDomain?.toLowerCase()) return undefined;
      const bytes = Buffer.from(encoded, 'hex');
      for (const responder of responders) {
        if (isSigned('mail', responder, bytes)) return { responder, handoff: idOf(bytes) };
      }
      return undefined;
    },
  };
}

function idBytes(handoff: string): Buffer | undefined {
  const [, hex] = /^hof_([0-9a-f]{30})$/.exec(handoff) ?? [];
  return hex === undefined ? undefined : Buffer.from(hex, 'hex');
}

function idOf(bytes: Buffer): string {
  return `hof_${bytes.subarray(0, ID_BYTES).toString('hex')}`;
}
