import type { WritingResult } from '../brief-writer/written.ts';
import type { Channel } from '../policy.ts';
import type { Command, TierPlan } from '../state.ts';

/** What can happen to a handoff. */
export type HandoffEvent =
  | { readonly type: 'started' }
  | { readonly type: 'clock' }
  | { readonly type: 'command'; readonly command: Command }
  /** The sender of a command got no answer in time and is to be told the result. */
  | { readonly type: 'confirm'; readonly commandId: string }
  /** What came of asking a model for the brief. */
  | { readonly type: 'written'; readonly result: WritingResult }
  | { readonly type: 'planned'; readonly serial: number; readonly plan: TierPlan }
  /** The provider took the message: accepted is not reached. Or it is to go out with others in a moment. */
  | { readonly type: 'accepted'; readonly notification: string; readonly isBundled?: boolean }
  | {
      readonly type: 'not-sent';
      readonly notification: string;
      readonly because: string;
      readonly cancelled?: boolean;
      /** Nobody can tell whether it left: it may be on the phone all the same. */
      readonly uncertain?: boolean;
    }
  /** It was not sent because the recipient is not to be disturbed, until an instant if that is known. */
  | {
      readonly type: 'held';
      readonly notification: string;
      readonly until?: string;
      readonly because: string;
    }
  /** The provider reports later that the message did not arrive. */
  | { readonly type: 'undelivered'; readonly notification: string; readonly because: string }
  /** A person cannot be reached on a channel any more. */
  | {
      readonly type: 'unreachable';
      readonly responder: string;
      readonly channel: Channel;
      readonly because: string;
    };
