import { lookup as systemLookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { activityInfo, Context } from '@temporalio/activity';
import { callWithin } from '../deadline.ts';
import { ApplicationFailure } from '@temporalio/common';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type Client,
} from '@temporalio/client';
import { Webhook } from 'standardwebhooks';
import type { Callback } from '../domain/callback.ts';
import { emptyDeliveries, type Deliveries } from '../domain/deliveries.ts';
import type { FailureType } from '../domain/failure-types.ts';
import { isAllowedAddress, isForbiddenAddress } from '../sources/addresses.ts';
import type { Source, Sources } from '../sources/sources.ts';
import { CALLBACKS, SOURCE } from '../temporal/search-attributes.ts';
import { handoffTaskQueue } from '../temporal/task-queues.ts';
import {
  callbackSignal,
  callbackWorkflowId,
  WORKFLOW_TASK_TIMEOUT,
} from '../workflows/messages.ts';
import { failure } from './provider-failure.ts';

export interface CallbackDependencies {
  readonly sources: () => Sources;
  /** Hands an event to the workflow that delivers it; starts that when it is the first. */
  readonly passOn: (callback: Callback) => Promise<void>;
  /** Resolves names to addresses; tests give their own. */
  readonly lookup?: LookupFunction;
}

/** What history keeps of an event that was taken. */
export interface Posted {
  readonly status: number;
  readonly attempts: number;
}

/** Standard Webhooks asks receivers to answer within 15 s at most: what takes longer belongs behind a queue. */
const TIMEOUT_MS = 15_000;

/** A receiver that asks for a pause gets one of at most so long. */
const MAX_PAUSE_MS = 3_600_000;

interface CallbackActivities {
  /** Hands an event to the handoff's callbacks. Repeating it changes nothing: events are known by their numbers. */
  readonly callBack: (callback: Callback) => Promise<void>;
  /**
   * Posts one event, signed as Standard Webhooks describes it (https://www.standardwebhooks.com), and returns what
   * the receiver answered. Any answer but a 2xx is a failure, redirects too; 410 and addresses that it may not go to
   * are permanent ones.
   */
  readonly postCallback: (callback: Callback) => Promise<Posted>;
}

/** Returns the activities that tell sources what became of their handoffs. */
export function createCallbackActivities(deps: CallbackDependencies): CallbackActivities {
  return {
    callBack: (callback) => deps.passOn(callback),

    async postCallback({ url, event }: Callback): Promise<Posted> {
      const source = Object.hasOwn(deps.sources(), event.data.source)
        ? deps.sources()[event.data.source]
        : undefined;
      const secrets = source?.callbacks.secrets ?? [];
      if (!source || secrets.length === 0) {
        throw failure(
          'Transient',
          `source ${event.data.source} has no secret to sign with: npx baton secrets rotate ${event.data.source}`,
        );
      }
      const body = JSON.stringify(event);
      const { cancellationSignal } = Context.current();
      const answer = await callWithin({ ms: TIMEOUT_MS, signal: cancellationSignal }, (signal) =>
        post(url, {
          headers: sign(event, body, secrets, new Date()),
          body,
          source,
          lookup: deps.lookup ?? systemLookup,
          signal,
        }),
      );
      if (answer.status < 200 || answer.status >= 300) throw refusal(answer);
      return { status: answer.status, attempts: activityInfo().attempt };
    },
  };
}

/** Returns the headers of an event: its id is the same in every attempt, and all secrets in use sign it. */
function sign(
  { data }: Callback['event'],
  body: string,
  secrets: readonly string[],
  now: Date,
): Record<string, string> {
  const id = `${data.id}_${data.sequence}`;
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/**
 * Posts without following redirects. The address is looked at after its name was resolved and is the one that is
 * connected to, so that a name cannot say one thing to the check and another to the connection.
 */
function post(
  url: string,
  options: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly source: Source;
    readonly lookup: LookupFunction;
    readonly signal: AbortSignal;
  },
): Promise<Answer> {
  const { headers, body, source, lookup, signal } = options;
  const { allow } = source.callbacks;
  // A host that is an address is not looked up.
  if (isForbiddenAddress(url, allow)) return Promise.reject(forbidden());
  const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        method: 'POST',
        // Kept connections were checked for another source.
        agent: false,
        lookup: guard(lookup, allow),
        signal,
        headers: {
          ...headers,
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          'User-Agent': 'Baton',
        },
      },
      (response) => {
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
        });
        // Nothing that a receiver says is read: only its status counts.
        response.destroy();
      },
    );
    request.on('error', (error) => {
      reject(explain(error));
    });
    request.end(body);
  });
}

