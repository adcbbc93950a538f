import { setTimeout as delay } from 'node:timers/promises';
import express, { Router } from 'express';
import twilio from 'twilio';
import { z } from 'zod';
import type { Absence } from '../domain/availability/situation.ts';
import { planAbsence } from '../domain/away.ts';
import {
  findResponder,
  findResponderByPhone,
  type Directory,
  type Responder,
} from '../domain/directory.ts';
import { renderAnswer, type Answer } from '../domain/messages/answer.ts';
import { stoppedAt } from '../domain/offer.ts';
import type { RecordedReply } from '../domain/payloads.ts';
import { explainTwilioCode } from '../domain/provider-codes.ts';
import type { Presence } from '../domain/presence.ts';
import { parseReply, type ReplyIntent } from '../domain/reply.ts';
import { commandOf, isAsking, type ReplyRoute } from '../domain/reply-route.ts';
import { isAwayAt, isTooIdle, type ResponderView } from '../domain/responder.ts';
import { toClosedOffer } from '../domain/standing.ts';
import { endsIt, type Actor } from '../domain/state.ts';
import { cleanProse } from '../domain/text.ts';
import type { Logger } from '../logger.ts';
import { isWorthTelling, type ReplyReader, type ReplyReading } from '../people/replies.ts';
import type { Responders } from '../people/responders.ts';
import type { AskStandings } from '../people/standings.ts';
import { mayHaveArrived } from '../temporal/grpc-status.ts';
import type { HandoffClient } from './handoff-client.ts';
import { requireTwilioSignature } from './verify.ts';
import { routeVoice } from './voice.ts';

export interface TwilioDependencies {
  readonly handoffs: HandoffClient;
  readonly responders: Responders;
  readonly standings: AskStandings;
  readonly replies: Pick<ReplyReader, 'read'>;
  readonly directory: () => Directory;
  readonly authToken: string;
  readonly publicBaseUrl: string;
  readonly logger: Logger;
}

/** Twilio's fields of an inbound message that we read; it may send others. */
const inboundSchema = z.object({
  MessageSid: z.string().min(1),
  From: z.string().min(1),
  Body: z.string().default(''),
  To: z.string().optional(),
  /** There where the number they texted to belongs to one. */
  MessagingServiceSid: z.string().optional(),
  /** What Advanced Opt-Out took it for, in the words of its own settings: `ARRET` may be a STOP. */
  OptOutType: z.enum(['STOP', 'START', 'HELP']).optional().catch(undefined),
});
type Inbound = z.infer<typeof inboundSchema>;

const statusSchema = z.object({
  MessageStatus: z.string(),
  ErrorCode: z.coerce.number().optional().catch(undefined),
});

/** Returns the routes that Twilio calls: replies by SMS and what became of messages. */
export function routeTwilio(deps: TwilioDependencies): Router {
  const router = Router();
  router.use(express.urlencoded({ extended: false, limit: '64kb' }), requireTwilioSignature(deps));

  router.post('/sms', async (request, response) => {
    const inbound = inboundSchema.safeParse(request.body);
    const responder = inbound.data && findResponderByPhone(deps.directory(), inbound.data.From);
    const twiml = new twilio.twiml.MessagingResponse();
    // Strangers get silence: an answer would tell them that somebody is here.
    if (inbound.data && responder) {
      const answer = await answerReply(deps, responder, readSms(inbound.data));
      const reader = { timezone: responder.timezone, now: new Date().toISOString() };
      // XML has no place for control characters: with one of them no answer could be given at all.
      if (answer) twiml.message(cleanProse(renderAnswer(answer, reader)));
    }
    response.type('text/xml').send(twiml.toString());
  });

  router.use('/voice', routeVoice(deps));

  router.post('/status', async (request, response) => {
    const status = statusSchema.safeParse(request.body);
    const { h: handoff, n: notification, r: responder, b: bundle } = request.query;
    const isFailure =
      status.data?.MessageStatus === 'failed' || status.data?.MessageStatus === 'undelivered';
    if (isFailure && typeof handoff === 'string' && typeof notification === 'string') {
      await deps.handoffs.reportUndelivered(handoff, notification, describeFailure(status.data));
    } else if (isFailure && typeof responder === 'string' && typeof bundle === 'string') {
      await deps.responders.reportBundle(responder, bundle, describeFailure(status.data));
    }
    response.status(204).end();
  });

  return router;
}

/** A reply by SMS. */
interface SmsReply {
  readonly replyId: string;
  readonly text: string;
  readonly intent: ReplyIntent;
  /** Twilio says so: it has seen to it already. */
  readonly isByTwilio: boolean;
  /** The names of what they texted to. */
  readonly sender: readonly string[];
}

const OPT_OUT_INTENTS = {
  STOP: { kind: 'opt-out' },
  START: { kind: 'opt-in' },
  HELP: { kind: 'carrier-help' },
} as const satisfies Record<string, ReplyIntent>;

