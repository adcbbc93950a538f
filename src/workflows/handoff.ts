import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  TimeoutFailure,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { readCommand, VERBS } from '../domain/command.ts';
import { decide, startState, type Effect, type HandoffEvent } from '../domain/decide.ts';
import { cardOf, isFinished, type HandoffInput, type NotificationOrder } from '../domain/state.ts';
import { describeProgress, reportCommand, viewHandoff, type HandoffView } from '../domain/view.ts';
import type { Wake } from '../domain/wake.ts';
import { listChanges } from '../temporal/search-attributes.ts';
import { local, sendersOn, summarisePlan } from './activities.ts';
import {
  COMMAND_SIGNALS,
  commandResultQuery,
  confirmSignal,
  deliverySignal,
  statusQuery,
} from './messages.ts';

/**
 * One handoff, from submission to its end: waits for a signal or the next instant, decides, runs the effects
 * as activities and feeds what comes of them back. Everything else is in domain/decide.ts. Returns the
 * handoff as it ended; ends only when it is resolved, withdrawn, or expired and announced.
 */
export async function handoff(input: HandoffInput): Promise<HandoffView> {
  let state = input.state ?? startState(input);
  const inbox: HandoffEvent[] = [{ type: input.state ? 'clock' : 'started' }];
  const sending = new Map<string, CancellationScope>();
  let running = 0;

  for (const verb of VERBS) {
    setHandler(defineSignal<[unknown]>(COMMAND_SIGNALS[verb].name), (payload) => {
      const command = readCommand(verb, payload);
      if (command) inbox.push({ type: 'command', command });
    });
  }
  setHandler(confirmSignal, ({ commandId }) => {
    inbox.push({ type: 'confirm', commandId });
  });
  setHandler(deliverySignal, (report) => {
    inbox.push({ type: 'undelivered', ...report });
  });
  setHandler(statusQuery, () => viewHandoff(input, state));
  setHandler(commandResultQuery, (commandId) => reportCommand(input, state, commandId));

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
        const summary = summarisePlan(effect.label, input.policy);
        const plan = await local.planTier.executeWithOptions({ summary }, [effect.request]);
        return { type: 'planned', serial: effect.serial, plan };
      }
      case 'notify': {
        const scope = new CancellationScope();
        sending.set(effect.order.id, scope);
        const event = await scope.run(() => send(input, effect.order));
        sending.delete(effect.order.id);
        return event;
      }
      case 'tell-standings':
      case 'tell-closed':
        await local.tellResponders.executeWithOptions({ summary: summariseTelling(effect) }, [
          { card: cardOf(input.handoff), news: effect },
        ]);
        return undefined;
    }
  }

  const isQuiet = () => inbox.length === 0 && running === 0;
  const isLong = () => workflowInfo().continueAsNewSuggested;
  for (;;) {
    await condition(() => inbox.length > 0 || (isQuiet() && (isFinished(state) || isLong())));
    if (isQuiet()) {
      if (isFinished(state)) return viewHandoff(input, state);
      await continueAsNew<typeof handoff>({ ...input, state });
    }
    const before = state;
    let wake: Wake | null = null;
    for (let event = inbox.shift(); event; event = inbox.shift()) {
      const decision = decide(input, state, event, new Date().toISOString());
      ({ state, wake } = decision);
      decision.effects.forEach(run);
    }
    const changes = listChanges(input.handoff, before, state);
    if (changes.length > 0) upsertSearchAttributes(changes);
    setCurrentDetails(describeProgress(input, state));
    // The end needs no alarm, and cancelling the last one would only cost an event.
    if (!isFinished(state)) setAlarm(wake);
  }
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

async function send({ handoff }: HandoffInput, order: NotificationOrder): Promise<HandoffEvent> {
  const { urgency } = handoff;
  const summary = `${order.channel} to ${order.recipient}: ${summariseMessage(order)}`;
  const senders = sendersOn(order.channel, { urgency, giveUpAfterMs: order.giveUpAfterMs });
  try {
    if (order.channel === 'sms') {
      await senders.sendSms.executeWithOptions({ summary }, [{ card: cardOf(handoff), order }]);
    } else {
      const { details } = handoff.brief;
      await senders.sendEmail.executeWithOptions({ summary }, [
        { card: cardOf(handoff), order, ...(details !== undefined && { details }) },
      ]);
    }
    return { type: 'accepted', notification: order.id };
  } catch (error) {
    const cancelled = isCancellation(error);
    return {
      type: 'not-sent',
      notification: order.id,
      because: cancelled ? 'called off before it left' : explainFailure(error),
      cancelled,
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

function summariseTelling(effect: Extract<Effect, { type: `tell-${string}` }>): string {
  if (effect.type === 'tell-closed') return `closed for ${effect.responders.join(', ')}`;
  return Object.entries(effect.standings)
    .map(([responder, standing]) => `${responder}: ${standing}`)
    .join(', ');
}

/** Returns the words of the failure that made an activity give up. */
function explainFailure(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return cause.message;
  if (cause instanceof TimeoutFailure) {
    const last = cause.cause instanceof ApplicationFailure ? `: ${cause.cause.message}` : '';
    return `gave up after trying until it was no longer of use${last}`;
  }
  return cause instanceof Error ? cause.message : String(cause);
}
