import {
  allHandlersFinished,
  condition,
  getExternalWorkflowHandle,
  makeContinueAsNewFunc,
  patched,
  setHandler,
  sleep,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { SignalDefinition } from '@temporalio/common';
import type { Absence } from '../domain/availability/situation.ts';
import type { AbsencePlan } from '../domain/away.ts';
import {
  leaveOutPassed,
  nextBundle,
  noteDelivery,
  putBack,
  takeDueBundles,
} from '../domain/bundles.ts';
import { isRecord, readText } from '../domain/record.ts';
import type { Answer } from '../domain/messages/answer.ts';
import { toOpenOffer } from '../domain/standing.ts';
import type { OpenOffer } from '../domain/offer.ts';
import {
  readAbsence,
  readEnded,
  readOffer,
  readReply,
  readSeen,
  readSender,
  readTexts,
  type RecordedReply,
} from '../domain/payloads.ts';
import { absenceOf } from '../domain/presence.ts';
import { commandOf, isAsking, tellClosed, type ReplyRoute } from '../domain/reply-route.ts';
import type { ReplyReading } from '../people/replies.ts';
import type { FoundStandings } from '../activities/index.ts';
import {
  answerOffer,
  AWAY_MEMO,
  closeOffers,
  countIdle,
  holdForAbsence,
  idleAt,
  isRepeatedReply,
  isTooIdle,
  isToPrune,
  noteOver,
  optIn,
  optOut,
  prune,
  viewResponder,
} from '../domain/responder.ts';
import {
  emptyResponder,
  type Bundle,
  type BundledNotification,
  type ResponderState,
} from '../domain/responder-state.ts';
import { lookUp, putUnder } from '../domain/state.ts';
import { createTurns, local, persist, questions, sendersOn, type InTurn } from './activities.ts';
import { explainFailure } from './failures.ts';
import {
  awaySignal,
  backSignal,
  bundleUndeliveredSignal,
  COMMAND_SIGNALS,
  confirmSignal,
  deliverySignal,
  endedSignal,
  offeredSignal,
  offerUpdate,
  optInSignal,
  optOutSignal,
  renewSignal,
  replySignal,
  responderQuery,
  seenSignal,
} from './messages.ts';

export interface ResponderInput {
  readonly responder: string;
  readonly state?: ResponderState;
}

/** A run may accept 2,000 updates (server limit); a new run starts well before that. */
const MAX_UPDATES_PER_RUN = 1_000;

/** A patch: before it questions were local activities. */
const ASKED_BESIDE = 'asked-beside';

/** So many handoffs are asked at a time whether they are over. */
const MAX_PRUNED = 100;

/**
 * The durable side of a person: what they were written to about, and whether they opted out or are away. Never ends;
 * bounded by continue-as-new. Says how a message is to be put, and deals with the replies that came in while nobody could
 * wait for an answer. How they stand to a handoff it asks of the handoff.
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
    // It goes out, or went out, all the same.
    if (request) answerOffer(state, { ...request, mayBeHeld: false }, now(), input.responder);
  });
  setHandler(endedSignal, (payload: unknown) => {
    closeOffers(state, readEnded(payload));
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
  setHandler(seenSignal, (payload: unknown) => {
    const seen = readSeen(payload);
    if (!seen || isRepeatedReply(state, seen.replyId)) return;
    countIdle(state, seen.isIdle, now());
    if (seen.over !== undefined) noteOver(state, seen.over, now());
  });
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
  setHandler(responderQuery, (ids: unknown) => {
    const known: Record<string, 'waiting' | 'seen'> = {};
    for (const id of readTexts(ids)) {
      if (replies.some(({ replyId }) => replyId === id)) putUnder(known, id, 'waiting');
      else if (state.routed.includes(id)) putUnder(known, id, 'seen');
    }
    return viewResponder(state, now(), known);
  });

  const person: Person = { id: input.responder, state, outbox, inTurn: createTurns(), now };

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
      isToPrune(state) ||
      isSooner(nextBundle(state), dueAt) ||
      (isLong() && isIdle());
    if (dueAt === undefined) await condition(isBusy);
    else {
      await condition(isBusy, Math.max(1, Date.parse(dueAt) - Date.now()), {
        summary: 'collect what goes out as one message',
      });
    }
    for (const bundle of takeDueBundles(state, now())) {
      const entries = await leaveOut(person, bundle);
      if (entries.length === 0) continue;
      const absence = holdForAbsence(state, entries, now());
      if (absence?.until !== undefined) {
        putBack(state, { ...bundle, entries }, { heldUntil: absence.until, now: now() });
        continue;
      }
      if (absence) {
        outbox.push(...listUndelivered(entries, 'they are away, and did not say until when'));
        continue;
      }
      noteDelivery(state, { ...bundle, entries }, now());
      send({ ...bundle, entries });
    }
    for (let news = outbox.shift(); news; news = outbox.shift()) await tellHandoff(news);
    for (let [reply] = replies; reply; [reply] = replies) {
      await answerReply(person, reply, tell(reply));
      // Until then it is on its way, for whoever asks.
      replies.shift();
    }
    if (isToPrune(state)) {
      // The oldest first: they are the likeliest to be over.
      const oldest = Object.values(state.offers).slice(0, MAX_PRUNED);
      const { closed, forgotten } = await askStandings(person, 'what is over?', oldest);
      prune(state, { closed, forgotten });
    }
    if (isLong() && isIdle() && outbox.length === 0 && replies.length === 0) {
      // Left to itself the next run has the memo that this one started with.
      const memo = { ...workflowInfo().memo, [AWAY_MEMO]: state.away ?? null };
      const startAnew = makeContinueAsNewFunc<typeof responder>({ memo });
      await startAnew({ responder: input.responder, state });
    }
  }
}

/** A person, as the functions below deal with them. */
interface Person {
  readonly id: string;
  readonly state: ResponderState;
  readonly outbox: Undelivered[];
  readonly inTurn: InTurn;
  readonly now: () => string;
}

/** Asks handoffs how the person stands to them; where nobody can say they are taken to wait for them. */
async function askStandings(
  { id, state, inTurn }: Person,
  why: string,
  offers = Object.values(state.offers),
  { replyIds = [], withCards = false }: { replyIds?: readonly string[]; withCards?: boolean } = {},
): Promise<FoundStandings> {
  const summary = `${id}: ${why}`;
  const input = {
    responder: id,
    offers,
    ...(replyIds.length > 0 && { replyIds }),
    ...(withCards && { withCards }),
  };
  try {
    return await (patched(ASKED_BESIDE)
      ? questions().askStandings.executeWithOptions({ summary }, [input])
      : inTurn(() => local.askStandings.executeWithOptions({ summary }, [input])));
  } catch {
    const open = offers.map((offer) => toOpenOffer(offer));
    return { open, closed: [], forgotten: [], reports: [] };
  }
}

/** Returns what of a bundle is still to be said, and as it is now: its source may have changed it meanwhile. */
async function leaveOut(person: Person, bundle: Bundle): Promise<Bundle['entries']> {
  const { offers } = person.state;
  const known = bundle.entries.flatMap(({ handoff }) => lookUp(offers, handoff.id) ?? []);
  const found = await askStandings(person, 'what is still to be said?', [...new Set(known)], {
    withCards: true,
  });
  closeOffers(person.state, found);
  const asked = new Set(
    found.open.filter(({ standing }) => standing === 'asked').map(({ handoffId }) => handoffId),
  );
  const cards = new Map(found.cards?.map((card) => [card.id, card]));
  return leaveOutPassed(bundle, (handoff) => asked.has(handoff)).map((entry) => ({
    ...entry,
    handoff: cards.get(entry.handoff.id) ?? entry.handoff,
  }));
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
  // What is over needs to know nothing any more.
  await signalHandoff(news.handoff, deliverySignal, payload);
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

/** Whoever texted STOP is told by other ways at once of what waits for them. */
function stop(
  responder: string,
  state: ResponderState,
  outbox: Undelivered[],
  { at, sender }: { readonly at: string; readonly sender?: readonly string[] },
): void {
  optOut(state, at, sender);
  for (const handoff of Object.keys(state.offers)) outbox.push({ handoff, responder });
}

/** When no worker says how the person stands to a handoff it is asked again after these pauses. */
const ASK_AGAIN = ['2s', '10s'] as const;

/** Finds out what a reply means, however long that takes. */
async function findRoute(
  { id, state, inTurn, now }: Person,
  reply: RecordedReply,
): Promise<ReplyReading> {
  const { replyId, text, about, receivedAt, isLate } = reply;
  const said = {
    replyId,
    text,
    ...(about !== undefined && { about }),
    ...(receivedAt !== undefined && { receivedAt }),
    ...(isLate && { isLate }),
  };
  const summary = `${id}: what does the reply mean?`;
  const ask = (isLast: boolean): Promise<ReplyReading> => {
    const { offers, closed, optedOutAt } = state;
    const known = {
      offers: Object.values(offers),
      closed,
      ...(optedOutAt !== undefined && { optedOutAt }),
    };
    const input = { responder: id, known, said, now: now(), isLast };
    return patched(ASKED_BESIDE)
      ? questions().readReply.executeWithOptions({ summary }, [input])
      : inTurn(() => local.readReply.executeWithOptions({ summary }, [input]));
  };
  for (const pause of ASK_AGAIN) {
    const reading = await ask(false).catch(() => undefined);
    if (reading && reading.kind !== 'unanswered') return reading;
    await sleep(pause, { summary: `again: ${summary}` });
  }
  for (;;) {
    const reading = await persist(summary, always, () => ask(true));
    if (reading) return reading;
  }
}

const always = () => true;

/** What brings nothing about but its answer. */
const ANSWERED: ReadonlySet<ReplyRoute['kind']> = new Set([
  'choose',
  'unknown-code',
  'closed',
  'nothing-open',
  'help',
]);

/** Hands a reply to the handoff it means, which confirms by SMS; or answers it when it means none. */
async function answerReply(
  person: Person,
  reply: RecordedReply,
  answer: (text: Answer) => void,
): Promise<void> {
  const { id, state, outbox, now } = person;
  if (state.routed.includes(reply.replyId)) return;
  if (reply.from !== undefined) {
    isRepeatedReply(state, reply.replyId);
    answer({ kind: 'other-sender', from: reply.from });
    return;
  }
  const reading = await findRoute(person, reply);
  closeOffers(state, reading.ended);
  isRepeatedReply(state, reply.replyId);
  if (reading.kind === 'known') {
    // It came by another way before, and whoever sent it may not have been answered.
    const { report } = reading;
    const isTold = await signalHandoff(report.card.id, confirmSignal, { commandId: reply.replyId });
    if (!isTold) answer({ kind: 'result', ...report });
    return;
  }
  if (reading.kind !== 'routed') return;
  const { route } = reading;
  const isIdle = route.kind !== 'command' || route.verb === 'note';
  const isSilent = isIdle && isTooIdle(idleAt(state, now()), isAsking(route));
  countIdle(state, isIdle, now());
  // Whatever a machine may have said is done all the same; what follows here would only be an answer.
  if (isSilent && ANSWERED.has(route.kind)) return;
  switch (route.kind) {
    case 'opt-out':
      stop(id, state, outbox, { at: now(), ...(reply.sender && { sender: reply.sender }) });
      return;
    case 'opt-in':
      optIn(state);
      return;
    case 'away': {
      const plan = await planAbsence(person, reply, route);
      if (plan.kind === 'absence') {
        setAway(state, plan.absence);
        const { open } = await askStandings(person, 'what do they leave behind?');
        answer({ ...plan, kind: 'away', offers: open });
      } else answer(plan);
      return;
    }
    case 'back': {
      setAway(state, undefined);
      const { open } = await askStandings(person, 'what waits for them?');
      answer({ kind: 'back', offers: open });
      return;
    }
    case 'silent':
      return;
    case 'command': {
      const { verb, payload } = commandOf(route, { ...reply, confirm: true });
      const isGiven = await signalHandoff(route.offer.handoffId, COMMAND_SIGNALS[verb], payload);
      if (!isGiven) await answerEnded(person, reply, { offer: route.offer, answer });
      return;
    }
    default:
      answer(route);
  }
}

/** Answers a reply to a handoff that was over when it came to it: it may be what ended it, come by another way before. */
async function answerEnded(
  person: Person,
  { replyId, receivedAt, isLate }: RecordedReply,
  { offer, answer }: { readonly offer: OpenOffer; readonly answer: (text: Answer) => void },
): Promise<void> {
  const { id, state } = person;
  const known = lookUp(state.offers, offer.handoffId);
  const found = await askStandings(person, 'how did it end?', known ? [known] : [], {
    replyIds: [replyId],
  });
  closeOffers(state, found);
  const [report] = found.reports;
  const [ended] = found.closed;
  if (report) answer({ kind: 'result', ...report });
  else if (ended) {
    const route = tellClosed(ended, { self: id, receivedAt, isLate });
    if (route.kind === 'closed') answer(route);
  } else answer({ kind: 'ended', offer });
}

/** Signals a handoff, and returns whether it is still there. */
async function signalHandoff<P>(
  handoff: string,
  signal: SignalDefinition<[P]>,
  payload: P,
): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(handoff).signal(signal, payload);
    return true;
  } catch {
    return false;
  }
}

/** Reads until when somebody is away, and who covers: time zones and names are for an activity. */
async function planAbsence(
  { id: responder, inTurn, now }: Person,
  { text }: RecordedReply,
  route: Extract<ReplyRoute, { kind: 'away' }>,
): Promise<AbsencePlan> {
  const summary = `${responder} is away: until when?`;
  const at = now();
  try {
    return await inTurn(() =>
      local.planAbsence.executeWithOptions({ summary }, [{ responder, text, now: at }]),
    );
  } catch {
    // Nobody waits behind it for good: what the words alone say must do.
    const absence = absenceOf(route, at);
    return absence ? { kind: 'absence', absence } : { kind: 'away-unclear', text };
  }
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
