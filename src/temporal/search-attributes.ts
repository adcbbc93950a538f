/*
 * temporal/ connects Baton to a Temporal server, finds or starts one, and names what is searched by. This
 * file is also part of the workflow bundle, so it imports nothing but @temporalio/common and the domain.
 */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { SearchAttributePair, SearchAttributeUpdatePair } from '@temporalio/common';
import type { Handoff } from '../domain/handoff.ts';
import { listAwaiting, type HandoffState } from '../domain/state.ts';

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

/** The server's name for each attribute's type, for registering them. */
export const SEARCH_ATTRIBUTE_TYPES: Readonly<
  Record<string, 'Keyword' | 'KeywordList' | 'Datetime'>
> = {
  [STATUS.name]: 'Keyword',
  [URGENCY.name]: 'Keyword',
  [SOURCE.name]: 'Keyword',
  [POLICY.name]: 'Keyword',
  [CODE.name]: 'Keyword',
  [OWNER.name]: 'Keyword',
  [AWAITING.name]: 'KeywordList',
  [ACT_BY.name]: 'Datetime',
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
  handoff: Handoff,
  before: HandoffState,
  after: HandoffState,
): SearchAttributeUpdatePair[] {
  const [old, now] = [before, after].map((state) => ({
    status: state.status,
    owner: state.owner?.responder ?? null,
    awaiting: listAwaiting(state),
    actBy: state.owner?.actBy ?? handoff.action.dueAt ?? null,
  })) as [AttributeValues, AttributeValues];
  return [
    ...(old.status === now.status ? [] : [{ key: STATUS, value: now.status }]),
    ...(old.owner === now.owner ? [] : [{ key: OWNER, value: now.owner }]),
    ...(old.awaiting.join() === now.awaiting.join()
      ? []
      : [{ key: AWAITING, value: now.awaiting.length > 0 ? now.awaiting : null }]),
    ...(old.actBy === now.actBy
      ? []
      : [{ key: ACT_BY, value: now.actBy === null ? null : new Date(now.actBy) }]),
  ];
}

interface AttributeValues {
  status: string;
  owner: string | null;
  awaiting: string[];
  actBy: string | null;
}
