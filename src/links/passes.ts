import { createHmac, timingSafeEqual } from 'node:crypto';

/** Makes and reads passes: what a browser shows instead of the key that it was given for. */
export interface Passes {
  /** Returns a pass for the bearer of a key, good until an instant (milliseconds). */
  issue(keyId: string, until: number): string;
  /** Returns whose pass this is, or undefined when it is none, or over. */
  read(pass: string, now: number): string | undefined;
}

/** Returns the passes of an installation: `<key id>.<seconds since 1970>.<HMAC-SHA256>`. */
export function createPasses(secret: string): Passes {
  const sign = (keyId: string, until: string): string =>
    createHmac('sha256', secret).update(`baton pass\n${keyId}\n${until}`).digest('base64url');
  return {
    issue(keyId, until) {
      const seconds = String(Math.floor(until / 1_000));
      return `${keyId}.${seconds}.${sign(keyId, seconds)}`;
    },
    read(pass, now) {
      const [, keyId = '', seconds = '', mac = ''] =
        /^([\w-]+)\.(\d{1,12})\.([\w-]{43})$/.exec(pass) ?? [];
      if (keyId === '' || Number(seconds) * 1_000 <= now) return undefined;
      return timingSafeEqual(Buffer.from(mac), Buffer.from(sign(keyId, seconds)))
        ? keyId
        : undefined;
    },
  };
}
