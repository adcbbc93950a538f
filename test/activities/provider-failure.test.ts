import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import {
  ApplicationFailure,
  defaultFailureConverter,
  defaultPayloadConverter,
} from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectSendGrid, createEmailChannel } from '../../src/activities/channels/email.ts';
import { connectTwilio, createSmsChannel } from '../../src/activities/channels/sms.ts';
import { toProviderFailure } from '../../src/activities/provider-failure.ts';
import type { FailureType } from '../../src/domain/failure-types.ts';

describe('toProviderFailure', () => {
  // Twilio's codes and what they ask for: shared/facts.md A1, from https://www.twilio.com/docs/api/errors.
  test.each<[FailureType, readonly number[]]>([
    ['Permanent', [21211, 21217, 21610, 21611, 21614, 21635]],
    ['Permanent', [30001, 30003, 30004, 30005, 30006, 30007, 30008, 30036]],
    ['Configuration', [20003, 20404, 21210, 21212, 21408, 21606, 21608, 21612, 30032, 30034]],
    ['Transient', [20429]],
  ])('is %s for Twilio’s %j, whatever the status', (type, codes) => {
    for (const code of codes)
      for (const status of [400, 500])
        expect(toProviderFailure('Twilio', { status, code })).toMatchObject({
          type,
          message: expect.stringMatching(new RegExp(`^Twilio ${code}: \\w`)) as string,
        });
  });

  test.each<['Twilio' | 'SendGrid', unknown, FailureType, string]>([
    // A code that is not on the list counts by its status.
    ['Twilio', { status: 400, code: 21617 }, 'Permanent', 'Twilio answered 400, code 21617: it'],
    [
      'Twilio',
      { status: 500, code: 20500 },
      'Ambiguous',
      'Twilio answered 500, code 20500: it may',
    ],
    ['Twilio', { status: 429 }, 'Transient', 'Twilio answered 429: nothing was sent'],
    // A proxy's page of HTML has a status only.
    ['Twilio', { status: 502, code: undefined }, 'Ambiguous', 'Twilio answered 502: it may'],
    ['Twilio', { status: 408 }, 'Ambiguous', 'Twilio answered 408: it may have been sent'],
    ['Twilio', { status: 401 }, 'Configuration', 'Twilio answered 401: check the credentials'],
    // SendGrid's client calls the status `code`; its numbers are not Twilio's.
    ['SendGrid', { code: 400 }, 'Permanent', 'SendGrid answered 400: it refuses this message'],
    ['SendGrid', { code: 413 }, 'Permanent', 'SendGrid answered 413: it refuses this message'],
    ['SendGrid', { code: 401 }, 'Configuration', 'SendGrid answered 401: check the credentials'],
    ['SendGrid', { code: 403 }, 'Configuration', 'SendGrid answered 403: check the credentials'],
    ['SendGrid', { code: 404 }, 'Configuration', 'SendGrid answered 404: check the credentials'],
    ['SendGrid', { code: 429 }, 'Transient', 'SendGrid answered 429: nothing was sent'],
    ['SendGrid', { code: 500 }, 'Ambiguous', 'SendGrid answered 500: it may have been sent'],
    ['SendGrid', { code: 503 }, 'Ambiguous', 'SendGrid answered 503: it may have been sent'],
    ['SendGrid', { code: 21211 }, 'Ambiguous', 'SendGrid did not answer (no answer)'],
    // No answer: only what never left is certain.
    [
      'Twilio',
      { code: 'ECONNREFUSED' },
      'Transient',
      'Twilio could not be connected to (ECONNREFUSED)',
    ],
    [
      'SendGrid',
      { code: 'ENOTFOUND' },
      'Transient',
      'SendGrid could not be connected to (ENOTFOUND)',
    ],
    ['Twilio', { code: 'EAI_AGAIN' }, 'Transient', 'Twilio could not be connected to (EAI_AGAIN)'],
    ['Twilio', { code: 'ECONNRESET' }, 'Ambiguous', 'Twilio did not answer (ECONNRESET)'],
    ['SendGrid', { code: 'ECONNABORTED' }, 'Ambiguous', 'SendGrid did not answer (ECONNABORTED)'],
    ['Twilio', { code: 'ETIMEDOUT' }, 'Ambiguous', 'Twilio did not answer (ETIMEDOUT)'],
    ['Twilio', new Error('AC123:s3cret'), 'Ambiguous', 'Twilio did not answer (no answer)'],
    ['Twilio', 'AC123:s3cret', 'Ambiguous', 'Twilio did not answer (no answer)'],
    ['Twilio', undefined, 'Ambiguous', 'Twilio did not answer (no answer)'],
  ])('%s with %j is %s', (provider, error, type, message) => {
    const failure = toProviderFailure(provider, error);

    expect(failure).toMatchObject({
      type,
      nonRetryable: type === 'Permanent' || type === 'Configuration',
    });
    expect(failure.message).toContain(message);
    expect(failure.message).not.toContain('s3cret');
  });
});

