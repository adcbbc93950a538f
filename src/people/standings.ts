/*
 * How people stand to handoffs: the handoffs themselves are asked, so that nobody has to be told of each change.
 */
import {
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowClient,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { stoppedAt, type ClosedOffer, type Offer, type OpenOffer } from '../domain/offer.ts';
import {
  reportEnded,
  toClosedOffer,
  toOpenOffer,
  type StandingReport,
  type StandingRequest,
} from '../domain/standing.ts';
import type { HandoffCard } from '../domain/state.ts';
import type { CommandReport, HandoffResult } from '../domain/view.ts';
import { isUnanswered } from '../temporal/grpc-status.ts';
import { standingQuery } from '../workflows/messages.ts';

/** What handoffs say of one person. */
export interface Standings {
  /** Those of which nobody could say are taken to wait for them. */
  readonly open: readonly OpenOffer[];
  readonly closed: readonly ClosedOffer[];
  /** What came of the replies that were asked about, with the code the person uses. */
  readonly reports: readonly (CommandReport & { readonly code: string })[];
  /** Ids of those that Temporal does not know any more: how they ended nobody can say. */
  readonly forgotten: readonly string[];
  /** The offers of which no worker could say in time. */
  readonly unanswered: readonly Offer[];
  /** The open ones as they are now. */
  readonly cards: readonly HandoffCard[];
}

/** Asks handoffs how a person stands to them. Throws when Temporal cannot be reached. */
export type AskStandings = (
  responder: string,
  offers: readonly Offer[],
  replyIds?: readonly string[],
) => Promise<Standings>;

/** Longer nobody is kept waiting: who replied gets no answer of Twilio's later than 15 s after. */
const DEADLINE_MS = 2_500;

/** So many are asked at once. */
const AT_ONCE = 20;

/** Nobody can be meant among more: those before the newest are taken to wait. */
const MAX_ASKED = 200;

type Found =
  | { readonly report: StandingReport }
  | { readonly ended: Pick<ClosedOffer, 'ending'> }
  | 'forgotten'
  | 'unanswered';

/** Returns what asks the handoffs behind a Temporal client. */
export function createStandings(client: Client): AskStandings {
  const { namespace, identity, dataConverter } = client.options;
  // Of a handoff that is over a query would have a worker replay all of it; its result says the same.
  const workflows = new WorkflowClient({
    connection: client.connection,
    namespace,
    identity,
    dataConverter,
    queryRejectCondition: 'NOT_OPEN',
  });

  async function ask(offer: Offer, request: StandingRequest): Promise<Found> {
    const handle = workflows.getHandle(offer.handoffId);
    try {
      return { report: await handle.query(standingQuery, request) };
    } catch (error) {
      if (error instanceof QueryRejectedError) return readEnd(offer, request);
      if (error instanceof WorkflowNotFoundError) return 'forgotten';
      if (error instanceof QueryNotRegisteredError || isUnanswered(error)) return 'unanswered';
      throw error;
    }
  }

  async function readEnd({ handoffId }: Offer, request: StandingRequest): Promise<Found> {
    const handle = workflows.getHandle(handoffId);
    try {
      return { report: reportEnded((await handle.result()) as HandoffResult, request) };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'forgotten';
      if (isUnanswered(error)) return 'unanswered';
      if (!(error instanceof WorkflowFailedError)) throw error;
      const { closeTime = new Date() } = await handle.describe();
      return { ended: { ending: stoppedAt(closeTime.toISOString()) } };
    }
  }

  return async (responder, offers, replyIds = []) => {
    const request = { responder, replyIds };
    const asked = offers.slice(-MAX_ASKED);
    const found: Found[] = offers.slice(0, -MAX_ASKED).map(() => 'unanswered');
    await client.withDeadline(Date.now() + DEADLINE_MS, async () => {
      for (let at = 0; at < asked.length; at += AT_ONCE) {
        const some = asked.slice(at, at + AT_ONCE);
        found.push(...(await Promise.all(some.map((offer) => ask(offer, request)))));
      }
    });
    return collect(offers, found);
  };
}

function collect(offers: readonly Offer[], found: readonly Found[]): Standings {
  const open: OpenOffer[] = [];
  const closed: ClosedOffer[] = [];
  const reports: (CommandReport & { code: string })[] = [];
  const forgotten: string[] = [];
  const unanswered: Offer[] = [];
  const cards: HandoffCard[] = [];
  offers.forEach((offer, index) => {
    const one = found[index] ?? 'unanswered';
    if (one === 'forgotten') {
      forgotten.push(offer.handoffId);
      return;
    }
    if (one === 'unanswered') {
      unanswered.push(offer);
      open.push(toOpenOffer(offer));
      return;
    }
    if ('ended' in one) {
      closed.push(toClosedOffer(offer, one.ended.ending));
      return;
    }
    const { report } = one;
    if (report.ending) closed.push(toClosedOffer(offer, report.ending, report.card));
    else {
      open.push(toOpenOffer(offer, report));
      cards.push(report.card);
    }
    for (const result of Object.values(report.results)) {
      reports.push({ card: report.card, code: offer.code, result });
    }
  });
  return { open, closed, reports, forgotten, unanswered, cards };
}
