import type { Action, Brief, Handoff, Urgency } from './handoff.ts';
import type { Channel, EscalationPolicy, LadderStep } from './policy.ts';

/** What a handoff's workflow is started with. `state` is there when it continues as new. */
export interface HandoffInput {
  readonly handoff: Handoff;
  readonly policy: EscalationPolicy;
  readonly state?: HandoffState;
}

export const HANDOFF_STATUSES = [
  'notifying',
  'waiting',
  'owned',
  'resolved',
  'withdrawn',
  'expired',
] as const;
/** `waiting`: nobody may be told now; the last three are the only ends. */
export type HandoffStatus = (typeof HANDOFF_STATUSES)[number];

/** Who did something: a responder, or the source through the API. */
export type Actor =
  | { readonly kind: 'responder'; readonly id: string; readonly name: string }
  | { readonly kind: 'source'; readonly id: string };

/** The way a command came in. */
export type Via = 'sms' | 'voice' | 'link' | 'email' | 'api';

interface CommandBase {
  /** Makes the command idempotent: the same id is applied once and answered the same. */
  readonly id: string;
  readonly by: Actor;
  readonly via: Via;
  /** The sender has got no answer yet: the workflow tells them the result by SMS. */
  readonly confirm?: boolean;
}
/** What somebody asks of a handoff. The payload of the signal of the same name, less `verb`. */
export type Command = CommandBase &
  (
    | { readonly verb: 'take' }
    | { readonly verb: 'pass'; readonly reason?: string }
    | { readonly verb: 'resolve'; readonly outcome?: string; readonly note?: string }
    | { readonly verb: 'withdraw'; readonly reason?: string }
    | { readonly verb: 'escalate'; readonly reason?: string }
    | { readonly verb: 'note'; readonly text: string }
  );
export type Verb = Command['verb'];

/** What a command brought about. Refusals are results too: the sender is told the truth. */
export type CommandEffect =
  | 'taken'
  | 'already-yours'
  | 'held-by-other'
  | 'passed'
  | 'resolved'
  | 'withdrawn'
  | 'escalated'
  | 'noted'
  | 'closed';

export interface Ownership {
  readonly responder: string;
  readonly name: string;
  readonly since: string;
  readonly remindAt: string;
  readonly reminded: boolean;
  /** When this passes without an outcome the handoff escalates again. */
  readonly actBy: string;
}

export interface Ending {
  readonly status: 'resolved' | 'withdrawn' | 'expired';
  readonly at: string;
  readonly by?: Actor;
  readonly outcome?: string;
  readonly note?: string;
}

export interface CommandResult {
  readonly commandId: string;
  readonly verb: Verb;
  readonly by: Actor;
  readonly at: string;
  readonly effect: CommandEffect;
  /** Who has it after the command. */
  readonly owner?: { readonly responder: string; readonly name: string; readonly since: string };
  readonly ending?: Ending;
}

/** How a person stands to a handoff. `asked`: it waits for them; `stood-down`: they were told it is taken. */
export type Standing = 'asked' | 'owner' | 'passed' | 'stood-down';

/** What a notification says; the renderers in messages/ turn it into words for one channel. */
export type Message =
  | {
      readonly kind: 'offer';
      readonly tier: string;
      readonly notice: number;
      readonly because?: string;
    }
  | { readonly kind: 'last-resort'; readonly notice: number; readonly because: string }
  | { readonly kind: 'reminder'; readonly actBy: string }
  | { readonly kind: 'released'; readonly because: string }
  | { readonly kind: 'stand-down'; readonly because: string }
  | { readonly kind: 'expired'; readonly because: string }
  | { readonly kind: 'answer'; readonly result: CommandResult };

/** One message to one recipient on one channel: what a notify activity is asked to send. */
export interface NotificationOrder {
  readonly id: string;
  /** A responder id, or `mailto:<address>` for an organisation's mailbox. */
  readonly recipient: string;
  readonly channel: Channel;
  readonly message: Message;
  /** How long the sending is retried while the provider cannot take it. */
  readonly giveUpAfterMs: number;
}

/** A notification as the handoff remembers it. */
export interface Notification {
  readonly id: string;
  readonly recipient: string;
  readonly channel: Channel;
  readonly kind: Message['kind'];
  /** Its activity reports back by then, one way or the other. */
  readonly reportBy: string;
  status: 'sending' | 'cancelling' | 'accepted' | 'failed' | 'cancelled';
  at: string;
}

/** What planning a stage needs to know; the directory is added where the plan is made. */
export interface PlanRequest {
  readonly notify: readonly string[];
  readonly ladder: readonly LadderStep[];
  /** People who said "not me": not asked again. */
  readonly passed: readonly string[];
}

