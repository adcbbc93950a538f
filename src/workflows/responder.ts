import {
  allHandlersFinished,
  condition,
  getExternalWorkflowHandle,
  makeContinueAsNewFunc,
  patched,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { Absence } from '../domain/availability/situation.ts';
import type { AbsencePlan } from '../domain/away.ts';
import { isRecord, readText } from '../domain/record.ts';
import type { Answer } from '../domain/messages/answer.ts';
import {
  readAbsence,
  readClosed,
  readOffer,
  readReply,
  readSender,
  readStanding,
  type RecordedReply,
} from '../domain/payloads.ts';
import { absenceOf } from '../domain/presence.ts';
import { parseReply } from '../domain/reply.ts';
import { commandOf, routeReply, type ReplyRoute } from '../domain/reply-route.ts';
import {
  answerOffer,
  AWAY_MEMO,
  closeOffer,
  emptyResponder,
  isRepeatedReply,
  nextBundle,
  optIn,
  optOut,
  putBack,
  putStanding,
  routeOnce,
  takeDueBundles,
  type Bundle,
  type BundledNotification,
  type ResponderState,
} from '../domain/responder.ts';
import { lookUp } from '../domain/state.ts';
import { stoppedAt } from '../domain/offer.ts';
import { local, sendersOn } from './activities.ts';
import { explainFailure } from './failures.ts';
import {
  awaySignal,
  backSignal,
  closedSignal,
  bundleUndeliveredSignal,
  COMMAND_SIGNALS,
  deliverySignal,
  offeredSignal,
  offerUpdate,
  openQuery,
  optInSignal,
  optOutSignal,
  renewSignal,
  replySignal,
  routeUpdate,
  standingSignal,
  unknownRepliesQuery,
} from './messages.ts';

export interface ResponderInput {
  readonly responder: string;
  readonly state?: ResponderState;
}

/** A run may accept 2,000 updates (server limit); a new run starts well before that. */
const MAX_UPDATES_PER_RUN = 1_000;

/**
 * The durable side of a person: which handoffs were offered to them and are still open, and whether they
 * opted out or are away. Never ends; bounded by continue-as-new. Says how a message is to be put, and routes the replies
 * that came in while nobody could wait for an answer.
 */
export async function responder(input: ResponderInput): Promise<never> {
  const state = input.state ?? emptyResponder();
  const replies: RecordedReply[] = [];
  /** What handoffs are to be told. */
  const outbox: Undelivered[] = [];
  let updates = 0;
  let running = 0;
  let isToRenew = false;
  const now = () => new Date().toISOString();

  setHandler(
    offerUpdate,
    (request) => {
      updates += 1;
      return answerOffer(state, request, now(), input.responder);
    },
    {
      validator(payload: unknown) {
        if (!readOffer(payload)) throw new TypeError('an offer needs a card and a notificationId');
      },
    },
  );
  setHandler(offeredSignal, (payload: unknown) => {
    const request = readOffer(payload);
    // It goes out all the same.
    if (request) answerOffer(state, { ...request, mayBeHeld: false }, now(), input.responder);
  });
  setHandler(standingSignal, (payload: unknown) => {
    const news = readStanding(payload);
    if (news) putStanding(state, news.card, news.standing, now());
  });
  setHandler(closedSignal, (payload: unknown) => {
    const news = readClosed(payload);
    if (news) closeOffer(state, news.card, news.ending);
  });
  setHandler(optOutSignal, (payload: unknown) => {
    if (isRepeated(state, payload)) return;
    if (!isRecord(payload)) return;
    const { at = now() } = readText(payload, 'at');
    stop(input.responder, state, outbox, { at, ...readSender(payload) });
  });
  setHandler(optInSignal, (payload: unknown) => {
    if (!isRepeated(state, payload)) optIn(state);
  });
  setHandler(awaySignal, (payload: unknown) => {
    const absence = readAbsence(payload);
    if (absence && !isRepeated(state, payload)) setAway(state, absence);
  });
  setHandler(backSignal, (payload: unknown) => {
    if (!isRepeated(state, payload)) setAway(state, undefined);
  });
  setHandler(replySignal, (payload: unknown) => {
    const reply = readReply(payload);
    if (reply) replies.push(reply);
  });
  setHandler(
    routeUpdate,
    ({ replyId, text }) => {
      updates += 1;
      return routeOnce(
        state,
        replyId,
        () => findRoute(input.responder, state, { text }, now()),
        now(),
      );
    },
    {
      validator(payload: unknown) {
        const { replyId, text } = isRecord(payload)
          ? { ...readText(payload, 'replyId'), text: payload['text'] }
          : {};
        if (replyId === undefined || replyId === '__proto__' || typeof text !== 'string') {
          throw new TypeError('a reply needs a replyId and a text');
        }
      },
    },
  );
  setHandler(bundleUndeliveredSignal, (payload: unknown) => {
    if (!isRecord(payload)) return;
    const { bundle } = readText(payload, 'bundle');
    const { because = 'the provider gave no reason' } = readText(payload, 'because');
    const delivered = lookUp(state.delivered ?? {}, bundle ?? '') ?? [];
    outbox.push(...delivered.map((one) => ({ ...one, because })));
  });
  setHandler(renewSignal, () => {
    isToRenew = true;
  });
  setHandler(unknownRepliesQuery, (ids) =>
    ids.filter(
      (id) =>
        !state.routed.includes(id) &&
        !Object.hasOwn(state.routes ?? {}, id) &&
        !replies.some(({ replyId }) => replyId === id),
    ),
  );
  setHandler(openQuery, () => ({
    open: Object.values(state.open),
    closed: state.closed,
    ...(state.optedOutAt !== undefined && { optedOutAt: state.optedOutAt }),
    ...(state.away && { away: state.away }),
  }));

  /** Sends a bundle beside the loop: replies do not wait for a provider. */
  function send(bundle: Bundle): void {
    running += 1;
    void deliver(input.responder, bundle).then((result) => {
      running -= 1;
      if (!result) return;
      if ('heldUntil' in result) putBack(state, bundle, { ...result, now: now() });
      else outbox.push(...result.undelivered);
    });
  }

  /** Answers beside the loop too: what is said next is not to wait until this can be sent. */
  const tell = (reply: RecordedReply) => (text: Answer) => {
    running += 1;
    void sendAnswer(input.responder, reply, text).then(() => {
      running -= 1;
    });
  };

  const isLong = () =>
    isToRenew || updates >= MAX_UPDATES_PER_RUN || workflowInfo().continueAsNewSuggested;
  const isIdle = () => running === 0 && allHandlersFinished();
  for (;;) {
    const dueAt = nextBundle(state);
    const isBusy = () =>
      replies.length > 0 ||
      outbox.length > 0 ||
      isSooner(nextBundle(state), dueAt) ||
      (isLong() && isIdle());
    if (dueAt === undefined) await condition(isBusy);
    else {
      await condition(isBusy, Math.max(1, Date.parse(dueAt) - Date.now()), {
        summary: 'collect what goes out as one message',
      });
    }
    takeDueBundles(state, now()).forEach(send);
    for (let news = outbox.shift(); news; news = outbox.shift()) await tellHandoff(news);
    for (let reply = replies.shift(); reply; reply = replies.shift()) {
      await route(input.responder, state, outbox, reply, tell(reply));
    }
    if (isLong() && isIdle() && outbox.length === 0) {
      // Left to itself the next run has the memo that this one started with.
      const memo = { ...workflowInfo().memo, [AWAY_MEMO]: state.away ?? null };
      const startAnew = makeContinueAsNewFunc<typeof responder>({ memo });
      await startAnew({ responder: input.responder, state });
    }
  }
}

/** Records that the person is away or back, in the memo at once: an answer on its way may take minutes. */
function setAway(state: ResponderState, absence: Absence | undefined): void {
  if (!absence && !state.away) return;
  if (absence) state.away = absence;
  else delete state.away;
  upsertMemo({ [AWAY_MEMO]: absence ?? null });
}

function isRepeated(state: ResponderState, payload: unknown): boolean {
  const { replyId } = isRecord(payload) ? readText(payload, 'replyId') : {};
  return replyId !== undefined && isRepeatedReply(state, replyId);
}

/** A bundle that grows is put off; the alarm that is set rings then for nothing, which costs less than a new one each time. */
function isSooner(at: string | undefined, than: string | undefined): boolean {
  return at !== undefined && (than === undefined || Date.parse(at) < Date.parse(than));
}

/** What a handoff is to be told: that a message did not arrive, or that SMS will not reach somebody any more. */
type Undelivered =
  | (BundledNotification & { readonly because: string })
  | { readonly handoff: string; readonly responder: string };

async function tellHandoff(news: Undelivered): Promise<void> {
  const payload =
    'notification' in news
      ? { notification: news.notification, because: news.because }
      : { responder: news.responder, channel: 'sms' as const, because: 'they replied STOP' };
  try {
    await getExternalWorkflowHandle(news.handoff).signal(deliverySignal, payload);
  } catch {
    // It is over, and needs to know nothing any more.
  }
}

/** Sends several messages as one. What is not sent is either not to be sent yet, or told to the handoffs. */
async function deliver(
  responderId: string,
  { id, channel, entries }: Bundle,
): Promise<{ heldUntil: string } | { undelivered: Undelivered[] } | undefined> {
  const senders = sendersOn(channel, { urgency: 'routine', giveUpAfterMs: DELIVER_FOR_MS });
  const { sendSmsBundle, sendEmailBundle } = senders;
  const activity = channel === 'email' ? sendEmailBundle : sendSmsBundle;
  try {
    const sent = await activity.executeWithOptions(
      { summary: `${channel} to ${responderId}: ${entries.length} handoffs` },
      [{ responder: responderId, bundle: id, entries }],
    );
    if (!('because' in sent)) return undefined;
    if (sent.heldUntil !== undefined) return { heldUntil: sent.heldUntil };
    return { undelivered: listUndelivered(entries, sent.because) };
  } catch (error) {
    return { undelivered: listUndelivered(entries, explainFailure(error)) };
  }
}

function listUndelivered(entries: Bundle['entries'], because: string): Undelivered[] {
  return entries.map(({ handoff, notification }) => ({
    handoff: handoff.id,
    notification,
    because,
  }));
}

/** Routine work that could not be handed over within an hour takes its next step. */
const DELIVER_FOR_MS = 3_600_000;

function findRoute(
  self: string,
  { open, closed, optedOutAt }: ResponderState,
  {
    text,
    about,
    intent,
    receivedAt,
  }: Pick<RecordedReply, 'text' | 'about' | 'intent' | 'receivedAt'>,
  now: string,
): ReplyRoute {
  // What was understood when it came stands: the words a later version knows would break the replay of this one.
  return routeReply(intent ?? parseReply(text), {
    open: Object.values(open),
    closed,
    self,
    isOptedOut: optedOutAt !== undefined,
    ...(about !== undefined && { about }),
    ...(patched('what-went-a-moment-ago') && { now: receivedAt ?? now }),
    ...(receivedAt !== undefined && { receivedAt }),
  });
}

/** Whoever texted STOP is told by other ways at once of what waits for them. */
function stop(
  responder: string,
  state: ResponderState,
  outbox: Undelivered[],
  { at, sender }: { readonly at: string; readonly sender?: readonly string[] },
): void {
  optOut(state, at, sender);
  if (!patched('opt-out-tells-handoffs')) return;
  for (const { handoffId: handoff } of Object.values(state.open)) {
    outbox.push({ handoff, responder });
  }
}

/** Hands a reply to the handoff it means, which confirms by SMS; or answers it when it means none. */
async function route(
  responderId: string,
  state: ResponderState,
  outbox: Undelivered[],
  reply: RecordedReply,
  answer: (text: Answer) => void,
): Promise<void> {
  if (isRepeatedReply(state, reply.replyId)) return;
  if (reply.from !== undefined) {
    answer({ kind: 'other-sender', from: reply.from });
    return;
  }
  const now = new Date().toISOString();
  const { route, isSilent } = routeOnce(
    state,
    reply.replyId,
    () => findRoute(responderId, state, reply, now),
    now,
  );
  if (isSilent && route.kind !== 'command') return;
  switch (route.kind) {
    case 'opt-out':
      stop(responderId, state, outbox, { at: now, ...(reply.sender && { sender: reply.sender }) });
      return;
    case 'opt-in':
      optIn(state);
      return;
    case 'away': {
      const plan = await planAbsence(responderId, reply, route, now);
      if (plan.kind === 'absence') {
        setAway(state, plan.absence);
        const offers = Object.values(state.open);
        answer({ ...plan, kind: 'away', offers });
      } else answer(plan);
      return;
    }
    case 'back':
      setAway(state, undefined);
      answer({ kind: 'back', offers: Object.values(state.open) });
      return;
    case 'silent':
      return;
    case 'command': {
      const { verb, payload } = commandOf(route, { ...reply, confirm: true });
      try {
        await getExternalWorkflowHandle(route.offer.handoffId).signal(
          COMMAND_SIGNALS[verb],
          payload,
        );
      } catch {
        // It ended meanwhile, and the news of that is on its way here; or somebody stopped it, and no news will come.
        closeOffer(state, route.offer, stoppedAt(now));
        answer({ kind: 'ended', offer: route.offer });
      }
      return;
    }
    default:
      answer(route);
  }
}

/** Reads until when somebody is away, and who covers: time zones and names are for an activity. */
async function planAbsence(
  responder: string,
  { text }: RecordedReply,
  route: Extract<ReplyRoute, { kind: 'away' }>,
  now: string,
): Promise<AbsencePlan> {
  if (patched('away-by-activity')) {
    const summary = `${responder} is away: until when?`;
    try {
      return await local.planAbsence.executeWithOptions({ summary }, [{ responder, text, now }]);
    } catch {
      // Nobody waits behind it for good: what the words alone say must do.
    }
  }
  const absence = absenceOf(route, now);
  return absence ? { kind: 'absence', absence } : { kind: 'away-unclear', text };
}

async function sendAnswer(responderId: string, reply: RecordedReply, text: Answer): Promise<void> {
  const channel = reply.via ?? 'sms';
  const senders = sendersOn(channel, {
    urgency: 'urgent',
    giveUpAfterMs: 15 * 60_000,
  });
  try {
    await (channel === 'sms' ? senders.sendAnswer : senders.sendEmailAnswer).executeWithOptions(
      { summary: `answer to ${responderId}: ${text.kind}` },
      [
        {
          responder: responderId,
          replyId: reply.replyId,
          answer: text,
          ...(reply.about !== undefined && { about: reply.about }),
        },
      ],
    );
  } catch {
    // The activity's failure is in the history; there is no other way to reach somebody who texted.
  }
}
