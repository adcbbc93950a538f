import type { Amended, Amendment, Change } from './amendment.ts';
import type { Written } from './brief-writer/parts.ts';
import type { Action, Brief, Contact, Handoff, Urgency } from './handoff.ts';
import type { Channel, EscalationPolicy, LadderStep, QuietRule, Timing } from './policy.ts';

/** What a handoff's workflow is started with. `state` is there when it continues as new. */
export interface HandoffInput {
  readonly handoff: Handoff;
  readonly policy: EscalationPolicy;
  /** A model is asked for what its source has not said. Missing: none is. */
  readonly writing?: {
    /** What it is made from; missing: the details of the brief. */
    readonly material?: string;
  };
  /** The plan of its first tier as of its submission; missing: it is asked for. */
  readonly plan?: TierPlan;
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
  /** When it was said, where that is long before it came: what its sender has said since counts before it. */
  readonly saidAt?: string;
}
/** What somebody asks of a handoff. The payload of the signal of the same name, less `verb`. */
export type Command = CommandBase &
  /** `over` takes it from whoever has it. */
  (
    | { readonly verb: 'take'; readonly over?: boolean }
    | { readonly verb: 'pass'; readonly reason?: string }
    /** Not now: ask, or remind, again after this long. Missing: after the usual time. */
    | { readonly verb: 'snooze'; readonly forMs?: number }
    | { readonly verb: 'resolve'; readonly outcome?: string; readonly note?: string }
    | { readonly verb: 'withdraw'; readonly reason?: string }
    | { readonly verb: 'escalate'; readonly reason?: string }
    | { readonly verb: 'note'; readonly text: string }
    /** What the work is about has changed; whoever was told of it is told what. */
    | { readonly verb: 'amend'; readonly amendment: Amendment }
    /** It is for this person now, whoever had it; the policy goes on from its first tier if they do not take it. */
    | {
        readonly verb: 'reassign';
        readonly to: { readonly id: string; readonly name: string };
        readonly reason?: string;
      }
  );
export type Verb = Command['verb'];

/** What a command brought about. Refusals are results too: the sender is told the truth. */
export type CommandEffect =
  | 'taken'
  | 'already-yours'
  | 'held-by-other'
  | 'passed'
  | 'snoozed'
  | 'resolved'
  | 'withdrawn'
  | 'escalated'
  | 'noted'
  | 'amended'
  | 'reassigned'
  /** What was asked for is so already. */
  | 'unchanged'
  /** It came late, and its sender had said something else since: that counts. */
  | 'overtaken'
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
  /** Who asked for what: the same id with another mark is another command. Missing in results from before. */
  readonly mark?: string;
  readonly verb: Verb;
  readonly by: Actor;
  /** The way it came in, which is the way its sender hears of it. */
  readonly via?: Via;
  readonly at: string;
  /** When it was said, where that is long before. */
  readonly saidAt?: string;
  readonly effect: CommandEffect;
  /** Who has it after the command. */
  readonly owner?: { readonly responder: string; readonly name: string; readonly since: string };
  readonly ending?: Ending;
  /** When a snooze is over. */
  readonly until?: string;
  /** They said the same before, with the same effect, and nothing since: it may be a machine. */
  readonly isRepeated?: true;
  /** Its sender, who could not wait for it, was sent the answer. */
  readonly isConfirmed?: true;
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
  | { readonly kind: 'amended'; readonly changes: readonly Change[]; readonly isTheirs?: boolean }
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
  /** Whether the recipient may be disturbed when it is sent: with any other rule than `ignore` it is held back. */
  readonly whenQuiet?: QuietRule;
  /** It waited for the end of somebody's quiet hours, as others may have: it need not go out alone. */
  readonly isReleased?: boolean;
  /** They asked to be told at this time: neither their hours nor their calendar hold it back. */
  readonly isAskedFor?: true;
}

/** A notification as the handoff remembers it. */
export interface Notification {
  readonly id: string;
  readonly recipient: string;
  readonly channel: Channel;
  readonly kind: Message['kind'];
  /** The reason its message gives, where another message may have to give it again. */
  readonly because?: string;
  /** The command that it answers. */
  readonly commandId?: string;
  /** It ends a snooze: they asked for it. */
  readonly isAskedFor?: true;
  /** When it was decided on: it says what was so then. Missing in states from before. */
  readonly orderedAt?: string;
  /** Its activity reports back by then, one way or the other. */
  readonly reportBy: string;
  status: 'sending' | 'cancelling' | 'accepted' | 'failed' | 'cancelled' | 'held';
  at: string;
}

/** People and the ladder on which they are told. */
export interface Notified {
  readonly notify: readonly string[];
  readonly ladder: readonly LadderStep[];
}