describe('credentials', () => {
  const accountSid = `AC${'1'.repeat(32)}`;
  const authToken = 'twilio-s3cret';
  const apiKey = 'SG.sendgrid-s3cret';
  const secrets = [authToken, apiKey, Buffer.from(`${accountSid}:${authToken}`).toString('base64')];
  const recipients = ['+15005550199', '5005550199', 'lead@example.com'];

  /** Answers with a 400 that repeats the request, or breaks the connection. */
  let server: Server;
  let isBroken: boolean;
  let baseUrl: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (isBroken) {
        request.socket.destroy();
        return;
      }
      const said = `${request.headers.authorization ?? ''} may not send to ${recipients.join(' ')}`;
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end(JSON.stringify({ code: 99_999, message: said, errors: [{ message: said }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const twilio = () => connectTwilio({ accountSid, authToken, baseUrl });
  const sendgrid = () => connectSendGrid({ apiKey, baseUrl });
  const sms = { to: '+15005550199', body: 'Hi', from: '+15005550006' };
  const email = {
    to: 'lead@example.com',
    from: 'b@example.com',
    subject: 'S',
    text: 'T',
    html: 'H',
  };

  /** Returns all that any logger or Temporal could make of an error. */
  function everythingIn(error: unknown): string {
    return [
      inspect(error, { depth: 20, showHidden: true }),
      JSON.stringify(error),
      JSON.stringify(defaultFailureConverter.errorToFailure(error, defaultPayloadConverter)),
    ].join('\n');
  }

  async function errorOf(run: Promise<unknown>): Promise<unknown> {
    return run.then(
      () => Promise.reject(new Error('it did not fail')),
      (error: unknown) => error,
    );
  }

  test.each<[string, boolean, () => Promise<unknown>, () => Promise<unknown>]>([
    [
      'Twilio’s broken connection',
      true,
      () => twilio().messages.create(sms),
      () => createSmsChannel(twilio(), { from: sms.from }).send(sms),
    ],
    [
      'Twilio’s broken connection while looking',
      true,
      () => twilio().messages.page({ to: sms.to }),
      () =>
        createSmsChannel(twilio(), { from: sms.from }).findSent({
          to: sms.to,
          bodies: ['Hi'],
          since: new Date(),
        }),
    ],
    [
      'Twilio’s refusal',
      false,
      () => twilio().messages.create(sms),
      () => createSmsChannel(twilio(), { from: sms.from }).send(sms),
    ],
    [
      'SendGrid’s broken connection',
      true,
      () => sendgrid().send(email),
      () => createEmailChannel(sendgrid(), email.from).send({ ...email, messageId: '<1@b>' }),
    ],
    [
      'SendGrid’s refusal',
      false,
      () => sendgrid().send(email),
      () => createEmailChannel(sendgrid(), email.from).send({ ...email, messageId: '<1@b>' }),
    ],
  ])('and recipients in %s do not travel on', async (_what, broken, sendRaw, send) => {
    isBroken = broken;
    const raw = everythingIn(await errorOf(sendRaw()));
    const failure = await errorOf(send());
    const told = everythingIn(failure);

    // The client's own error has them: otherwise this would prove nothing.
    expect(secrets.filter((secret) => raw.includes(secret))).not.toEqual([]);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect([...secrets, ...recipients].filter((secret) => told.includes(secret))).toEqual([]);
  });
});
