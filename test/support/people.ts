import type { SendingDependencies } from '../../src/activities/sending.ts';
import type { OfferAnswer } from '../../src/domain/responder-state.ts';
import { createReplyReader, type ReplyReader } from '../../src/people/replies.ts';
import type { Responders, Unanswered } from '../../src/people/responders.ts';
import type { AskStandings, Standings } from '../../src/people/standings.ts';

/** What a message is put by when no other handoff is open. */
export const USUAL = {
  say: 'send',
  code: 'KM47',
  codeNeeded: false,
} as const satisfies OfferAnswer;

/** Nobody's workflow said in time how to put it, but it knows of the message. */
export const UNANSWERED: Unanswered = { say: 'unanswered', isRegistered: true };

const NOTHING: Standings = {
  open: [],
  closed: [],
  reports: [],
  forgotten: [],
  unanswered: [],
  cards: [],
};

/** Returns people without Temporal: nobody is away, and nothing else was offered to them. */
export function buildPeople({
  offer = () => Promise.resolve(USUAL),
  standings = () => Promise.resolve(NOTHING),
  ...changes
}: Partial<Responders> & { readonly standings?: AskStandings } = {}): Pick<
  SendingDependencies,
  'responders'
> & { readonly standings: AskStandings; readonly replies: ReplyReader } {
  return {
    standings,
    replies: createReplyReader(standings),
    responders: {
      offer,
      register: () => Promise.resolve(),
      readAbsences: () => Promise.resolve({}),
      ...changes,
    },
  };
}
