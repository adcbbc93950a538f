import {
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  log,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { decide, startState, type Effect, type HandoffEvent } from '../domain/decide.ts';
import { readSignal, readStandingRequest } from '../domain/payloads.ts';
import { mayBeBundled } from '../domain/bundles.ts';
import { reportStanding } from '../domain/standing.ts';
import type { WritingResult } from '../domain/brief-writer/written.ts';
import type { Handoff } from '../domain/handoff.ts';
import {
  cardOf,
  currentHandoff,
  isFinished,
  isMailbox,
  type HandoffInput,
  type HandoffState,
  type NotificationOrder,
} from '../domain/state.ts';
import {
  concludeHandoff,
  describeProgress,
  reportCommand,
  viewHandoff,
  type HandoffResult,
} from '../domain/view.ts';
import type { Wake } from '../domain/wake.ts';
import { listChanges } from '../temporal/search-attributes.ts';
import {
  createTurns,
  local,
  persist,
  sendersOn,
  summarisePlan,
  writerFor,
  type InTurn,
} from './activities.ts';
import { explainFailure, isUncertain } from './failures.ts';
import { measureStart, measureStep } from './metrics.ts';
import {
  COMMAND_SIGNALS,
  commandResultQuery,
  confirmSignal,
  deliverySignal,
  standingQuery,
  statusQuery,
} from './messages.ts';

/**
 * One handoff, from submission to its end: waits for a signal or the next instant, decides, runs the effects
 * as activities and feeds what comes of them back. Everything else is in domain/decide.ts. Returns the
 * handoff as it ended; ends only when it is resolved, withdrawn, or expired and announced.
 */
export async function handoff(input: HandoffInput): Promise<HandoffResult> {
  let state = input.state ?? startState(input);
  const inbox: HandoffEvent[] = [{ type: input.state ? 'clock' : 'started' }];
  const sending = new Map<string, CancellationScope>();
  let running = 0;

  const receive = (name: string, payload?: unknown): void => {
    const event = readSignal(name, payload);
    if (event) inbox.push(event);
  };
  // Signals from before the first task are handed over by name; only a handler for all keeps their order.
  setDefaultSignalHandler(receive);
  for (const { name } of [...Object.values(COMMAND_SIGNALS), confirmSignal, deliverySignal]) {
    setHandler(defineSignal<[unknown]>(name), (payload) => {
      receive(name, payload);
    });
  }
  setHandler(statusQuery, () => viewHandoff(input, state));
  setHandler(standingQuery, (request: unknown) =>
    reportStanding(input, state, readStandingRequest(request)),
  );
  setHandler(commandResultQuery, (commandId) => reportCommand(input, state, commandId));

  if (!input.state) measureStart(input);
  const inTurn = createTurns();
  const setAlarm = createAlarm(() => inbox.push({ type: 'clock' }));

  /** Runs an effect beside the loop; what comes of it arrives in the inbox. */
  function run(effect: Effect): void {
    if (effect.type === 'cancel') {
      sending.get(effect.notification)?.cancel();
      return;
    }
    running += 1;
    void perform(effect).then((event) => {
      running -= 1;
      if (event) inbox.push(event);
    });
  }

  async function perform(
    effect: Exclude<Effect, { type: 'cancel' }>,
  ): Promise<HandoffEvent | undefined> {
    switch (effect.type) {
      case 'plan': {
        const { serial, label, request } = effect;
        const summary = summarisePlan(label, input.policy);
        const isWanted = () => state.stage.serial === serial && !isFinished(state);
        const plan = await persist(summary, isWanted, () =>
          inTurn(() => local.planTier.executeWithOptions({ summary }, [request])),
        );
        return plan && { type: 'planned', serial, plan };
      }
      case 'write':
        return { type: 'written', result: await askWriter(input) };
      case 'notify': {
        const scope = new CancellationScope();
        sending.set(effect.order.id, scope);
        const { event, isUnregistered } = await scope.run(() =>
          send(currentHandoff(input, state), effect.order, inTurn),
        );
        sending.delete(effect.order.id);
        if (isUnregistered) register(effect.order);
        return event;
      }
      case 'call-back': {
        const { type, data } = effect.callback.event;
        const summary = `${type} for ${data.source}, number ${data.sequence}`;
        await persist(summary, always, () =>
          local.callBack.executeWithOptions({ summary }, [effect.callback]),
        );
        return undefined;
      }
    }
  }

  /** Sees to it that a reply to a message finds its handoff, beside the loop. */
  function register(order: NotificationOrder): void {
    const summary = `for replies of ${order.recipient}`;
    const card = cardOf(currentHandoff(input, state));
    const at = new Date().toISOString();
    running += 1;
    void persist(summary, always, () =>
      inTurn(() => local.register.executeWithOptions({ summary }, [{ card, order, at }])),
    ).then(() => {
      running -= 1;
    });
  }

  const isQuiet = () => inbox.length === 0 && running === 0;
  const isLong = () => workflowInfo().continueAsNewSuggested;
  for (;;) {
    await condition(() => inbox.length > 0 || (isQuiet() && (isFinished(state) || isLong())));
    if (isQuiet()) {
      if (isFinished(state)) return concludeHandoff(input, state);
      await continueAsNew<typeof handoff>({ ...input, state });
    }
    const before = state;
    let wake: Wake | null = null;
    for (let event = inbox.shift(); event; event = inbox.shift()) {
      const decision = decide(input, state, event, new Date().toISOString());
      ({ state, wake } = decision);
      decision.effects.forEach(run);
    }
    measureStep(input, before, state);
    logUnreached(input, before, state);
    const changes = listChanges(input, before, state);
    if (changes.length > 0) upsertSearchAttributes(changes);
    setCurrentDetails(describeProgress(input, state));
    // The end needs no alarm, and cancelling the last one would only cost an event.
    if (!isFinished(state)) setAlarm(wake);
  }
}

const always = () => true;

/** Somebody has to look at the directory or the provider: no handoff can say that to anybody but the operator. */
function logUnreached(
  { handoff: { id } }: HandoffInput,
  before: HandoffState,
  after: HandoffState,
) {
  const { unreached } = after;
  if (!unreached || unreached.attempts === before.unreached?.attempts) return;
  const { because, attempts } = unreached;
  log.error('nobody can be told of a handoff', { handoff: id, because, attempts });
}

/** Returns a function that keeps one durable timer at the given wake-up, labelled with its reason. */
function createAlarm(ring: () => void): (wake: Wake | null) => void {
  let current: { at: string; scope: CancellationScope } | undefined;
  return (wake) => {
    if (wake?.at === current?.at) return;
    current?.scope.cancel();
    current = undefined;
    if (!wake) return;
    const alarm = { at: wake.at, scope: new CancellationScope() };
    current = alarm;
    const ms = Math.max(1, Date.parse(wake.at) - Date.now());
    void alarm.scope
      .run(() => sleep(ms, { summary: wake.because }))
      .then(() => {
        if (current === alarm) current = undefined;
        ring();
      })
      .catch((error: unknown) => {
        if (!isCancellation(error)) throw error;
      });
  };
}

/** The brief that there is will do: whatever goes wrong here is no reason to wait. */
async function askWriter({ handoff, policy, writing }: HandoffInput): Promise<WritingResult> {
  const { details = '', ...brief } = handoff.brief;
  try {
    return await writerFor(handoff.urgency).writeBrief.executeWithOptions(
      { summary: 'write the brief' },
      [{ handoff: { ...handoff, brief }, policy, material: writing?.material ?? details }],
    );
  } catch {
    return { because: 'no worker could ask the model in time' };
  }
}

async function send(
  handoff: Handoff,
  order: NotificationOrder,
  inTurn: InTurn,
): Promise<{ readonly event: HandoffEvent; readonly isUnregistered?: boolean }> {
  const { urgency } = handoff;
  const summary = `${order.channel} to ${order.recipient}: ${summariseMessage(order)}`;
  const senders = sendersOn(order.channel, { urgency, giveUpAfterMs: order.giveUpAfterMs });
  try {
    const { details } = handoff.brief;
    const card = cardOf(handoff);
    if (order.isReleased === true && mayBeBundled(card, order)) {
      // Nothing is lost where there is no answer: it then goes out by itself.
      const found = await inTurn(() =>
        local.bundle.executeWithOptions({ summary }, [{ card, order }]),
      ).catch(() => false);
      if (found) return { event: { type: 'accepted', notification: order.id, isBundled: true } };
    }
    const { sendSms, placeCall } = senders;
    const sent =
      order.channel !== 'email'
        ? await (order.channel === 'sms' ? sendSms : placeCall).executeWithOptions({ summary }, [
            { card, order },
          ])
        : await senders.sendEmail.executeWithOptions({ summary }, [
            { card, order, ...(details !== undefined && { details }) },
          ]);
    if ('because' in sent) {
      const { because, heldUntil: until } = sent;
      return {
        event: {
          type: 'held',
          notification: order.id,
          because,
          ...(until !== undefined && { until }),
        },
      };
    }
    const { isBundled, isUnregistered = false } = sent;
    return {
      event: { type: 'accepted', notification: order.id, ...(isBundled && { isBundled }) },
      isUnregistered,
    };
  } catch (error) {
    const cancelled = isCancellation(error);
    const uncertain = !cancelled && isUncertain(error);
    return {
      event: {
        type: 'not-sent',
        notification: order.id,
        because: cancelled ? 'called off before it left' : explainFailure(error),
        ...(cancelled && { cancelled }),
        ...(uncertain && { uncertain }),
      },
      // Whoever got it may answer it.
      isUnregistered: uncertain && !isMailbox(order.recipient),
    };
  }
}

function summariseMessage({ message }: NotificationOrder): string {
  switch (message.kind) {
    case 'offer':
      return message.notice > 1 ? `${message.tier}, notice ${message.notice}` : message.tier;
    case 'last-resort':
      return 'last resort';
    case 'answer':
      return `answer to ${message.result.verb}`;
    default:
      return message.kind;
  }
}
