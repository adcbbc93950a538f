/*
 * temporal/ connects Baton to a Temporal server, finds or starts one, and names what is searched by. This
 * file is also part of the workflow bundle, so it imports nothing but @temporalio/common and the domain.
 */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { SearchAttributePair, SearchAttributeUpdatePair } from '@temporalio/common';
import type { Handoff } from '../domain/handoff.ts';
import { measureTimes } from '../domain/callback.ts';
import {
  currentHandoff,
  emptyTally,
  listAwaiting,
  type HandoffInput,
  type HandoffState,
} from '../domain/state.ts';

const KEYWORD = SearchAttributeType.KEYWORD;

/** What handoffs are found by. Search attributes are never encrypted: no phone number, no name of a lead. */
export const STATUS = defineSearchAttributeKey('HandoffStatus', KEYWORD);
export const URGENCY = defineSearchAttributeKey('HandoffUrgency', KEYWORD);
export const SOURCE = defineSearchAttributeKey('HandoffSource', KEYWORD);
export const POLICY = defineSearchAttributeKey('HandoffPolicy', KEYWORD);
export const CODE = defineSearchAttributeKey('HandoffCode', KEYWORD);
export const OWNER = defineSearchAttributeKey('HandoffOwner', KEYWORD);
export const AWAITING = defineSearchAttributeKey(
  'HandoffAwaiting',
  SearchAttributeType.KEYWORD_LIST,
);
export const ACT_BY = defineSearchAttributeKey('HandoffActBy', SearchAttributeType.DATETIME);

const INT = SearchAttributeType.INT;

/** What came of handoffs, for statistics: one of the declared words, ids of responders and figures. */
export const OUTCOME = defineSearchAttributeKey('HandoffOutcome', KEYWORD);
export const TAKEN_BY = defineSearchAttributeKey('HandoffTakenBy', KEYWORD);
export const DECLINED = defineSearchAttributeKey(
  'HandoffDeclined',
  SearchAttributeType.KEYWORD_LIST,
);
export const ESCALATIONS = defineSearchAttributeKey('HandoffEscalations', INT);
export const SECONDS_TO_TAKE = defineSearchAttributeKey('HandoffSecondsToTake', INT);
export const SECONDS_TO_ACT = defineSearchAttributeKey('HandoffSecondsToAct', INT);

/** How the events of a handoff fare: `pending`, `delivered` or `failed`. */
export const CALLBACKS = defineSearchAttributeKey('HandoffCallbacks', KEYWORD);

/** The server's name for each attribute's type, for registering them. */
export const SEARCH_ATTRIBUTE_TYPES: Readonly<
  Record<string, 'Keyword' | 'KeywordList' | 'Datetime' | 'Int'>
> = {
  [STATUS.name]: 'Keyword',
  [URGENCY.name]: 'Keyword',
  [SOURCE.name]: 'Keyword',
  [POLICY.name]: 'Keyword',
  [CODE.name]: 'Keyword',
  [OWNER.name]: 'Keyword',
  [AWAITING.name]: 'KeywordList',
  [ACT_BY.name]: 'Datetime',
  [OUTCOME.name]: 'Keyword',
  [TAKEN_BY.name]: 'Keyword',
  [DECLINED.name]: 'KeywordList',
  [ESCALATIONS.name]: 'Int',
  [SECONDS_TO_TAKE.name]: 'Int',
  [SECONDS_TO_ACT.name]: 'Int',
  [CALLBACKS.name]: 'Keyword',
};

/** Returns the attributes a handoff is started with; what can change is left to {@link listChanges}. */
export function listStartAttributes(handoff: Handoff): SearchAttributePair[] {
  return [
    { key: STATUS, value: 'notifying' },
    { key: URGENCY, value: handoff.urgency },
    { key: SOURCE, value: handoff.source },
    { key: POLICY, value: handoff.policy },
    { key: CODE, value: handoff.code },
    ...(handoff.action.dueAt === undefined
      ? []
      : [{ key: ACT_BY, value: new Date(handoff.action.dueAt) }]),
  ];
}

/**
 * Returns the attributes whose values differ between two states of a handoff, so that one step costs at most
 * one upsert. `HandoffActBy` is the owner's deadline while there is one, else the action's.
 */
export function listChanges(
  input: HandoffInput,
  before: HandoffState,
  after: HandoffState,
): SearchAttributeUpdatePair[] {
  const [old, now] = [before, after].map((state) => ({
    status: state.status,
    owner: state.owner?.responder ?? null,
    awaiting: listAwaiting(state),
    actBy: state.owner?.actBy ?? currentHandoff(input, state).action.dueAt ?? null,
  })) as [AttributeValues, AttributeValues];
  const changes: SearchAttributeUpdatePair[] = [
    ...(old.status === now.status ? [] : [{ key: STATUS, value: now.status }]),
    ...(old.owner === now.owner ? [] : [{ key: OWNER, value: now.owner }]),
    ...(old.awaiting.join() === now.awaiting.join()
      ? []
      : [{ key: AWAITING, value: now.awaiting.length > 0 ? fit(now.awaiting) : null }]),
    ...(old.actBy === now.actBy
      ? []
      : [{ key: ACT_BY, value: now.actBy === null ? null : new Date(now.actBy) }]),
  ];
  // Figures go along where there is an upsert anyway; each end has one.
  return changes.length === 0 ? [] : [...changes, ...listFigures(input, after)];
}

function listFigures({ handoff }: HandoffInput, state: HandoffState): SearchAttributeUpdatePair[] {
  const { tally = emptyTally(), ending } = state;
  const { secondsToTake, secondsToAct } = measureTimes(handoff.submittedAt, state);
  const { outcome } = ending ?? {};
  const isDeclared = outcome !== undefined && /^[a-z][a-z0-9-]{0,29}$/.test(outcome);
  return [
    ...(tally.takenBy === undefined ? [] : [{ key: TAKEN_BY, value: tally.takenBy }]),
    ...(tally.declined.length === 0 ? [] : [{ key: DECLINED, value: fit(tally.declined) }]),
    ...(tally.escalations === 0 ? [] : [{ key: ESCALATIONS, value: tally.escalations }]),
    ...(secondsToTake === undefined ? [] : [{ key: SECONDS_TO_TAKE, value: secondsToTake }]),
    ...(secondsToAct === undefined ? [] : [{ key: SECONDS_TO_ACT, value: secondsToAct }]),
    // Words of people are not for search attributes.
    ...(isDeclared ? [{ key: OUTCOME, value: outcome }] : []),
  ];
}

/** The server ends a workflow that sets an attribute of more than 2,048 bytes (limit.searchAttributesSizeOfValue). */
const MAX_LIST_BYTES = 2_000;

/** Returns as many of the first words as an attribute can hold, as JSON; ids are of one byte a letter. */
function fit(words: readonly string[]): string[] {
  let bytes = 2;
  const kept: string[] = [];
  for (const word of words) {
    bytes += word.length + 3;
    if (bytes > MAX_LIST_BYTES) break;
    kept.push(word);
  }
  return kept;
}

interface AttributeValues {
  status: string;
  owner: string | null;
  awaiting: string[];
  actBy: string | null;
}
