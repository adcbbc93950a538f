import { describe, expect, test } from 'vitest';
import type { CommandResult } from '../../src/domain/state.ts';
import type { HandoffResult } from '../../src/domain/view.ts';
import { buildHandoff } from '../support/builders.ts';
import { checkRun } from './checker.ts';
import type { RunRecord, SentMessage, WrittenText } from './record.ts';

const ID = 'hof_0123456789abcdef0123456789abcd';
const at = (second: number): string => new Date(Date.UTC(2026, 10, 30, 9, 0, second)).toISOString();

/** Alice is asked and silent, Bob is asked, both take it at once, Alice was first, and finishes it. */
function goodRun(): RunRecord {
  return {
    handoffs: [
      { subject: 'Maria Lopez', accepted: { id: ID, code: 'KM47', at: at(1) }, result: goodEnd() },
    ],
    texts: [
      text('t1', 'alice', '1', { second: 30, answers: ['You have it: Call Maria Lopez'] }),
      text('t2', 'bob', '1 KM47', {
        second: 30,
        answers: ['Your reply is recorded. You will get the result by SMS shortly.'],
      }),
      text('t3', 'alice', 'done reached', {
        second: 40,
        answers: ['Done (reached): Maria Lopez (KM47). Thank you.'],
      }),
    ],
    commands: [],
    messages: [
      message('n1', 'alice', 'URGENT: Call Maria Lopez', 2),
      message('n2', 'bob', 'URGENT: Call Maria Lopez', 22),
      message(
        'n3',
        'bob',
        'Alice has it since 9:00: nothing for you to do. (KM47 Maria Lopez)',
        33,
      ),
    ],
  };
}

function goodEnd(): HandoffResult {
  const owner = { responder: 'alice', name: 'Alice', since: at(30) };
  return {
    ...buildHandoff({ id: ID }),
    status: 'resolved',
    ending: { status: 'resolved', at: at(40) },
    awaiting: [],
    expiresAt: at(59),
    next: null,
    timeline: [
      { at: at(2), what: 'sent', because: '', responder: 'alice', channel: 'sms' },
      { at: at(22), what: 'sent', because: '', responder: 'bob', channel: 'sms' },
      { at: at(30), what: 'taken', because: 'Alice took it by sms', responder: 'alice' },
      { at: at(33), what: 'sent', because: '', responder: 'bob', channel: 'sms' },
      { at: at(40), what: 'resolved', because: '', responder: 'alice' },
    ],
    results: {
      'sms:t1': result('t1', 'alice', 'take', { effect: 'taken', second: 30, owner }),
      'sms:t2': result('t2', 'bob', 'take', {
        effect: 'held-by-other',
        second: 31,
        owner,
        isConfirmed: true,
      }),
      'sms:t3': result('t3', 'alice', 'resolve', { effect: 'resolved', second: 40 }),
    },
  };
}

function text(
  sid: string,
  from: string,
  said: string,
  { second, answers }: { second: number; answers: readonly string[] },
): WrittenText {
  return {
    sid,
    from,
    text: said,
    at: at(second),
    answeredAt: at(second + 1),
    status: 200,
    answers,
  };
}

function message(notification: string, to: string, body: string, second: number): SentMessage {
  const sid = `${notification} to ${to}`;
  const askedAt = at(second);
  return { sid, to, body, askedAt, at: askedAt, isDelivered: true, handoff: ID, notification };
}

function result(
  sid: string,
  by: string,
  verb: CommandResult['verb'],
  { second, ...rest }: Pick<CommandResult, 'effect' | 'owner' | 'isConfirmed'> & { second: number },
): CommandResult {
  const actor = { kind: 'responder', id: by, name: by } as const;
  return { commandId: `sms:${sid}`, verb, by: actor, via: 'sms', at: at(second), ...rest };
}