/** What planning a stage needs to know; the directory is added where the plan is made. */
export interface PlanRequest extends Notified {
  /** The instant of planning. */
  readonly at: string;
  /** People who said "not me": not asked again. */
  readonly passed: readonly string[];
  /** Missing: everybody is told at once. */
  readonly timing?: Timing;
  /** The tiers still to come: where to go when nobody can be told here. */
  readonly later: readonly Notified[];
  /** The action's deadline: a wait beyond it is too late. */
  readonly deadline?: string;
  /** Their hours count too where the rule is to wait. */
  readonly contact?: Contact;
  /** Nobody comes after these: they are told even when nobody knows when they may be. */
  readonly isLast?: boolean;
  /** How long the stage may last: for so long it must be known when its timeouts stand still. */
  readonly lastsMs: number;
}

/** One step of a person's ladder as planned. */
export interface PlannedStep extends LadderStep {
  /** Not before this instant, whatever the ladder says: they are not to be disturbed. */
  readonly notBefore?: string;
  /** Whatever the moment: any other would be too late. */
  readonly anyway?: boolean;
}

/** Who is told how and when, who not and why; or, when nobody may be told yet, from when on. */
export interface TierPlan {
  readonly people: readonly {
    readonly recipient: string;
    readonly name: string;
    readonly steps: readonly PlannedStep[];
    /** Channels they have beside those: for when none of the steps arrives. Only where nobody comes after. */
    readonly spare?: readonly Channel[];
    /** What the reader of the timeline should know, such as for whom they stand in. */
    readonly because?: string;
  }[];
  readonly skipped: readonly { readonly responder: string; readonly because: string }[];
  /** Nobody can be told yet: sleep until then and plan again. */
  readonly notBefore?: Wait;
  /** Nobody can be told for long: do not go through the other tiers. */
  readonly toLastResort?: string;
  /** When the stage's timeouts stand still; sorted. */
  readonly pauses?: readonly Pause[];
}

/** A sleep until an instant, and why. */
export interface Wait {
  readonly at: string;
  readonly because: string;
}

/** A time that timeouts do not count. */
export interface Pause {
  readonly from: string;
  readonly until: string;
}

export interface StageStep {
  readonly recipient: string;
  readonly channel: Channel;
  dueAt: string;
  /** They are not to be disturbed before: not brought forward either when an earlier step fails. */
  readonly notBefore?: string;
  /** It may disturb: any other moment would be too late. */
  readonly anyway?: boolean;
  notification?: string;
}

/** Where the escalation stands: a tier, the last resort, or the announcement of the end. */
export interface Stage {
  readonly kind: 'tier' | 'last-resort' | 'announcement';
  /** Index into the policy's tiers; -1 for somebody it was given to, 0 for the other kinds. */
  readonly tier: number;
  readonly round: number;
  /** Counts entered stages, so that a plan made for an earlier one is recognised as stale. */
  readonly serial: number;
  /** Told to the people of this stage: why it came to them. */
  readonly because?: string;
  /** The responder it was given to: they are told alone, before the policy's tiers. `tier` is -1 then. */
  readonly assignee?: string;
  startedAt: string;
  planned: boolean;
  /** Nobody may be told before this instant; then it is planned again. */
  notBefore?: Wait;
  /** It began with a wait for the end of somebody's quiet hours. */
  waited?: boolean;
  /** When its timeouts stand still. */
  pauses?: readonly Pause[];
  /** How often it was planned anew because somebody was not to be disturbed after all. */
  replans?: number;
  firstAcceptedAt?: string;
  /** Channels that are left to try, by recipient, when everything they were sent failed. */
  spare?: Record<string, readonly Channel[]>;
  /** It was found that nobody of it can be told; it is asked again later. */
  isUnreached?: true;
  /** An announcement that arrived, as far as was reported in time; or that was given up. */
  isSettled?: true;
  steps: StageStep[];
}

/** Nobody who is to be told at last could be: since when, why, and how often it was tried. */
export interface Unreached {
  readonly since: string;
  readonly because: string;
  readonly attempts: number;
  /** A message was accepted since; it is told from a first time by this if that does not arrive either. */
  readonly isOver?: true;
  /** When it was. */
  readonly overAt?: string;
}

/** A message outside the ladders that waits for the end of somebody's quiet hours. */
export interface HeldMessage {
  readonly at: string;
  readonly because: string;
  readonly recipient: string;
  readonly channel: Channel;
  readonly kind: Message['kind'];
}

export interface TimelineEntry {
  readonly at: string;
  readonly what:
    | 'submitted'
    | 'planned'
    | 'skipped'
    | 'waiting'
    | 'held'
    | 'sent'
    | 'not-sent'
    | 'undelivered'
    | 'escalated'
    | 'taken'
    | 'passed'
    | 'snoozed'
    | 'refused'
    | 'overdue'
    | 'noted'
    | 'amended'
    | 'written'
    | 'reassigned'
    | 'resolved'
    | 'withdrawn'
    | 'expired'
    | 'unreached'
    /** So many entries, `count`, of routine steps stood here. */
    | 'left-out';
  readonly because: string;
  readonly responder?: string;
  readonly channel?: Channel;
  /** What the message was, where it is about one. */
  readonly message?: Message['kind'];
  readonly count?: number;
}

/** What is still needed of old notifications. */
export interface Forgotten {
  readonly count: number;
  /** How often whom was asked by them. */
  readonly notices: Readonly<Record<string, number>>;
}

