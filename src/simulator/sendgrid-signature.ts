import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

/** Signs webhooks as SendGrid does. */
export interface SendgridSigner {
  /** What SendGrid shows as its verification key: SPKI, DER, base64. */
  readonly publicKey: string;
  /**
   * Returns the headers that sign a body: ECDSA on P-256 with SHA-256 over the time and the raw bytes.
   * Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
   */
  sign(body: Uint8Array): Readonly<Record<string, string>>;
}

/** Returns a signer with a key of its own, or with a private key in PEM; throws when that is no such key. */
export function createSendgridSigner(privateKeyPem?: string): SendgridSigner {
  const privateKey =
    privateKeyPem === undefined
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
      : createPrivateKey(privateKeyPem);
  if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new Error(
      'SendGrid signs with a key on the curve P-256: make one with `openssl ecparam -name prime256v1 -genkey`.',
    );
  return {
    publicKey: createPublicKey(privateKey)
      .export({ type: 'spki', format: 'der' })
      .toString('base64'),
    sign(body) {
      const timestamp = `${Math.floor(Date.now() / 1000)}`;
      const signature = sign('sha256', Buffer.concat([Buffer.from(timestamp), body]), privateKey);
      return {
        'x-twilio-email-event-webhook-signature': signature.toString('base64'),
        'x-twilio-email-event-webhook-timestamp': timestamp,
      };
    },
  };
}
