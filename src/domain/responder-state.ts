import type { Absence } from './availability/situation.ts';
import type { ClosedOffer, Offer, OfferCard } from './offer.ts';
import type { Channel, QuietRule } from './policy.ts';
import type { HandoffCard, Message } from './state.ts';

/** The question before a message goes out. `notificationId` makes asking again harmless. */
export interface OfferRequest {
  readonly card: OfferCard;
  readonly notificationId: string;
  /** It need not go out now: whoever is away is left alone. Missing: it goes out all the same. */
  readonly mayBeHeld?: boolean;
  /** Missing: nothing is known of it, and it goes out by itself. */
  readonly channel?: Channel;
  /** The number or messaging service that SMS go out from; missing: that is not known. */
  readonly sender?: string;
  /** It tells them that the handoff is not for them any more, or asks them for it; missing: neither. */
  readonly isOver?: boolean;
  /** It answers what they just said: they wait for it. */
  readonly isAnswer?: boolean;
  /** What it takes to put it into one message with others; missing: it goes out by itself. */
  readonly bundle?: BundleRequest;
  /** When it went out, where it is told later; missing: it is about to. */
  readonly at?: string;
}

/** A message that may be put together with others. */
export interface BundleRequest {
  readonly handoff: HandoffCard;
  readonly message: Message;
  readonly whenQuiet?: QuietRule;
  /** It waited for the end of quiet hours, as others may have: it waits for them. */
  readonly isReleased?: boolean;
}

/** One message that goes out in a list. */
export interface BundleEntry {
  readonly notification: string;
  readonly handoff: HandoffCard;
  readonly message: Message;
  readonly whenQuiet?: QuietRule;
  /** The code that this person knows the handoff by. */
  readonly code: string;
}

/** What is collected for one channel, to go out as one message. */
export interface Bundle {
  readonly id: string;
  readonly channel: Channel;
  /** When the first came. */
  readonly since: string;
  readonly dueAt: string;
  readonly entries: readonly BundleEntry[];
}

/** A notification of a handoff that went out in a bundle. */
export interface BundledNotification {
  readonly handoff: string;
  readonly notification: string;
}

/** How to say it: send, with the code needed in a reply or not; not now; or not at all. */
export type OfferAnswer =
  | {
      readonly say: 'send';
      readonly code: string;
      readonly codeNeeded: boolean;
      /** Another message goes to this phone first. */
      readonly waitMs?: number;
    }
  /** It goes out with others. */
  | { readonly say: 'bundled'; readonly until: string }
  | { readonly say: 'away'; readonly absence: Absence }
  | { readonly say: 'nothing'; readonly because: string };

/** The durable side of a person: plain JSON, carried through continue-as-new. */
export interface ResponderState {
  /** What they were written to about, by handoff, without what is known to have ended. */
  offers: Record<string, Offer>;
  /** What ended, as far as somebody has asked; the last one is the latest. */
  closed: ClosedOffer[];
  /** With so many offers it is asked which of them have ended. */
  pruneAt?: number;
  optedOutAt?: string;
  /** The names of the sender they texted STOP to: another one may text them. Missing: none may. */
  optedOutOf?: readonly string[];
  /** What they said last; it may be over. */
  away?: Absence;
  /** The answers given lately, by handoff and notification: a retry must say the same words. */
  answers: Record<string, OfferAnswer>;
  /** Ids of replies that were dealt with here, or that changed no handoff. */
  routed: string[];
  /** What was sent lately, by channel: instants, the oldest first. */
  sent?: Partial<Record<Channel, readonly string[]>>;
  /** When routine work went out last, by channel. */
  routineAt?: Partial<Record<Channel, string>>;
  bundles?: readonly Bundle[];
  /** The bundles that went out lately, by id: whom to tell when one did not arrive. */
  delivered?: Record<string, readonly BundledNotification[]>;
  /** Answers in a row to replies that brought nothing about. */
  idle?: { readonly count: number; readonly at: string };
}

/** Returns the state of a person nothing was ever offered to. */
export function emptyResponder(): ResponderState {
  return { offers: {}, closed: [], answers: {}, routed: [] };
}

/** Keeps the last so many of what stands under keys. */
export function dropOldest(entries: Record<string, unknown>, keep: number): void {
  const keys = Object.keys(entries);
  for (const key of keys.slice(0, Math.max(0, keys.length - keep))) {
    // oxlint-disable-next-line typescript/no-dynamic-delete
    delete entries[key];
  }
}