/** Everything known of a running handoff: plain JSON, because it travels through continue-as-new. */
export interface HandoffState {
  status: HandoffStatus;
  readonly expiresAt: string;
  stage: Stage;
  notifications: Record<string, Notification>;
  /** Notifications that were left out because there were too many. */
  forgotten?: Forgotten;
  /** Messages that wait for the end of somebody's quiet hours. */
  held?: HeldMessage[];
  /** Until when people asked not to be asked again, by responder id. */
  snoozes?: Record<string, string>;
  /** Display names by responder id, as far as they have come up. */
  names: Record<string, string>;
  standings: Record<string, Standing>;
  /** When it was last taken from somebody who was asked, by responder id. */
  stoodDown?: Record<string, string>;
  owner?: Ownership;
  ending?: Ending;
  results: Record<string, CommandResult>;
  timeline: TimelineEntry[];
  /** What it is about since its source changed it. */
  amended?: Amended;
  /** What was changed, the latest last. */
  changes?: readonly (Change & { readonly at?: string })[];
  amendedAt?: string;
  /** Set while nobody of the last resort, or of the announcement, can be told. */
  unreached?: Unreached;
  /** A model is at it; `waited-for`: nobody is told before it is done. */
  writing?: 'waited-for' | 'beside';
  /** What came of it, for the source and for statistics. Missing in histories from before. */
  tally?: Tally;
}

/** The facts that statistics and callbacks are made from. */
export interface Tally {
  /** When somebody's provider first accepted a message that asks. */
  readonly firstToldAt?: string;
  /** When it was first taken. */
  readonly takenAt?: string;
  /** Who took it last. */
  readonly takenBy?: string;
  /** How often it went on to others. */
  readonly escalations: number;
  /** Who passed it on, with the kind of reason: `alice:wrong-person`. */
  readonly declined: readonly string[];
  /** How many events the source was told of. */
  readonly callbacks: number;
}

/** Returns the tally of a handoff nothing has happened to. */
export function emptyTally(): Tally {
  return { escalations: 0, declined: [], callbacks: 0 };
}

/** Returns a handoff as it is now: as it was submitted, with what its source has changed since. */
export function currentHandoff({ handoff }: HandoffInput, { amended }: HandoffState): Handoff {
  return amended ? { ...handoff, ...amended } : handoff;
}

/** What the people side needs to name a handoff and say what to do: small enough for every message. */
export interface HandoffCard {
  readonly id: string;
  readonly code: string;
  readonly urgency: Urgency;
  readonly brief: Omit<Brief, 'details'>;
  readonly action: Action;
  /** Who wrote what its source did not. */
  readonly written?: Written;
}

/** Returns the part of a handoff that messages and answers are written from. */
export function cardOf(handoff: Handoff): HandoffCard {
  const { id, code, urgency, action, written } = handoff;
  const { details: _, ...brief } = handoff.brief;
  return { id, code, urgency, brief, action, ...(written && { written }) };
}

/** Returns whether the handoff can still be taken, passed, resolved or withdrawn. */
export function isOpen(state: HandoffState): boolean {
  return state.ending === undefined;
}

/** Returns whether nothing is left to send: the workflow may end. */
export function isFinished(state: HandoffState): boolean {
  return (
    !isOpen(state) &&
    (state.stage.kind !== 'announcement' || state.stage.isSettled === true) &&
    (state.held ?? []).length === 0 &&
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
  return Object.keys(state.standings).filter(
    (id) => state.standings[id] === 'asked' && !isMailbox(id),
  );
}

/** Returns whether a recipient is a mailbox rather than a responder: it can be told, but cannot answer. */
export function isMailbox(recipient: string): boolean {
  return recipient.startsWith('mailto:');
}

/** Returns the tier that a stage is in; whoever it was given to is one alone, told as the first tier is. */
export function tierOf(
  { tiers }: EscalationPolicy,
  { kind, tier, assignee }: Stage,
): EscalationPolicy['tiers'][number] | undefined {
  if (kind !== 'tier') return undefined;
  const [first] = tiers;
  return assignee !== undefined && first
    ? { ...first, label: 'assignee', notify: [assignee] }
    : tiers[tier];
}

/** Says whether whoever reads what came of a command knows that the handoff is not for them any more. */
export function endsIt({ effect }: CommandResult): boolean {
  return ['passed', 'resolved', 'withdrawn', 'held-by-other', 'closed'].includes(effect);
}

/** Returns the words for an actor in timelines and messages. */
export function nameActor(actor: Actor): string {
  return actor.kind === 'responder' ? actor.name : actor.id;
}

/** Puts something under an id that came from outside: an assignment to `__proto__` would change the object itself. */
export function putUnder<T>(record: Record<string, T>, id: string, value: T): void {
  Object.defineProperty(record, id, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** Returns what stands under an id that came from outside; an id such as `constructor` finds nothing by itself. */
export function lookUp<T>(record: Readonly<Record<string, T>>, id: string): T | undefined {
  return Object.hasOwn(record, id) ? record[id] : undefined;
}
