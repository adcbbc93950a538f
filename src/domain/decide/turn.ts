import { describeEvent, type Callback, type CallbackType } from '../callback.ts';
import type { Handoff } from '../handoff.ts';
import {
  currentHandoff,
  emptyTally,
  putUnder,
  type Actor,
  type HandoffInput,
  type HandoffState,
  type NotificationOrder,
  type PlanRequest,
  type Standing,
  type Tally,
  type TimelineEntry,
} from '../state.ts';

/** What is to be done; the shell runs these and feeds what comes of them back as events. */
export type Effect =
  | {
      readonly type: 'plan';
      readonly serial: number;
      readonly label: string;
      readonly request: PlanRequest;
    }
  /** A model is to be asked for a better brief than the one there is. */
  | { readonly type: 'write' }
  | { readonly type: 'notify'; readonly order: NotificationOrder }
  | { readonly type: 'cancel'; readonly notification: string }
  /** The source is to hear of it. */
  | { readonly type: 'call-back'; readonly callback: Callback };

/**
 * One decision in the making: a copy of the state that is written on, the effects gathered so far, and the
 * instant all of it happens at. What may be written is in the modules beside this one.
 */
export class Turn {
  readonly input: HandoffInput;
  readonly state: HandoffState;
  /** The instant of the decision. */
  readonly now: string;
  readonly effects: Effect[] = [];

  constructor(input: HandoffInput, state: HandoffState, now: string) {
    this.input = input;
    this.now = now;
    this.state = JSON.parse(JSON.stringify(state)) as HandoffState;
  }

  /** The handoff with what was changed since. */
  get handoff(): Handoff {
    return currentHandoff(this.input, this.state);
  }

  get tally(): Tally {
    return this.state.tally ?? emptyTally();
  }

  isDue(at: string): boolean {
    return Date.parse(at) <= Date.parse(this.now);
  }

  stand(recipient: string, standing: Standing): void {
    putUnder(this.state.standings, recipient, standing);
    if (standing !== 'stood-down') return;
    this.state.stoodDown ??= {};
    putUnder(this.state.stoodDown, recipient, this.now);
  }

  count(news: Partial<Tally>): void {
    this.state.tally = { ...this.tally, ...news };
  }

  /** Writes into the timeline. Without end only what others say can come in: it must not outgrow a workflow. */
  record(entry: Omit<TimelineEntry, 'at'>): void {
    const { timeline } = this.state;
    const isSaid = entry.what === 'noted' || entry.what === 'refused';
    if (isSaid && timeline.length >= LAST_SAID) return;
    const isLong = isSaid && timeline.length >= LONG_SAID && entry.because.length > SHORT;
    const because = isLong ? `${entry.because.slice(0, SHORT)}…` : entry.because;
    timeline.push({ at: this.now, ...entry, because });
  }

  /** Tells the source, if it wants to hear. */
  callBack(type: CallbackType, about: { by?: Actor; because?: string }): void {
    const { callbackUrl } = this.input.handoff;
    if (callbackUrl === undefined) return;
    const sequence = this.tally.callbacks + 1;
    this.count({ callbacks: sequence });
    const event = describeEvent(this.input, this.state, { type, sequence, at: this.now, ...about });
    this.effects.push({ type: 'call-back', callback: { url: callbackUrl, event } });
  }
}

/** From so many entries on what is said is cut to so many characters, and from so many on it is left out. */
const LONG_SAID = 500;
const SHORT = 200;
const LAST_SAID = 3_000;
