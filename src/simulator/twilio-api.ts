import express, { Router } from 'express';
import type { CallNetwork } from './call-network.ts';
import { awaitLatency, takeAnswerFault } from './fault-response.ts';
import type { FaultSwitchboard } from './faults.ts';
import type { DeliveryPlan, PhoneNetwork, SimulatedSms, SmsOrder } from './phone-network.ts';
import { routeCalls } from './twilio-calls-api.ts';
import { magicError, type TwilioErrorCode } from './twilio-errors.ts';
import {
  apiVersion,
  createListPage,
  isCallbackUrl,
  isPhoneNumber,
  isWithin,
  readForm,
  readQuery,
  sendBeforeAccepting,
  sendError,
  toRfc2822,
} from './twilio-http.ts';

/** Returns the part of Twilio's REST API that sends messages and calls people, and reads both; mount it at `/2010-04-01`. */
export function createTwilioApi(options: {
  readonly accountSid: string;
  readonly authToken: string;
  readonly network: PhoneNetwork;
  readonly calls: CallNetwork;
  readonly faults: FaultSwitchboard;
}): Router {
  const { accountSid, network, calls, faults } = options;
  const credentials = Buffer.from(`${accountSid}:${options.authToken}`).toString('base64');
  const router = Router();

  router.use('/Accounts/:accountSid', (request, response, next) => {
    if (request.get('authorization') !== `Basic ${credentials}`) sendError(response, 20003);
    else if (request.params.accountSid !== accountSid) sendError(response, 20404);
    else next();
  });

  router.post(
    '/Accounts/:accountSid/Messages.json',
    express.urlencoded({ extended: false }),
    async (request, response) => {
      const form = readForm(request);
      const target = { channel: 'sms', to: [form.get('To') ?? ''] } as const;
      const requestedAt = new Date().toISOString();
      await awaitLatency(faults, target);

      const order = readOrder(form);
      if (typeof order === 'number') {
        sendError(response, order);
        return;
      }
      if (network.isOptedOut(order.to)) {
        sendError(response, 21610);
        return;
      }

      const fault = takeAnswerFault(faults, target);
      if (fault && sendBeforeAccepting(response, fault)) return;
      const sms = network.accept({ ...order, requestedAt }, planDelivery(faults, order.to));
      if (fault?.kind === 'hang-after-accepting') return;
      if (fault?.kind === 'error-after-accepting') sendError(response, 20500);
      else response.status(201).json(createResource(accountSid, sms));
    },
  );

  router.get('/Accounts/:accountSid/Messages.json', (request, response) => {
    const query = readQuery(request);
    response.json(
      createListPage({
        path: `/${apiVersion}/Accounts/${accountSid}/Messages.json`,
        name: 'messages',
        newestFirst: network.sms.filter(createFilter(query)).reverse(),
        query,
        describe: (sms) => createResource(accountSid, sms),
      }),
    );
  });

  router.get('/Accounts/:accountSid/Messages/:sid.json', (request, response) => {
    const sms = network.find(request.params.sid);
    if (sms) response.json(createResource(accountSid, sms));
    else sendError(response, 20404);
  });

  router.use('/Accounts/:accountSid', routeCalls({ accountSid, calls, faults }));

  router.use((_request, response) => {
    sendError(response, 20404);
  });
  return router;
}