/** The good run with one thing broken. */
function broken(breakIt: {
  readonly end?: (end: HandoffResult) => HandoffResult;
  readonly texts?: (texts: readonly WrittenText[]) => readonly WrittenText[];
  readonly messages?: (messages: readonly SentMessage[]) => readonly SentMessage[];
  readonly record?: (record: RunRecord) => RunRecord;
}): RunRecord {
  const good = goodRun();
  const { end, texts, messages, record } = breakIt;
  const changed: RunRecord = {
    ...good,
    handoffs: good.handoffs.map((one) => ({ ...one, ...(end && { result: end(goodEnd()) }) })),
    texts: texts ? texts(good.texts) : good.texts,
    messages: messages ? messages(good.messages) : good.messages,
  };
  return record ? record(changed) : changed;
}

const rulesOf = (record: RunRecord): string[] => [
  ...new Set(checkRun(record).map(({ rule }) => rule)),
];

const answered =
  (sid: string, ...answers: string[]) =>
  (texts: readonly WrittenText[]): readonly WrittenText[] =>
    texts.map((one) => (one.sid === sid ? { ...one, answers } : one));

test('a run in which every promise was kept has nothing to report', () => {
  expect(checkRun(goodRun())).toEqual([]);
});

/** Bob's last text came twice, and both are answered with the same words. */
function saidAgain(messages: readonly SentMessage[]): RunRecord {
  const owner = { responder: 'alice', name: 'Alice', since: at(30) };
  const again = { effect: 'held-by-other', second: 31, owner, isConfirmed: true } as const;
  return broken({
    texts: (all) => [
      ...all,
      text('t4', 'bob', '1 KM47', { second: 31, answers: ['Your reply is recorded.'] }),
    ],
    end: (end) => ({
      ...end,
      timeline: [
        ...end.timeline,
        { at: at(34), what: 'sent', because: '', responder: 'bob', channel: 'sms' },
      ],
      results: { ...end.results, 'sms:t4': result('t4', 'bob', 'take', again) },
    }),
    messages: () => messages,
  });
}

test('of two answers of the same words Twilio may have one: a second attempt cannot tell whose the first is', () => {
  expect(checkRun(saidAgain(goodRun().messages))).toEqual([]);
  expect(rulesOf(saidAgain(goodRun().messages.slice(0, 2)))).toEqual([
    'unanswered',
    'untrue-timeline',
  ]);
});

test('what was said of a handoff that had no end is not judged: how it stood nobody knows', () => {
  const run = broken({
    record: (all) => ({ ...all, handoffs: all.handoffs.map(({ result: _, ...one }) => one) }),
    messages: (all) => [
      ...all.slice(0, 2),
      message('n9', 'bob', 'Already over: Maria Lopez (KM47).', 50),
    ],
  });
  expect(rulesOf(run)).toEqual(['lost']);
});

