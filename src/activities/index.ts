/*
 * activities/ does what a workflow may not: look into the directory, ask the responders' workflows, send by
 * the providers. Everything they use is passed in; every activity may be run twice and must find out before
 * it repeats what cannot be repeated.
 */
import { Agendas } from '../domain/availability/agenda.ts';
import { createSituation } from '../domain/availability/situation.ts';
import { planAbsence, type AbsencePlan } from '../domain/away.ts';
import { planTier } from '../domain/plan-tier.ts';
import { parseReply } from '../domain/reply.ts';
import { findResponder } from '../domain/directory.ts';
import type { Offer } from '../domain/offer.ts';
import type { NotificationOrder, PlanRequest, TierPlan } from '../domain/state.ts';
import { listConcerned } from '../domain/targets.ts';
import { createBundleActivities } from './bundles.ts';
import { createCallActivities, type CallDependencies } from './call.ts';
import { createCallbackActivities, type CallbackDependencies } from './callbacks.ts';
import { createNotifyActivities, type NotifyDependencies } from './notify.ts';
import type { BriefModel } from './brief-model.ts';
import { createWritingActivities } from './write-brief.ts';
import type { Known, ReplyReader, ReplyReading, Said } from '../people/replies.ts';
import type { AskStandings, Standings } from '../people/standings.ts';
import { checkNow, describeOffer, type NotifyInput } from './sending.ts';

export type ActivityDependencies = NotifyDependencies &
  CallDependencies &
  CallbackDependencies & {
    /** Writes briefs from raw material; missing: they stay as they are drawn from it. */
    readonly briefModel?: BriefModel | undefined;
    readonly standings: AskStandings;
    readonly replies: ReplyReader;
  };

/** All activities by name: what workflow code calls. */
export type Activities = ReturnType<typeof createLocalActivities> &
  ReturnType<typeof createQuestionActivities> &
  ReturnType<typeof createNotifyActivities> &
  ReturnType<typeof createBundleActivities> &
  ReturnType<typeof createCallActivities> &
  ReturnType<typeof createCallbackActivities> &
  ReturnType<typeof createWritingActivities>;

interface AbsenceInput {
  readonly responder: string;
  readonly text: string;
  /** When it is said, as an ISO instant. */
  readonly now: string;
}

/** Returns the activities by the task queue they run on. */
export function createActivities(deps: ActivityDependencies) {
  const { sendEmail, sendEmailAnswer, ...sms } = createNotifyActivities(deps);
  const { sendEmailBundle, sendSmsBundle } = createBundleActivities(deps);
  const { callBack, postCallback } = createCallbackActivities(deps);
  const question = createQuestionActivities(deps);
  return {
    // Questions too: people's workflows from before they had a queue of their own may wait for one.
    local: { ...createLocalActivities(deps), ...question, callBack },
    sms: { ...sms, sendSmsBundle },
    voice: createCallActivities(deps),
    email: { sendEmail, sendEmailAnswer, sendEmailBundle },
    callback: { postCallback },
    question,
    brief: deps.briefModel && createWritingActivities({ ...deps, model: deps.briefModel }),
  };
}

/** Activities that run inside a workflow task, because repeating them is harmless. */
function createLocalActivities(deps: ActivityDependencies) {
  const { directory, responders, calendars } = deps;
  return {
    /** Plans a tier with the directory and the calendars as they are now, and with who said they are away. */
    async planTier(request: PlanRequest): Promise<TierPlan> {
      const known = directory();
      const targets = [request, ...request.later].flatMap(({ notify }) => notify);
      const absences = request.timing
        ? await responders.readAbsences(listConcerned(targets, known))
        : {};
      return planTier(request, new Agendas(known, createSituation(calendars, absences)));
    },

    /**
     * Puts a message with others that wait for the same person, and returns whether there is such a list. It is no
     * sending: it needs none of the channel's throughput.
     */
    async bundle({ card, order }: NotifyInput): Promise<boolean> {
      const found = findResponder(directory(), order.recipient);
      const has = order.channel === 'email' ? found?.email : found?.phone;
      if (!found || has === undefined || checkNow(deps, card, order)) return false;
      const answer = await responders.offer(found.id, describeOffer(card, order));
      return answer.say === 'bundled';
    },

    /** Reads a reply that says "away", which takes the person's time zone and the names of others. */
    planAbsence({ responder, text, now }: AbsenceInput): Promise<AbsencePlan> {
      const said = parseReply(text);
      const known = directory();
      const found = findResponder(known, responder);
      // The workflow has nothing better to do with a failure than to say so.
      const isClear = said.kind === 'away' && found !== undefined;
      return Promise.resolve(
        isClear
          ? planAbsence(said, { now, responder: found, directory: known, text })
          : { kind: 'away-unclear', text },
      );
    },

    /** Records with a person's workflow a message that went out without it, so that a reply finds its handoff. */
    async register({ card, order, at }: RegisterInput): Promise<void> {
      await responders.register(order.recipient, { ...describeOffer(card, order), at });
    },
  };
}

/** Activities that ask other workflows, which takes a worker that is free to answer. */
function createQuestionActivities({ standings, replies }: ActivityDependencies) {
  return {
    /**
     * Asks handoffs how a person stands to them, and what came of replies; those of which no worker can say are taken to
     * wait for them.
     */
    async askStandings({
      responder,
      offers,
      replyIds = [],
      withCards = false,
    }: StandingsInput): Promise<FoundStandings> {
      const { unanswered, cards, ...found } = await standings(responder, offers, replyIds);
      return { ...found, ...(withCards && { cards }) };
    },

    /** Finds out what a reply means that nobody could wait for. */
    readReply({ responder, known, said, now, isLast }: ReadReplyInput): Promise<ReplyReading> {
      return replies.read(responder, known, said, { now, isLast });
    },
  };
}

interface RegisterInput extends NotifyInput {
  readonly order: NotificationOrder;
  /** When it went out, as an ISO instant. */
  readonly at: string;
}

interface StandingsInput {
  readonly responder: string;
  readonly offers: readonly Offer[];
  readonly replyIds?: readonly string[];
  /** What they are about is wanted too. */
  readonly withCards?: boolean;
}

/** What handoffs say of one person, as far as a workflow needs it. */
export type FoundStandings = Omit<Standings, 'unanswered' | 'cards'> &
  Partial<Pick<Standings, 'cards'>>;

interface ReadReplyInput {
  readonly responder: string;
  readonly known: Known;
  readonly said: Said;
  /** When it is read, as an ISO instant. */
  readonly now: string;
  /** Whatever no worker can say: it is not asked again. */
  readonly isLast: boolean;
}
