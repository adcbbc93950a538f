import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readAbsence,
  readEnded,
  readOffer,
  readReply,
  readSeen,
  readSignal,
  readStandingRequest,
} from '../../src/domain/payloads.ts';
import { asResponder } from '../support/builders.ts';

const by = asResponder('alice');
const card = { handoffId: 'hof_1', code: 'KM47', subject: 'Maria', action: 'Call', dueAt: '2026' };
const ending = { status: 'resolved', at: '2026', by, outcome: 'reached', note: 'she buys' };

const closed = { handoffId: 'hof_1', code: 'KM47', subject: 'Maria', ending };

describe('readSignal', () => {
  test.each<[string, unknown, unknown]>([
    [
      'take',
      { id: 'c1', by },
      { type: 'command', command: { id: 'c1', by, via: 'api', verb: 'take' } },
    ],
    ['confirm', { commandId: 'c1' }, { type: 'confirm', commandId: 'c1' }],
    [
      'delivery',
      { notification: 'n1', because: 'it is off' },
      { type: 'undelivered', notification: 'n1', because: 'it is off' },
    ],
    [
      'delivery',
      { notification: 'n1' },
      { type: 'undelivered', notification: 'n1', because: 'the provider gave no reason' },
    ],
    ['take', { id: 'c1' }, undefined],
    ['confirm', {}, undefined],
    ['delivery', { because: 'it is off' }, undefined],
    ['delivery', 'n1', undefined],
    ['explode', { id: 'c1', by }, undefined],
    ['constructor', { id: 'c1', by }, undefined],
  ])('reads %s with %j', (name, payload, event) => {
    expect(readSignal(name, payload)).toEqual(event);
  });
});

test.each<[string, (payload: unknown) => unknown, object, object]>([
  ['an offer', readOffer, { card, notificationId: 'n1' }, {}],
  ['an offer that may be held', readOffer, { card, notificationId: 'n1', mayBeHeld: true }, {}],
  [
    'an offer that was made before',
    readOffer,
    { card, notificationId: 'n1', at: '2026-11-23T16:00:00+01:00' },
    { at: '2026-11-23T15:00:00.000Z' },
  ],
  ['what is over', readEnded, { closed: [closed], forgotten: ['hof_2'] }, {}],
  [
    'what is over, less what makes no sense',
    readEnded,
    {
      closed: [{ ...closed, ending: { ...ending, status: 'owned' } }, closed, null, { ending }],
      forgotten: [7, 'hof_2'],
    },
    { closed: [closed], forgotten: ['hof_2'] },
  ],
  ['that nothing is over', readEnded, {}, { closed: [], forgotten: [] }],
  ['a reply that was seen', readSeen, { replyId: 'sms:1', isIdle: true }, {}],
  ['who is asked about', readStandingRequest, { responder: 'alice', replyIds: ['sms:1'] }, {}],
  [
    'a question about nobody',
    readStandingRequest,
    { responder: 7, replyIds: [7] },
    { responder: '', replyIds: [] },
  ],
  ['a reply', readReply, { replyId: 'sms:1', text: '1', by }, {}],
  ['an empty reply', readReply, { replyId: 'sms:1', text: '', by }, {}],
  [
    'a card with its bare necessities',
    readOffer,
    { card: { handoffId: 'h', code: 'KM47', more: 1 }, notificationId: 'n1' },
    { card: { handoffId: 'h', code: 'KM47', subject: '', action: '' } },
  ],
])('reads %s', (_what, read, payload, changes) => {
  expect(read(payload)).toEqual({ ...payload, ...changes });
});

const since = '2026-11-23T15:00:00.000Z';
const until = '2026-11-30T05:00:00.000Z';

test.each<[string, unknown, unknown]>([
  ['whole', { since, until, cover: 'bob' }, { since, until, cover: 'bob' }],
  ['without an end', { since }, { since }],
  ['with an end of null', { since, until: null, cover: null }, { since }],
  ['with another offset', { since, until: '2026-11-30T00:00:00-05:00' }, { since, until }],
  ['with more', { since, replyId: 'sms:1', cover: '' }, { since }],
])('reads an absence %s', (_what, payload, absence) => {
  expect(readAbsence(payload)).toEqual(absence);
});

test.each<[string, unknown]>([
  ['without a start', { until }],
  ['with a start that is none', { since: 'monday' }],
  ['with an end that is none', { since, until: 'monday' }],
  ['with an end in no zone', { since, until: '2026-11-30T00:00:00' }],
  ['with an end that is a number', { since, until: 1 }],
  ['that is null', null],
  ['that is a text', since],
])('refuses an absence %s', (_what, payload) => {
  expect(readAbsence(payload)).toBeUndefined();
});

test.each<[string, (payload: unknown) => unknown, unknown]>([
  ['an offer without a notification', readOffer, { card }],
  ['an offer without a code', readOffer, { card: { handoffId: 'h' }, notificationId: 'n1' }],
  ['a seen reply without an id', readSeen, { isIdle: true }],
  ['a reply of nobody', readReply, { replyId: 'sms:1', text: '1' }],
  ['a reply without an id', readReply, { replyId: '', text: '1', by }],
])('refuses %s', (_what, read, payload) => {
  expect(read(payload)).toBeUndefined();
});

test('nothing that a client can send makes any of them throw', () => {
  const inner = fc.oneof(fc.anything(), fc.constant(card), fc.constant(ending));
  const payload = fc.oneof(
    fc.anything(),
    fc.record({ card: inner, by: inner, closed: fc.array(inner), notificationId: inner }),
    fc.record({ since: inner, until: inner, cover: inner }, { requiredKeys: [] }),
  );
  const name = fc.oneof(fc.string(), fc.constantFrom('take', 'note', 'confirm', 'delivery'));
  fc.assert(
    fc.property(name, payload, (signal, value) => {
      readSignal(signal, value);
      for (const read of [readOffer, readEnded, readSeen, readReply, readStandingRequest])
        read(value);
      readAbsence(value);
    }),
    { numRuns: 1_000 },
  );
});