describe('each broken promise is found', () => {
  const cases: readonly (readonly [string, string, RunRecord])[] = [
    [
      'lost',
      'a handoff that was never accepted',
      broken({ record: (run) => ({ ...run, handoffs: [{ subject: 'Jo' }] }) }),
    ],
    [
      'lost',
      'one that never ended',
      broken({
        record: (run) => ({
          ...run,
          texts: [],
          messages: run.messages.slice(0, 1),
          handoffs: run.handoffs.map(({ result: _, ...one }) => one),
        }),
      }),
    ],
    [
      'told-twice',
      'a notification that Twilio was given twice',
      broken({ messages: (all) => [...all, message('n1', 'alice', 'URGENT: Call', 9)] }),
    ],
    [
      'two-owners',
      'a second take that was obeyed',
      broken({
        end: (end) => ({
          ...end,
          results: {
            ...end.results,
            'sms:t9': result('t9', 'bob', 'take', { effect: 'taken', second: 35 }),
          },
        }),
      }),
    ],
    [
      'two-owners',
      'a command of another that was obeyed',
      broken({
        end: (end) => ({
          ...end,
          results: {
            ...end.results,
            'sms:t3': result('t3', 'bob', 'resolve', { effect: 'resolved', second: 40 }),
          },
        }),
      }),
    ],
    [
      'two-owners',
      'an end that nobody brought about',
      broken({
        end: ({ results, ...end }) => {
          const { 'sms:t3': _, ...rest } = results;
          return { ...end, results: rest };
        },
        texts: (all) => all.slice(0, 2),
      }),
    ],
    [
      'counted-twice',
      'one text that counted for two handoffs',
      broken({
        record: (run) => ({
          ...run,
          handoffs: [
            ...run.handoffs,
            ...run.handoffs.map((one) => ({
              ...one,
              result: {
                ...goodEnd(),
                results: {
                  'sms:t1': result('t1', 'alice', 'resolve', { effect: 'resolved', second: 31 }),
                },
                timeline: [],
              },
            })),
          ],
        }),
      }),
    ],
    [
      'untrue-answer',
      '"you have it" to who does not',
      broken({ texts: answered('t2', 'You have it: Call Maria Lopez') }),
    ],
    [
      'untrue-answer',
      '"which one?" to a text that did something',
      broken({ texts: answered('t1', 'Which one? Nothing has changed yet.') }),
    ],
    [
      'untrue-answer',
      '"already over" of what was not',
      broken({
        texts: (all) => [
          ...all,
          text('t4', 'bob', '1 KM47', {
            second: 35,
            answers: ['Already over: Maria Lopez (KM47) was done.'],
          }),
        ],
      }),
    ],
    [
      'untrue-answer',
      '"nothing is waiting" while something did',
      broken({
        texts: (all) => [
          ...all,
          text('t4', 'bob', '1', { second: 25, answers: ['Nothing is waiting for you.'] }),
        ],
      }),
    ],
    [
      'untrue-answer',
      '"no such code" of what they were asked about',
      broken({
        texts: (all) => [
          ...all,
          text('t4', 'bob', '1 KM47', {
            second: 25,
            answers: ['No handoff of yours has the code KM47. Nothing has changed.'],
          }),
        ],
      }),
    ],
    [
      'untrue-answer',
      'words that nobody knows to read',
      broken({ texts: answered('t1', 'Sure thing!') }),
    ],
    [
      'untrue-answer',
      'an SMS that says what nobody is owed',
      broken({
        messages: (all) => [...all, message('n4', 'bob', 'You have it: Call Maria Lopez', 50)],
      }),
    ],
    [
      'untrue-answer',
      'that something is recorded of which nothing is known',
      broken({
        texts: (all) => [
          ...all,
          text('t4', 'bob', '1 KM47', {
            second: 35,
            answers: ['Your reply is recorded, what came of it is not known yet. If no result …'],
          }),
        ],
      }),
    ],
    ['unanswered', 'silence', broken({ texts: answered('t1') })],
    [
      'overtaken',
      'a lost text that was obeyed after a later one',
      broken({
        end: (end) => ({
          ...end,
          results: {
            ...end.results,
            'sms:t0': result('t0', 'alice', 'pass', { effect: 'passed', second: 35 }),
          },
        }),
        texts: (all) => [
          { ...text('t0', 'alice', '2', { second: 25, answers: [] }), status: 0 },
          ...all,
        ],
      }),
    ],
    [
      'untrue-answer',
      'an SMS about no handoff that says what is not so',
      broken({
        messages: (all) => {
          const {
            handoff: _,
            notification: __,
            ...loose
          } = message('n9', 'bob', 'Already over: Maria Lopez (KM47). Nothing for you to do.', 35);
          return [...all, loose];
        },
      }),
    ],
    [
      'unanswered',
      'a promised result that never came',
      broken({
        messages: (all) => all.slice(0, 2),
        end: (end) => ({ ...end, timeline: end.timeline.filter((_, index) => index !== 3) }),
      }),
    ],
    [
      'asked-after-take',
      'somebody who was asked after it was taken',
      broken({
        messages: (all) => [...all, message('n5', 'carol', 'LAST RESORT: Call Maria Lopez', 35)],
      }),
    ],
    [
      'asked-after-take',
      'somebody who was asked after it was withdrawn',
      broken({
        record: (run) => ({
          ...run,
          commands: [
            { handoff: ID, verb: 'withdraw', at: at(20), answeredAt: at(21), status: 200 },
          ],
        }),
      }),
    ],
    [
      'untrue-timeline',
      'a message that was never sent',
      broken({ messages: (all) => all.filter(({ notification }) => notification !== 'n1') }),
    ],
  ];
  test.each(cases)('%s: %s', (rule, _, run) => {
    expect(rulesOf(run)).toContain(rule);
  });
});