/** https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out */
function readSms({ MessageSid, Body, OptOutType, MessagingServiceSid, To }: Inbound): SmsReply {
  return {
    replyId: `sms:${MessageSid}`,
    text: Body,
    isByTwilio: OptOutType !== undefined,
    intent: OptOutType === undefined ? parseReply(Body) : OPT_OUT_INTENTS[OptOutType],
    sender: [MessagingServiceSid, To].filter((name) => name !== undefined),
  };
}

/**
 * Returns the true answer to a reply, or undefined when there is to be none. Before this returns anything but
 * `not-recorded` and `uncertain`, the reply is durable in Temporal: as a signal to the handoff it means, or, while no worker
 * can tell which that is, to the person's own workflow. That they are away or back is for that one anyway.
 */
async function answerReply(
  deps: TwilioDependencies,
  responder: Responder,
  sms: SmsReply,
): Promise<Answer | undefined> {
  const failed = (error: unknown): void => {
    deps.logger.error({ err: error, responder: responder.id }, 'a reply could not be recorded');
  };
  let carryOut: () => Promise<Answer | undefined>;
  try {
    carryOut = await understand(deps, responder, sms);
  } catch (error) {
    failed(error);
    return { kind: 'not-recorded' };
  }
  try {
    return await carryOut();
  } catch (error) {
    failed(error);
    return { kind: mayHaveArrived(error) ? 'uncertain' : 'not-recorded' };
  }
}

/** Finds out what a reply means, and returns what does it and answers. Until that is called nothing is recorded. */
async function understand(
  deps: TwilioDependencies,
  responder: Responder,
  { replyId, text, intent, isByTwilio, sender }: SmsReply,
): Promise<() => Promise<Answer | undefined>> {
  const { responders } = deps;
  const { id, name } = responder;
  if (intent.kind === 'opt-out') {
    return async () => {
      await responders.optOut(id, replyId, sender);
      return undefined;
    };
  }
  if (intent.kind === 'carrier-help') return silently;
  if (intent.kind === 'away') return () => goAway(deps, responder, { ...intent, replyId, text });
  if (intent.kind === 'back') {
    return async () => {
      await responders.setBack(id, replyId);
      return describePresence(deps, responder);
    };
  }
  const by: Actor = { kind: 'responder', id, name };
  const reply: RecordedReply = { replyId, text, by, receivedAt: new Date().toISOString() };
  const person = isByTwilio ? undefined : await responders.read(id, [replyId]);
  if (intent.kind === 'opt-in' && (!person || person.optedOutAt !== undefined)) {
    return async () => {
      await responders.optIn(id, replyId);
      return undefined;
    };
  }
  const reading = person && (await readReply(deps, id, person, reply));
  if (!reading || reading.kind === 'unanswered') {
    return async () => {
      await record(deps, id, reply);
      return { kind: 'recorded' };
    };
  }
  switch (reading.kind) {
    case 'waiting':
      return () => Promise.resolve({ kind: 'recorded' });
    case 'known':
      return () => Promise.resolve({ kind: 'result', ...reading.report });
    case 'routed':
      return () => follow(deps, person, reply, reading.route);
  }
}

const silently = (): Promise<undefined> => Promise.resolve(undefined);

/** Returns what a reply means; `waiting`: their workflow has it, and is about to deal with it. */
async function readReply(
  { responders, replies, logger }: TwilioDependencies,
  responder: string,
  person: ResponderView,
  reply: RecordedReply,
): Promise<ReplyReading | { readonly kind: 'waiting' }> {
  const { replyId, text, receivedAt: now = '' } = reply;
  const earlier = person.replies[replyId];
  if (earlier === 'waiting') return { kind: 'waiting' };
  const reading = await replies.read(responder, person, { replyId, text }, { now });
  if (isWorthTelling(reading.ended)) {
    inPassing(logger, responder, responders.tellEnded(responder, reading.ended));
  }
  if (earlier !== 'seen' || reading.kind !== 'routed' || reading.route.kind !== 'command') {
    return reading;
  }
  // When it came first nothing was changed by it: it is not to mean more when it comes again.
  const { verb, offer } = reading.route;
  const route: ReplyRoute =
    verb === 'note' ? { kind: 'help', offers: [offer] } : { kind: 'choose', verb, offers: [offer] };
  return { ...reading, route };
}

