import express, { Router, type Request } from 'express';
import type { TwimlSource } from './call-conversation.ts';
import type { CallEvent, CallNetwork, CallOrder, SimulatedCall } from './call-network.ts';
import { awaitLatency, takeAnswerFault } from './fault-response.ts';
import type { FaultSwitchboard } from './faults.ts';
import { magicCallError, type TwilioErrorCode } from './twilio-errors.ts';
import {
  apiVersion,
  createListPage,
  isCallbackUrl,
  isPhoneNumber,
  readAll,
  readForm,
  readQuery,
  sendBeforeAccepting,
  sendError,
  toRfc2822,
} from './twilio-http.ts';

const callEvents: readonly CallEvent[] = ['initiated', 'ringing', 'answered', 'completed'];

/** Returns the part of Twilio's REST API that makes, lists, fetches and ends calls; mount it at the account, behind the check of its key. */
export function routeCalls(options: {
  readonly accountSid: string;
  readonly calls: CallNetwork;
  readonly faults: FaultSwitchboard;
}): Router {
  const { accountSid, calls, faults } = options;
  const router = Router();
  const form = express.urlencoded({ extended: false });

  router.post('/Calls.json', form, async (request, response) => {
    const target = { channel: 'voice', to: [readForm(request).get('To') ?? ''] } as const;
    await awaitLatency(faults, target);
    const order = readOrder(request);
    if (typeof order === 'number') {
      sendError(response, order);
      return;
    }
    const fault = takeAnswerFault(faults, target);
    if (fault && sendBeforeAccepting(response, fault)) return;
    const call = calls.dial(order);
    if (fault?.kind === 'hang-after-accepting') return;
    if (fault?.kind === 'error-after-accepting') sendError(response, 20500);
    else response.status(201).json(createResource(accountSid, call));
  });

  router.get('/Calls.json', (request, response) => {
    const query = readQuery(request);
    response.json(
      createListPage({
        path: `/${apiVersion}/Accounts/${accountSid}/Calls.json`,
        name: 'calls',
        newestFirst: calls.calls.filter((call) => matches(call, query)).reverse(),
        query,
        describe: (call) => createResource(accountSid, call),
      }),
    );
  });

  router.get('/Calls/:sid.json', (request, response) => {
    const call = calls.find(request.params.sid);
    if (call) response.json(createResource(accountSid, call));
    else sendError(response, 20404);
  });

  router.post('/Calls/:sid.json', form, (request, response) => {
    const { sid } = request.params;
    const error = change(calls, sid, request);
    const call = calls.find(sid);
    if (!call) sendError(response, 20404);
    else if (error !== undefined) sendError(response, error);
    else response.json(createResource(accountSid, call));
  });

  return router;
}

/** Ends a call, or lets it go on elsewhere; returns the code of what is wrong with that. */
function change(calls: CallNetwork, sid: string, request: Request): TwilioErrorCode | undefined {
  const form = readForm(request);
  const status = form.get('Status');
  if (status === 'completed' || status === 'canceled') {
    // What has ended, or cannot be canceled any more, stays as it is.
    calls.end(sid, status);
    return undefined;
  }
  if (status !== undefined) return 20001;
  const source = readSource(form);
  if (typeof source === 'number') return source;
  return calls.redirect(sid, source) ? undefined : 21220;
}