/** Returns the message to send, or the code of the first thing that is wrong with it. */
function readOrder(
  form: ReadonlyMap<string, string>,
): Omit<SmsOrder, 'requestedAt'> | TwilioErrorCode {
  const to = form.get('To');
  const from = form.get('From');
  const messagingServiceSid = form.get('MessagingServiceSid');
  const body = form.get('Body');
  const statusCallback = form.get('StatusCallback');
  const validityPeriod = form.get('ValidityPeriod');

  if (to === undefined) return 21604;
  if (from === undefined && messagingServiceSid === undefined) return 21603;
  if (body === undefined) return 21602;
  const magic = magicError({ from, to });
  if (magic !== undefined) return magic;
  if (!isPhoneNumber(to)) return 21211;
  // A phone number, a short code, or an alphanumeric sender with at least one letter.
  if (from !== undefined && !/^(\+[1-9]\d{6,14}|\d{3,6}|(?=.*[a-z])[a-z0-9 ]{1,11})$/i.test(from))
    return 21212;
  if (body.length > 1600) return 21617;
  if (statusCallback !== undefined && !isCallbackUrl(statusCallback)) return 21609;
  if (validityPeriod !== undefined && !isWithin(Number(validityPeriod), 1, 36_000)) return 90007;
  return {
    to,
    body,
    ...(from === undefined ? {} : { from }),
    ...(messagingServiceSid === undefined ? {} : { messagingServiceSid }),
    ...(statusCallback === undefined ? {} : { statusCallback }),
  };
}

function planDelivery(faults: FaultSwitchboard, to: string): DeliveryPlan {
  const target = { channel: 'sms', to: [to] } as const;
  const lost = faults.take({ ...target, among: ['undelivered', 'failed'] });
  const isLost = lost?.kind === 'undelivered' || lost?.kind === 'failed';
  return {
    ...(isLost
      ? { outcome: lost.kind, ...(lost.code === undefined ? {} : { errorCode: lost.code }) }
      : { outcome: 'delivered' }),
    duplicateCallbacks: faults.take({ ...target, among: ['duplicate-callbacks'] }) !== undefined,
    reorderedCallbacks: faults.take({ ...target, among: ['reordered-callbacks'] }) !== undefined,
  };
}

// Source: https://www.twilio.com/docs/messaging/api/message-resource#message-properties
function createResource(accountSid: string, sms: SimulatedSms): Readonly<Record<string, unknown>> {
  const uri = `/${apiVersion}/Accounts/${accountSid}/Messages/${sms.sid}`;
  const hasNoSenderYet = sms.status === 'accepted';
  return {
    account_sid: accountSid,
    api_version: apiVersion,
    body: sms.body,
    date_created: toRfc2822(sms.dateCreated),
    date_sent: toRfc2822(sms.dateSent),
    date_updated: toRfc2822(sms.dateUpdated),
    direction: sms.direction === 'to-person' ? 'outbound-api' : 'inbound',
    error_code: sms.errorCode ?? null,
    error_message: null,
    from: hasNoSenderYet ? null : sms.from,
    messaging_service_sid: sms.messagingServiceSid ?? null,
    num_media: '0',
    num_segments: hasNoSenderYet ? '0' : `${sms.segments}`,
    price: null,
    price_unit: 'USD',
    sid: sms.sid,
    status: sms.status,
    subresource_uris: { media: `${uri}/Media.json` },
    to: sms.to,
    uri: `${uri}.json`,
  };
}

function createFilter(query: URLSearchParams): (sms: SimulatedSms) => boolean {
  const to = query.get('To');
  const from = query.get('From');
  const on = query.get('DateSent')?.slice(0, 10);
  const before = Date.parse(query.get('DateSent<') ?? '');
  const after = Date.parse(query.get('DateSent>') ?? '');
  const isOfTime = ({ dateSent, dateCreated }: SimulatedSms): boolean => {
    // A queued message has no `date_sent` yet and still must be found, so its creation counts; in whole seconds,
    // because that is all the filters carry.
    const second = Math.floor(Date.parse(dateSent ?? dateCreated) / 1000) * 1000;
    // What was not asked for is NaN, and excludes nothing.
    return (
      (on === undefined || new Date(second).toISOString().slice(0, 10) === on) &&
      !(second > before) &&
      !(second < after)
    );
  };
  return (sms) =>
    (to === null || sms.to === to) && (from === null || sms.from === from) && isOfTime(sms);
}