/** Returns a look-up that fails unless every address of the name may be used. */
function guard(lookup: LookupFunction, allow: readonly string[]): LookupFunction {
  return (name, options, done) => {
    lookup(name, options, (error, found, family) => {
      if (error) {
        done(error, found, family);
        return;
      }
      const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address);
      if (addresses.every((address) => isAllowedAddress(address, allow))) done(null, found, family);
      else done(new ForbiddenAddressError(name), '', 0);
    });
  };
}

class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
}

function forbidden(): ApplicationFailure {
  return failure(
    'Permanent',
    'the address is not one on the public internet; allow its range under callbacks.allow of the source',
  );
}

/** The error itself stays here: it may quote the URL, which may hold a token. */
function explain(error: Error): ApplicationFailure {
  if (error instanceof ForbiddenAddressError) return forbidden();
  if (error.name === 'TimeoutError' || error.name === 'AbortError') {
    return failure('Transient', `the receiver did not answer within ${TIMEOUT_MS / 1_000} s`);
  }
  const { code = error.name } = error as NodeJS.ErrnoException;
  return failure('Transient', `the receiver could not be reached (${code})`);
}

function refusal({ status, retryAfter }: Answer): ApplicationFailure {
  if (status === 410) return failure('Permanent', 'the receiver answered 410: it wants no more');
  const isRedirect = status >= 300 && status < 400;
  const hint = isRedirect ? ': redirects are not followed' : '';
  const pauseMs = status === 429 || status === 503 ? readPause(retryAfter) : undefined;
  return ApplicationFailure.create({
    type: 'Transient' satisfies FailureType,
    message: `the receiver answered ${status}${hint}`,
    ...(pauseMs !== undefined && { nextRetryDelay: pauseMs }),
  });
}

/** Retry-After is a number of seconds or a date (RFC 9110, 10.2.3). */
function readPause(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  const ms = /^\d+$/.test(retryAfter)
    ? Number(retryAfter) * 1_000
    : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(ms) || ms <= 0 ? undefined : Math.min(ms, MAX_PAUSE_MS);
}

/** Returns a function that hands events to the workflows that deliver them. */
export function createCallbackStarter(
  client: Client,
  taskQueue: string,
): CallbackDependencies['passOn'] {
  return async (callback) => {
    const { id, source, sequence } = callback.event.data;
    const hand = (
      workflowIdReusePolicy: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE',
      deliveries?: Deliveries,
    ) =>
      client.workflow.signalWithStart('callback', {
        workflowId: callbackWorkflowId(id),
        workflowIdReusePolicy,
        taskQueue: handoffTaskQueue(taskQueue, 'routine'),
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
        args: [{ handoff: id, ...(deliveries && { deliveries }) }],
        typedSearchAttributes: [
          { key: SOURCE, value: source },
          { key: CALLBACKS, value: 'pending' },
        ],
        signal: callbackSignal,
        signalArgs: [callback],
      });
    try {
      await hand('REJECT_DUPLICATE');
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // All was delivered and they are over: this one was among that, or comes after the end.
      const deliveries = await readDeliveries(client, id, sequence);
      if (sequence >= deliveries.next) await hand('ALLOW_DUPLICATE', deliveries);
    }
  };
}

/** Returns what the workflow that is over has delivered; of one that somebody stopped, all before this number. */
async function readDeliveries(
  client: Client,
  handoff: string,
  sequence: number,
): Promise<Deliveries> {
  const { runId } = await client.workflow.getHandle(callbackWorkflowId(handoff)).describe();
  const handle = client.workflow.getHandle(callbackWorkflowId(handoff), runId, {
    followRuns: false,
  });
  try {
    return (await handle.result()) as Deliveries;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return { ...emptyDeliveries(), next: sequence };
  }
}
