import express, { Router } from 'express';
import twilio from 'twilio';
import { z } from 'zod';
import { findResponderByPhone, type Directory, type Responder } from '../domain/directory.ts';
import { renderAnswer, type Answer } from '../domain/messages/answer.ts';
import { explainTwilioCode } from '../domain/provider-codes.ts';
import { commandOf, parseReply, routeReply } from '../domain/reply.ts';
import type { Actor } from '../domain/state.ts';
import type { Logger } from '../logger.ts';
import type { HandoffClient } from './handoff-client.ts';
import type { ResponderClient } from './responder-client.ts';
import { requireTwilioSignature } from './verify.ts';

export interface TwilioDependencies {
  readonly handoffs: HandoffClient;
  readonly responders: ResponderClient;
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
});

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
      const { MessageSid, Body } = inbound.data;
      const answer = await answerReply(deps, responder, {
        replyId: `sms:${MessageSid}`,
        text: Body,
      });
      const reader = { timezone: responder.timezone, now: new Date().toISOString() };
      if (answer) twiml.message(renderAnswer(answer, reader));
    }
    response.type('text/xml').send(twiml.toString());
  });

  router.post('/status', async (request, response) => {
    const status = statusSchema.safeParse(request.body);
    const { h: handoff, n: notification } = request.query;
    const isFailure =
      status.data?.MessageStatus === 'failed' || status.data?.MessageStatus === 'undelivered';
    if (isFailure && typeof handoff === 'string' && typeof notification === 'string') {
      await deps.handoffs.reportUndelivered(handoff, notification, describeFailure(status.data));
    }
    response.status(204).end();
  });

  return router;
}

/**
 * Returns the true answer to a reply, or undefined when there is to be none. Before this returns anything but
 * `not-recorded`, the reply is durable in Temporal: as a signal to the handoff it means, or, while no worker
 * can tell which that is, to the person's own workflow.
 */
async function answerReply(
  { handoffs, responders, logger }: TwilioDependencies,
  { id, name }: Responder,
  { replyId, text }: { replyId: string; text: string },
): Promise<Answer | undefined> {
  const by: Actor = { kind: 'responder', id, name };
  const intent = parseReply(text);
  try {
    if (intent.kind === 'opt-out' || intent.kind === 'opt-in') {
      await responders.setOptedOut(id, intent.kind === 'opt-out');
      return undefined;
    }
    if (intent.kind === 'carrier-help') return undefined;
    const person = await responders.readOpen(id);
    if (!person) {
      await responders.recordReply(id, { replyId, text, by });
      return { kind: 'recorded' };
    }
    const route = routeReply(intent, person);
    if (route.kind === 'opt-out' || route.kind === 'opt-in' || route.kind === 'silent')
      return undefined;
    if (route.kind !== 'command') return route;
    const { offer } = route;
    const { verb, payload } = commandOf(route, { replyId, by });
    const report = await handoffs.command(offer.handoffId, verb, payload);
    if (report === 'unknown') return { kind: 'ended', offer };
    if (report === 'recorded') return { kind: 'recorded' };
    return { kind: 'result', card: report.card, code: offer.code, result: report.result };
  } catch (error) {
    logger.error({ err: error, responder: id }, 'a reply could not be recorded');
    return { kind: 'not-recorded' };
  }
}

function describeFailure(status: z.infer<typeof statusSchema> | undefined): string {
  const code = status?.ErrorCode;
  if (code === undefined) return 'Twilio could not deliver it';
  const known = explainTwilioCode(code);
  return known ? `Twilio ${code}: ${known.means}` : `Twilio could not deliver it (${code})`;
}