/** Returns the call to make, or the code of the first thing that is wrong with it. */
function readOrder(request: Request): CallOrder | TwilioErrorCode {
  const form = readForm(request);
  const to = form.get('To');
  const from = form.get('From');
  const statusCallback = form.get('StatusCallback');
  const machineDetection = form.get('MachineDetection');

  if (to === undefined) return 21201;
  if (from === undefined) return 21213;
  const magic = magicCallError({ from, to });
  if (magic !== undefined) return magic;
  if (!isPhoneNumber(to)) return 21211;
  if (!isPhoneNumber(from)) return 21212;
  const source = readSource(form);
  if (typeof source === 'number') return source;
  if (statusCallback !== undefined && !isCallbackUrl(statusCallback)) return 21609;
  const wished = readAll(request, 'StatusCallbackEvent');
  const events = callEvents.filter((event) => wished.includes(event));
  return {
    to,
    from,
    source,
    ...(statusCallback === undefined
      ? {}
      : {
          statusCallback: {
            url: statusCallback,
            method: readMethod(form.get('StatusCallbackMethod')),
          },
        }),
    events: new Set<CallEvent>(events.length > 0 ? events : ['completed']),
    ...(machineDetection === 'Enable' || machineDetection === 'DetectMessageEnd'
      ? { machineDetection }
      : {}),
    timeoutSeconds: readSeconds(form.get('Timeout'), { otherwise: 60, most: 600 }),
    timeLimitSeconds: readSeconds(form.get('TimeLimit'), { otherwise: 14_400, most: 86_400 }),
  };
}

/** Returns what a call says; the URL wins over TwiML, as at Twilio. */
function readSource(form: ReadonlyMap<string, string>): TwimlSource | TwilioErrorCode {
  const url = form.get('Url');
  const twiml = form.get('Twiml');
  if (url === undefined) return twiml === undefined ? 21205 : { twiml };
  return isCallbackUrl(url) ? { url, method: readMethod(form.get('Method')) } : 21205;
}

function readMethod(text: string | undefined): 'GET' | 'POST' {
  return text?.toUpperCase() === 'GET' ? 'GET' : 'POST';
}

function readSeconds(
  text: string | undefined,
  { otherwise, most }: { readonly otherwise: number; readonly most: number },
): number {
  const seconds = Number(text ?? otherwise);
  return Number.isInteger(seconds) && seconds > 0 ? Math.min(seconds, most) : otherwise;
}

// Source: https://www.twilio.com/docs/voice/api/call-resource#call-properties
function createResource(
  accountSid: string,
  call: SimulatedCall,
): Readonly<Record<string, unknown>> {
  const uri = `/${apiVersion}/Accounts/${accountSid}/Calls/${call.sid}`;
  return {
    account_sid: accountSid,
    answered_by: call.answeredBy ?? null,
    api_version: apiVersion,
    caller_name: null,
    date_created: toRfc2822(call.dateCreated),
    date_updated: toRfc2822(call.dateUpdated),
    direction: 'outbound-api',
    duration: call.durationSeconds === undefined ? null : `${call.durationSeconds}`,
    end_time: toRfc2822(call.endTime),
    forwarded_from: null,
    from: call.from,
    from_formatted: call.from,
    group_sid: null,
    parent_call_sid: null,
    phone_number_sid: null,
    price: null,
    price_unit: 'USD',
    queue_time: '0',
    sid: call.sid,
    start_time: toRfc2822(call.startTime),
    status: call.status,
    subresource_uris: {},
    to: call.to,
    to_formatted: call.to,
    trunk_sid: null,
    uri: `${uri}.json`,
  };
}

function matches(call: SimulatedCall, query: URLSearchParams): boolean {
  const to = query.get('To');
  const from = query.get('From');
  const status = query.get('Status');
  const on = query.get('StartTime');
  const before = query.get('StartTime<');
  const after = query.get('StartTime>');
  // A queued call has no `start_time` yet and still must be found; in whole seconds, as the filters are.
  const second = Math.floor(Date.parse(call.startTime ?? call.dateCreated) / 1000) * 1000;
  return (
    (to === null || call.to === to) &&
    (from === null || call.from === from) &&
    (status === null || call.status === status) &&
    (on === null || new Date(second).toISOString().slice(0, 10) === on.slice(0, 10)) &&
    (before === null || second <= Date.parse(before)) &&
    (after === null || second >= Date.parse(after))
  );
}
