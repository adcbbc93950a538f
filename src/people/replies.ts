/*
 * What a reply means: the person's workflow knows what they were written to about, the handoffs how they stand to them.
 */
import type { Offer } from '../domain/offer.ts';
import type { RecordedReply } from '../domain/payloads.ts';
import { parseReply } from '../domain/reply.ts';
import { routeByCode, routeReply, type Repliable, type ReplyRoute } from '../domain/reply-route.ts';
import { mergeClosed, type Ended, type ResponderView } from '../domain/responder.ts';
import type { CommandReport } from '../domain/view.ts';
import type { AskStandings } from './standings.ts';

/** What is known of a person where a reply of theirs is read. */
export type Known = Pick<ResponderView, 'offers' | 'closed' | 'optedOutAt'>;

/** The parts of a reply that say what it means. */
export type Said = Pick<RecordedReply, 'replyId' | 'text' | 'about' | 'receivedAt' | 'isLate'>;

/** What a reply means, and what was found to be over when that was asked. */
export type ReplyReading = (
  | { readonly kind: 'routed'; readonly route: ReplyRoute }
  /** A handoff has dealt with it before, with this result. */
  | { readonly kind: 'known'; readonly report: CommandReport & { readonly code: string } }
  /** No worker could say how they stand to something that it may mean. */
  | { readonly kind: 'unanswered' }
) & { readonly ended: Ended };

const NOTHING: Ended = { closed: [], forgotten: [] };

/** Reads replies. Throws when Temporal cannot be reached. */
export interface ReplyReader {
  /**
   * Returns what a reply means at an instant. Of what no worker can say how they stand to it is taken to wait for them
   * where `isLast`: it is not asked again.
   */
  read(
    responder: string,
    known: Known,
    said: Said,
    at: { readonly now: string; readonly isLast?: boolean },
  ): Promise<ReplyReading>;
  /** Returns those of these replies, by their ids, that no handoff knows. Throws when no worker can say. */
  findUnknown(
    responder: string,
    known: Known,
    replyIds: readonly string[],
    now: number,
  ): Promise<readonly string[]>;
}

/** A reply that is looked for may have ended a handoff so long ago at most. */
const LOOK_BACK_MS = 3_600_000;

/** Returns what reads replies by asking handoffs. */
export function createReplyReader(ask: AskStandings): ReplyReader {
  return {
    async read(responder, known, said, { now, isLast = false }) {
      const { offers, closed, optedOutAt } = known;
      const { text, about, receivedAt, replyId, isLate = false } = said;
      const intent = parseReply(text);
      const person: Omit<Repliable, 'open'> = {
        closed,
        self: responder,
        isOptedOut: optedOutAt !== undefined,
        now: receivedAt ?? now,
        isLate,
        ...(about !== undefined && { about }),
        ...(receivedAt !== undefined && { receivedAt }),
      };
      const byCode = routeByCode(intent, offers, person);
      if (byCode) return { kind: 'routed', route: byCode, ended: NOTHING };
      const found = await ask(responder, offers, [replyId]);
      const ended = endedOf(found);
      const [report] = found.reports;
      if (report) return { kind: 'known', report, ended };
      if (found.unanswered.length > 0 && !isLast) return { kind: 'unanswered', ended };
      const route = routeReply(intent, {
        ...person,
        open: found.open,
        closed: mergeClosed(closed, found.closed),
      });
      return { kind: 'routed', route, ended };
    },

    async findUnknown(responder, { offers, closed }, replyIds, now) {
      if (replyIds.length === 0) return [];
      const lately = closed
        .filter(({ ending }) => Date.parse(ending.at) > now - LOOK_BACK_MS)
        .map(({ ending, ...ended }): Offer => ({ ...ended, action: '', at: ending.at }));
      const { reports, unanswered } = await ask(responder, [...lately, ...offers], replyIds);
      if (unanswered.length > 0) {
        throw new Error(`no worker says which replies of ${responder} reached a handoff`);
      }
      const found = new Set(reports.map(({ result }) => result.commandId));
      return replyIds.filter((id) => !found.has(id));
    },
  };
}

/** Returns what was found to be over. */
export function endedOf({ closed, forgotten }: Ended): Ended {
  return { closed, forgotten };
}

/** Says whether so much was found to be over that their workflow is told: each time costs it a task. */
export function isWorthTelling({ closed, forgotten }: Ended): boolean {
  return closed.length + forgotten.length >= 3;
}