/** Who is told how and when, who not and why; or, when nobody may be told yet, from when on. */
export interface TierPlan {
  readonly people: readonly {
    readonly recipient: string;
    readonly name: string;
    readonly steps: readonly LadderStep[];
  }[];
  readonly skipped: readonly { readonly responder: string; readonly because: string }[];
  /** Everyone is quiet: sleep until then and plan again. */
  readonly notBefore?: { readonly at: string; readonly because: string };
}

export interface StageStep {
  readonly recipient: string;
  readonly channel: Channel;
  readonly dueAt: string;
  notification?: string;
}

/** Where the escalation stands: a tier, the last resort, or the announcement of the end. */
export interface Stage {
  readonly kind: 'tier' | 'last-resort' | 'announcement';
  /** Index into the policy's tiers; 0 for the other kinds. */
  readonly tier: number;
  readonly round: number;
  /** Counts entered stages, so that a plan made for an earlier one is recognised as stale. */
  readonly serial: number;
  /** Told to the people of this stage: why it came to them. */
  readonly because?: string;
  startedAt: string;
  planned: boolean;
  /** Nobody may be told before this instant; then it is planned again. */
  notBefore?: { at: string; because: string };
  firstAcceptedAt?: string;
  steps: StageStep[];
}

export interface TimelineEntry {
  readonly at: string;
  readonly what:
    | 'submitted'
    | 'planned'
    | 'skipped'
    | 'waiting'
    | 'sent'
    | 'not-sent'
    | 'undelivered'
    | 'escalated'
    | 'taken'
    | 'passed'
    | 'refused'
    | 'overdue'
    | 'noted'
    | 'resolved'
    | 'withdrawn'
    | 'expired';
  readonly because: string;
  readonly responder?: string;
  readonly channel?: Channel;
}

/** Everything known of a running handoff: plain JSON, because it travels through continue-as-new. */
export interface HandoffState {
  status: HandoffStatus;
  readonly expiresAt: string;
  stage: Stage;
  notifications: Record<string, Notification>;
  /** Display names by responder id, as far as they have come up. */
  names: Record<string, string>;
  standings: Record<string, Standing>;
  owner?: Ownership;
  ending?: Ending;
  results: Record<string, CommandResult>;
  timeline: TimelineEntry[];
}

/** What the people side needs to name a handoff and say what to do: small enough for every message. */
export interface HandoffCard {
  readonly id: string;
  readonly code: string;
  readonly urgency: Urgency;
  readonly brief: Omit<Brief, 'details'>;
  readonly action: Action;
}

/** Returns the part of a handoff that messages and answers are written from. */
export function cardOf(handoff: Handoff): HandoffCard {
  const { id, code, urgency, action } = handoff;
  const { details: _, ...brief } = handoff.brief;
  return { id, code, urgency, brief, action };
}

/** Returns whether the handoff can still be taken, passed, resolved or withdrawn. */
export function isOpen(state: HandoffState): boolean {
  return state.ending === undefined;
}

/** Returns whether nothing is left to send: the workflow may end. */
export function isFinished(state: HandoffState): boolean {
  return (
    !isOpen(state) &&
    (state.stage.kind !== 'announcement' ||
      (state.stage.planned &&
        state.stage.steps.every((step) => step.notification !== undefined))) &&
    Object.values(state.notifications).every(({ status }) => !isUnderway(status))
  );
}

/** Returns whether a notification's activity has not reported back yet. */
export function isUnderway(status: Notification['status']): boolean {
  return status === 'sending' || status === 'cancelling';
}

/** Returns whether a step of the stage is still to be taken: whoever passed is not asked further. */
export function isStepLeft({ stage, standings }: HandoffState, step: StageStep): boolean {
  if (step.notification !== undefined) return false;
  return stage.kind === 'announcement' || standings[step.recipient] !== 'passed';
}

/** Returns the responders for whom the handoff waits now, in the order they were told. */
export function listAwaiting(state: HandoffState): string[] {
  if (!isOpen(state) || state.owner) return [];
  return Object.keys(state.standings).filter((id) => state.standings[id] === 'asked');
}

/** Returns everybody whom a message was meant for, mailboxes left out. */
export function listInvolved(state: HandoffState): string[] {
  const ids = Object.values(state.notifications).map(({ recipient }) => recipient);
  return [...new Set([...ids, ...Object.keys(state.standings)])].filter((id) => !isMailbox(id));
}

/** Returns whether a recipient is a mailbox rather than a responder: it can be told, but cannot answer. */
export function isMailbox(recipient: string): boolean {
  return recipient.startsWith('mailto:');
}

/** Returns the words for an actor in timelines and messages. */
export function nameActor(actor: Actor): string {
  return actor.kind === 'responder' ? actor.name : actor.id;
}