/** Does what a reply means, and returns what is answered to it. */
async function follow(
  deps: TwilioDependencies,
  person: ResponderView,
  reply: RecordedReply,
  route: ReplyRoute,
): Promise<Answer | undefined> {
  const { handoffs, responders, logger } = deps;
  const { replyId, by } = reply;
  const { id } = by;
  const note = (isIdle: boolean, over?: string): void => {
    // Of what a handoff knows their workflow need not know.
    if (!isIdle && person.idle === 0 && over === undefined) return;
    const seen = { replyId, isIdle, ...(over !== undefined && { over }) };
    inPassing(logger, id, responders.noteReply(id, seen));
  };
  const isSilent = isTooIdle(person.idle, isAsking(route));
  switch (route.kind) {
    case 'command':
      break;
    case 'away':
    case 'back':
    case 'opt-out':
    case 'opt-in':
    case 'silent':
      return undefined;
    default:
      note(true);
      return isSilent ? undefined : route;
  }
  const { offer } = route;
  const { verb, payload } = commandOf(route, { replyId, by });
  const report = await handoffs
    .command(offer.handoffId, verb, payload)
    .catch(async (error: unknown) => {
      logger.warn({ err: error, responder: id }, 'a reply did not reach its handoff');
      // Their own workflow finds out what it means, and hands it over under the same id: it counts once.
      await record(deps, id, reply).catch((failure: unknown) => {
        // Either may have arrived.
        throw mayHaveArrived(failure) ? failure : error;
      });
      return 'recorded' as const;
    });
  // That it is answered is promised only when that is durable: this process may end before it can be recorded.
  if (report === 'unconfirmed') inPassing(logger, id, record(deps, id, reply));
  if (report === 'recorded' || report === 'unconfirmed')
    return isSilent ? undefined : { kind: report };
  if (report === 'unknown') {
    const closed = [toClosedOffer(offer, stoppedAt(new Date().toISOString()))];
    inPassing(logger, id, responders.tellEnded(id, { closed, forgotten: [] }));
    note(true);
    return isSilent ? undefined : { kind: 'ended', offer };
  }
  const isIdle = verb === 'note' || report.result.isRepeated === true;
  note(isIdle, endsIt(report.result) ? offer.handoffId : undefined);
  if (isIdle && isSilent) return undefined;
  return { kind: 'result', card: report.card, code: offer.code, result: report.result };
}

/** Lets go on beside the answer what is good to have recorded, but not worth waiting for. */
function inPassing(logger: Logger, responder: string, recorded: Promise<void>): void {
  recorded.catch((error: unknown) => {
    logger.warn({ err: error, responder }, 'what was found about a reply could not be recorded');
  });
}

/**
 * Records a reply that has been routed, so that the person's workflow sees to its answer. Nobody else would find it
 * again: while this fails it is tried for as long as somebody may wait for it. Rejects when it failed the first time.
 */
async function record(
  { responders, logger }: TwilioDependencies,
  responder: string,
  reply: RecordedReply,
): Promise<void> {
  const { receivedAt } = reply;
  const spentMs = receivedAt === undefined ? 0 : Date.now() - Date.parse(receivedAt);
  try {
    await responders.recordReply(
      responder,
      reply,
      Math.max(LEAST_FOR_RECORD_MS, ANSWER_WITHIN_MS - spentMs),
    );
  } catch (error) {
    void (async () => {
      for (let attempt = 0; attempt < RECORD_ATTEMPTS; attempt += 1) {
        await delay(RECORD_EVERY_MS, undefined, { ref: false });
        const isRecorded = await responders.recordReply(responder, { ...reply, isLate: true }).then(
          () => true,
          () => false,
        );
        if (isRecorded) return;
      }
      logger.error({ responder }, 'a reply was given up: its sender is not told what came of it');
    })();
    throw error;
  }
}

/** Twilio waits 15 s for the answer to a reply: what is left of that is better waited for than left uncertain. */
const ANSWER_WITHIN_MS = 12_000;
const LEAST_FOR_RECORD_MS = 4_000;
/** A quarter of an hour. */
const RECORD_ATTEMPTS = 90;
const RECORD_EVERY_MS = 10_000;

/** Records that a person is away, if it is clear until when and who covers. */
async function goAway(
  deps: TwilioDependencies,
  responder: Responder,
  said: Extract<Presence, { kind: 'away' }> & { replyId: string; text: string },
): Promise<Answer> {
  const { text, replyId } = said;
  const now = new Date().toISOString();
  const plan = planAbsence(said, { now, responder, directory: deps.directory(), text });
  if (plan.kind !== 'absence') {
    // Seen and answered: nobody is to find it at Twilio and answer it again.
    const noted = deps.responders.noteReply(responder.id, { replyId, isIdle: true });
    inPassing(deps.logger, responder.id, noted);
    return plan;
  }
  await deps.responders.setAway(responder.id, plan.absence, replyId);
  return describePresence(deps, responder, plan.absence);
}

/**
 * Returns whether a person is away, and what waits for them. Their workflow knows best: a reply may have come
 * twice, with another between. While it does not answer, `absence` counts, which is recorded.
 */
async function describePresence(
  { responders, standings, directory }: TwilioDependencies,
  { id }: Responder,
  absence?: Absence,
): Promise<Answer> {
  const person = await responders.read(id).catch(() => undefined);
  const away = person ? person.away : absence;
  const found = person && (await standings(id, person.offers).catch(() => undefined));
  const offers = found && { offers: found.open };
  if (!away || !isAwayAt(away, new Date().toISOString())) return { kind: 'back', ...offers };
  const cover = away.cover === undefined ? undefined : findResponder(directory(), away.cover);
  return { kind: 'away', absence: away, ...(cover && { coverName: cover.name }), ...offers };
}

function describeFailure(status: z.infer<typeof statusSchema> | undefined): string {
  const code = status?.ErrorCode;
  if (code === undefined) return 'Twilio could not deliver it';
  const known = explainTwilioCode(code);
  return known ? `Twilio ${code}: ${known.means}` : `Twilio could not deliver it (${code})`;
}
