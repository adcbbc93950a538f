import express, { Router, type Request, type Response } from 'express';
import { awaitLatency, takeAnswerFault } from './fault-response.ts';
import type { FaultSwitchboard } from './faults.ts';
import type { DeliveryPlan, PhoneNetwork, SimulatedSms, SmsOrder } from './phone-network.ts';
import { magicError, twilioError, type TwilioErrorCode } from './twilio-errors.ts';

const apiVersion = '2010-04-01';

/** Returns the part of Twilio's REST API that sends, lists and fetches messages; mount it at `/2010-04-01`. */
export function createTwilioApi(options: {
  readonly accountSid: string;
  readonly authToken: string;
  readonly network: PhoneNetwork;
  readonly faults: FaultSwitchboard;
}): Router {
  const { accountSid, network, faults } = options;
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
      if (fault === 'hang') return;
      if (fault === 'rate-limited') {
        sendError(response, 20429);
        return;
      }
      if (fault === 'error-before-accepting') {
        sendError(response, 20500);
        return;
      }
      const sms = network.accept(order, planDelivery(faults, order.to));
      if (fault === 'hang-after-accepting') return;
      if (fault === 'error-after-accepting') sendError(response, 20500);
      else response.status(201).json(createResource(accountSid, sms));
    },
  );

  router.get('/Accounts/:accountSid/Messages.json', (request, response) => {
    response.json(createPage(accountSid, network.sms, readQuery(request)));
  });

  router.get('/Accounts/:accountSid/Messages/:sid.json', (request, response) => {
    const sms = network.find(request.params.sid);
    if (sms) response.json(createResource(accountSid, sms));
    else sendError(response, 20404);
  });

  router.use((_request, response) => {
    sendError(response, 20404);
  });
  return router;
}

function sendError(response: Response, code: TwilioErrorCode): void {
  const error = twilioError(code);
  response.status(error.status).json(error);
}

function readForm(request: Request): ReadonlyMap<string, string> {
  const body: unknown = request.body;
  const form = new Map<string, string>();
  for (const [name, value] of Object.entries(body ?? {})) {
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof first === 'string' && first !== '') form.set(name, first);
  }
  return form;
}

/** Returns the message to send, or the code of the first thing that is wrong with it. */
function readOrder(form: ReadonlyMap<string, string>): SmsOrder | TwilioErrorCode {
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
  if (!/^\+[1-9]\d{6,14}$/.test(to)) return 21211;
  // A phone number, a short code, or an alphanumeric sender with at least one letter.
  if (from !== undefined && !/^(\+[1-9]\d{6,14}|\d{3,6}|(?=.*[a-z])[a-z0-9 ]{1,11})$/i.test(from))
    return 21212;
  if (body.length > 1600) return 21617;
  if (statusCallback !== undefined && !/^https?:\/\/[^\s_/]+(\/|$)/.test(statusCallback))
    return 21609;
  if (validityPeriod !== undefined && !isWithin(Number(validityPeriod), 1, 36_000)) return 90007;
  return {
    to,
    body,
    ...(from === undefined ? {} : { from }),
    ...(messagingServiceSid === undefined ? {} : { messagingServiceSid }),
    ...(statusCallback === undefined ? {} : { statusCallback }),
  };
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function planDelivery(faults: FaultSwitchboard, to: string): DeliveryPlan {
  const target = { channel: 'sms', to: [to] } as const;
  const outcome = faults.take({ ...target, among: ['undelivered', 'failed'] })?.kind;
  return {
    outcome: outcome === 'undelivered' || outcome === 'failed' ? outcome : 'delivered',
    duplicateCallbacks: faults.take({ ...target, among: ['duplicate-callbacks'] }) !== undefined,
    reorderedCallbacks: faults.take({ ...target, among: ['reordered-callbacks'] }) !== undefined,
  };
}

function toRfc2822(iso: string | undefined): string | null {
  return iso === undefined ? null : new Date(iso).toUTCString().replace('GMT', '+0000');
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

function readQuery(request: Request): URLSearchParams {
  return new URL(request.originalUrl, 'http://simulator').searchParams;
}

/** Returns one page of messages, newest first. Source: https://www.twilio.com/docs/usage/twilios-response#pagination */
function createPage(
  accountSid: string,
  all: readonly SimulatedSms[],
  query: URLSearchParams,
): Readonly<Record<string, unknown>> {
  const wished = Number(query.get('PageSize') ?? 50);
  const pageSize = Number.isInteger(wished) ? Math.min(Math.max(wished, 1), 1000) : 50;
  const page = Number(query.get('Page') ?? 0);
  const matching = all.filter((sms) => matches(sms, query)).reverse();
  // The token names the last message of the page before, so that newer messages do not shift the pages.
  const token = query.get('PageToken');
  const start = token === null ? 0 : matching.findIndex(({ sid }) => `PA${sid}` === token) + 1;
  const messages = matching.slice(start, start + pageSize);
  const last = messages.at(-1);

  const path = `/${apiVersion}/Accounts/${accountSid}/Messages.json`;
  const linkTo = (extra: Readonly<Record<string, string>>): string => {
    const params = new URLSearchParams(query);
    params.delete('PageToken');
    for (const [name, value] of Object.entries({ PageSize: `${pageSize}`, ...extra }))
      params.set(name, value);
    return `${path}?${params.toString()}`;
  };
  const hasMore = last !== undefined && start + pageSize < matching.length;
  return {
    messages: messages.map((sms) => createResource(accountSid, sms)),
    page,
    page_size: pageSize,
    start,
    end: start + Math.max(messages.length - 1, 0),
    uri: `${path}?${query.toString()}`,
    first_page_uri: linkTo({ Page: '0' }),
    next_page_uri: hasMore ? linkTo({ Page: `${page + 1}`, PageToken: `PA${last.sid}` }) : null,
    previous_page_uri: null,
  };
}

function matches(sms: SimulatedSms, query: URLSearchParams): boolean {
  const to = query.get('To');
  const from = query.get('From');
  const on = query.get('DateSent');
  const before = query.get('DateSent<');
  const after = query.get('DateSent>');
  // A queued message has no `date_sent` yet and still must be found, so its creation counts; in whole seconds,
  // because that is all the filters carry.
  const second = Math.floor(Date.parse(sms.dateSent ?? sms.dateCreated) / 1000) * 1000;
  return (
    (to === null || sms.to === to) &&
    (from === null || sms.from === from) &&
    (on === null || new Date(second).toISOString().slice(0, 10) === on.slice(0, 10)) &&
    (before === null || second <= Date.parse(before)) &&
    (after === null || second >= Date.parse(after))
  );
}
