import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeEnding, renderAnswer, type Answer } from '../../../src/domain/messages/answer.ts';
import { fitsSegments } from '../../../src/domain/messages/segments.ts';
import type { OpenOffer } from '../../../src/domain/offer.ts';
import {
  cardOf,
  type CommandResult,
  type Ending,
  type Standing,
} from '../../../src/domain/state.ts';
import { asResponder, buildHandoff } from '../../support/builders.ts';
import { anyCard } from './arbitraries.ts';

const reader = { timezone: 'America/New_York', now: '2026-11-23T15:00:00.000Z' };
const card = cardOf(buildHandoff());
const bob = { responder: 'bob', name: 'Bob Diaz', since: '2026-11-23T14:58:00.000Z' };
const done: Ending = {
  status: 'resolved',
  at: '2026-11-22T15:00:00.000Z',
  by: asResponder('bob'),
  outcome: 'reached',
};

function result(effect: CommandResult['effect'], changes: Partial<CommandResult> = {}): Answer {
  const by = asResponder('alice');
  return {
    kind: 'result',
    card,
    code: 'KM47',
    result: { commandId: 'c1', verb: 'take', by, at: reader.now, effect, ...changes },
  };
}

function offer(
  code: string,
  standing: Standing = 'asked',
  changes: Partial<OpenOffer> = {},
): OpenOffer {
  return {
    handoffId: `hof_${code}`,
    code,
    subject: 'Acme Corp',
    action: 'Call Maria',
    standing,
    since: reader.now,
    ...changes,
  };
}

test.each<[string, Answer, string[]]>([
  [
    'took it',
    result('taken'),
    [
      'You have it: Call Maria Lopez by 10:05',
      '+1 512 555 0147',
      'When finished reply done reached, done no-answer, done bad-lead (KM47)',
    ],
  ],
  [
    'took it before',
    result('already-yours', { owner: bob }),
    [
      'You have it since 09:58: Call Maria Lopez by 10:05',
      '+1 512 555 0147',
      'When finished reply done reached, done no-answer, done bad-lead (KM47)',
    ],
  ],
  [
    'came second',
    result('held-by-other', { owner: bob }),
    [
      'Bob Diaz has it since 09:58: nothing for you to do. (KM47 Maria Lopez, Acme Corp)',
      'To take it over reply take over KM47',
    ],
  ],
  [
    'is no responder',
    result('held-by-other'),
    ['Only a responder can take KM47 Maria Lopez, Acme Corp.'],
  ],
  [
    'passed it on',
    result('passed'),
    ['Passed on: Maria Lopez, Acme Corp (KM47). Thank you for saying so.'],
  ],
  [
    'is done, with an outcome',
    result('resolved', { ending: done }),
    ['Done (reached): Maria Lopez, Acme Corp (KM47). Thank you.'],
  ],
  [
    'is done, and the end is not known',
    result('resolved'),
    ['Done: Maria Lopez, Acme Corp (KM47). Thank you.'],
  ],
  [
    'called it off',
    result('withdrawn', { ending: { status: 'withdrawn', at: reader.now } }),
    ['Withdrawn: Maria Lopez, Acme Corp (KM47). Thank you.'],
  ],
  [
    'asked for more help',
    result('escalated'),
    ['The next tier is being told: Maria Lopez, Acme Corp (KM47).'],
  ],
  [
    'has it and told something',
    result('noted', { owner: { responder: 'alice', name: 'Alice Ng', since: bob.since } }),
    [
      'Noted on KM47; it is still yours. When finished reply done reached, done no-answer, done bad-lead (KM47)',
    ],
  ],
  [
    'told something',
    result('noted'),
    ['Noted on KM47. When finished reply done reached, done no-answer, done bad-lead (KM47)'],
  ],
  [
    'came after the end',
    result('closed', { ending: done }),
    [
      'Already over: Maria Lopez, Acme Corp (KM47) was done (reached) by BOB, Sun 10:00. Nothing for you to do.',
    ],
  ],
  [
    'came after an end that is not known',
    result('closed'),
    ['KM47 Maria Lopez, Acme Corp is closed.'],
  ],
  [
    'could mean four',
    {
      kind: 'choose',
      verb: 'resolve',
      offers: [
        offer('KM47', 'owner', { dueAt: '2026-11-23T15:05:00.000Z' }),
        offer('BC12', 'owner', { subject: 'Maria' }),
        offer('DF34', 'owner'),
        offer('GH56', 'owner'),
      ],
    },
    [
      'Which one? Nothing has changed yet. Reply:',
      'done KM47 - Call Maria by 10:05, Acme Corp',
      'done BC12 - Call Maria',
      'done DF34 - Call Maria, Acme Corp',
      'and 1 more',
    ],
  ],
  [
    'would close what they have not taken',
    { kind: 'choose', verb: 'resolve', text: 'reached', offers: [offer('KM47')] },
    [
      'You have not taken it. Nothing has changed yet. Reply:',
      'done reached KM47 - Call Maria, Acme Corp',
    ],
  ],
  [
    'would close what is theirs, and named its code too',
    { kind: 'choose', verb: 'resolve', offers: [offer('KM47', 'owner')] },
    ['It is yours. Nothing has changed yet. Reply:', 'done KM47 - Call Maria, Acme Corp'],
  ],
  [
    'wants no more messages, in words that carriers do not know',
    { kind: 'help', wantsStop: true, offers: [] },
    [
      'For no more SMS reply just STOP.',
      'Reply 1 to take, 2 to pass, 3 for later, done when finished; with the code if you have several.',
    ],
  ],
  [
    'would give away what is theirs',
    { kind: 'choose', verb: 'pass', offers: [offer('KM47', 'owner')] },
    ['It is yours. Nothing has changed yet. Reply:', '2 KM47 - Call Maria, Acme Corp'],
  ],
  [
    'could mean two',
    { kind: 'choose', verb: 'pass', offers: [offer('KM47'), offer('BC12')] },
    [
      'Which one? Nothing has changed yet. Reply:',
      '2 KM47 - Call Maria, Acme Corp',
      '2 BC12 - Call Maria, Acme Corp',
    ],
  ],
  [
    'named a code nobody knows',
    { kind: 'unknown-code', code: 'ZZ99', offers: [offer('KM47'), offer('BC12', 'stood-down')] },
    [
      'No handoff of yours has the code ZZ99. Nothing has changed.',
      'KM47 (waiting): Call Maria, Acme Corp',
    ],
  ],
  [
    'named one that is over',
    {
      kind: 'closed',
      offer: {
        handoffId: 'h',
        code: 'KM47',
        subject: 'Acme',
        ending: { status: 'expired', at: reader.now },
      },
    },
    ['Already over: Acme (KM47) was expired, 10:00. Nothing for you to do.'],
  ],
  [
    'came just after the end',
    { kind: 'ended', offer: offer('KM47') },
    ['Already over: Acme Corp (KM47). Nothing for you to do.'],
  ],
  ['has nothing', { kind: 'nothing-open' }, ['Nothing is waiting for you.']],
  [
    'asked for help',
    { kind: 'help', offers: [offer('KM47', 'owner'), offer('BC12'), offer('DF34', 'passed')] },
    [
      'Reply 1 to take, 2 to pass, 3 for later, done when finished; with the code if you have several.',
      'KM47 (yours): Call Maria, Acme Corp',
      'BC12 (waiting): Call Maria, Acme Corp',
    ],
  ],
  [
    'is away for a week, with work of theirs',
    {
      kind: 'away',
      absence: { since: reader.now, until: '2026-11-30T05:00:00.000Z', cover: 'bob' },
      coverName: 'Bob Diaz',
      offers: [offer('KM47', 'owner'), offer('BC12'), offer('DF34'), offer('GH56', 'passed')],
    },
    [
      'You are away until Mon 30 Nov 00:00. Nothing is sent to you before, except critical work. Bob Diaz covers for you. Text back to end it.',
      'You still have KM47: reply 2 KM47 to pass it.',
      '2 still wait for you.',
    ],
  ],
  [
    'is away until they say otherwise, with much work',
    {
      kind: 'away',
      absence: { since: reader.now },
      offers: ['KM47', 'BC12', 'DF34', 'GH56', 'JK78'].map((code) => offer(code, 'owner')),
    },
    [
      'You are away. Nothing is sent to you, except critical work. Text back to end it.',
      'You still have KM47, BC12, DF34 and 2 more: reply 2 and a code to pass it.',
    ],
  ],
  [
    'is away, and nobody knows yet what waits for them',
    { kind: 'away', absence: { since: reader.now, until: '2026-11-23T17:30:00.000Z' } },
    [
      'You are away until Mon 23 Nov 12:30. Nothing is sent to you before, except critical work. Text back to end it.',
    ],
  ],
  [
    'is back',
    {
      kind: 'back',
      offers: [offer('KM47', 'owner'), offer('BC12'), offer('DF34'), offer('GH56', 'stood-down')],
    },
    [
      'You are back: 2 wait for you, 1 is yours.',
      'KM47 (yours): Call Maria, Acme Corp',
      'BC12 (waiting): Call Maria, Acme Corp',
      'DF34 (waiting): Call Maria, Acme Corp',
    ],
  ],
  [
    'is back and has nothing to do',
    { kind: 'back', offers: [offer('GH56', 'passed')] },
    ['You are back: nothing waits for you.'],
  ],
  ['is back, and nobody knows yet to what', { kind: 'back' }, ['You are back.']],
  [
    'is away until nobody knows when',
    { kind: 'away-unclear', text: 'away until next week' },
    [
      '"away until next week" was not understood, or is past or over a year ahead: nothing has changed.',
      'Text for example away 3d, away until monday, away until 2 dec 9:00, or back.',
    ],
  ],
  [
    'is covered by nobody',
    { kind: 'cover-unclear', cover: 'zoe', names: [] },
    ['Nobody here is called "zoe": nothing has changed.'],
  ],
  [
    'is covered by one of two',
    { kind: 'cover-unclear', cover: 'ng', names: ['Alice Ng', 'Bo Ng'] },
    ['"ng" could be Alice Ng or Bo Ng: nothing has changed. Send it again with the whole name.'],
  ],
  [
    'would cover for themselves',
    { kind: 'cover-unclear', cover: 'me', names: ['Alice Ng'] },
    ['You cannot cover for yourself: nothing has changed.'],
  ],
  [
    'was heard, no more',
    { kind: 'recorded' },
    ['Your reply is recorded. You will get the result by SMS shortly.'],
  ],
  [
    'was heard, and may never be answered',
    { kind: 'unconfirmed' },
    [
      'Your reply is recorded, what came of it is not known yet. If no result comes within 5 minutes, please send it again.',
    ],
  ],
  [
    'may have been heard',
    { kind: 'uncertain' },
    [
      'It is not certain that your reply is recorded. If no result comes within 5 minutes, please send it again.',
    ],
  ],
  [
    'was not heard',
    { kind: 'not-recorded' },
    [
      'Your reply is NOT recorded yet: Baton cannot be reached. If no result comes within 5 minutes, please send it again.',
    ],
  ],
])('who %s reads', (_who, answer, lines) => {
  expect(renderAnswer(answer, reader)).toBe(lines.join('\n'));
});

describe('any answer', () => {
  test('is accepted by Twilio, which takes 1,600 characters, and lists three at most', () => {
    const open = anyCard.map((one) =>
      offer('BC10', 'asked', { subject: one.brief.subject, action: one.action.do }),
    );
    const answer: fc.Arbitrary<Answer> = fc.oneof(
      fc.record({
        kind: fc.constant('choose'),
        verb: fc.constant('resolve'),
        offers: fc.array(open, { maxLength: 6 }),
      }),
      fc.record({ kind: fc.constant('help'), offers: fc.array(open, { maxLength: 6 }) }),
      fc.record({
        kind: fc.constant('result'),
        card: anyCard,
        code: fc.constant('KM47'),
        result: fc.record({
          commandId: fc.constant('c1'),
          verb: fc.constant('take'),
          by: fc.constant(asResponder('alice')),
          at: fc.constant(reader.now),
          effect: fc.constantFrom('taken', 'noted', 'passed', 'held-by-other', 'closed'),
        }),
      }),
    );
    fc.assert(
      fc.property(answer, (one) => {
        const text = renderAnswer(one, reader);

        expect(text.length).toBeLessThanOrEqual(1_600);
        expect(text.match(/BC10/g)?.length ?? 0).toBeLessThanOrEqual(3);
      }),
    );
  });
});

test('that somebody is away or back is said in two SMS, whoever covers and whatever waits', () => {
  const offers = fc.array(
    fc.tuple(
      fc.constantFrom<Standing>('asked', 'owner', 'passed', 'stood-down'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
    ),
    { maxLength: 120 },
  );
  const name = fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), {
    nil: undefined,
  });
  fc.assert(
    fc.property(offers, name, fc.boolean(), (drawn, coverName, isEndless) => {
      const open = drawn.map(([standing, action]) => offer('KM47', standing, { action }));
      const absence = {
        since: reader.now,
        ...(!isEndless && { until: '2026-11-30T05:00:00.000Z' }),
        ...(coverName !== undefined && { cover: 'bob' }),
      };
      const away = renderAnswer(
        { kind: 'away', absence, offers: open, ...(coverName !== undefined && { coverName }) },
        reader,
      );

      expect(fitsSegments(away)).toBe(true);
      if (coverName !== undefined) expect(away).toContain(' covers for you.');
      expect(fitsSegments(renderAnswer({ kind: 'back', offers: open }, reader))).toBe(true);
    }),
  );
});

test.each<[Ending['status'], string | undefined, string]>([
  ['resolved', 'reached', 'done (reached)'],
  ['resolved', undefined, 'done'],
  ['withdrawn', undefined, 'withdrawn'],
  ['expired', 'reached', 'expired'],
])('an end as %s with outcome %s is %j', (status, outcome, text) => {
  const ending = { status, at: reader.now, ...(outcome !== undefined && { outcome }) };

  expect(describeEnding(ending)).toBe(text);
});

test('no answer is longer than its segments, whatever the names; the codes are never cut', () => {
  const by = { kind: 'responder', id: 'bob', name: 'Bob Diaz' } as const;
  const owner = {
    responder: 'bob',
    name: 'Bob Diaz',
    since: reader.now,
    actBy: reader.now,
  };
  const ending = { status: 'resolved', by, at: reader.now } as const;
  const name = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 }),
    fc.constantFrom('Łukasz Żółć '.repeat(10), 'Γιώργος '.repeat(15), '王伟'.repeat(60)),
    fc.stringMatching(/^[a-zA-Z ]{1,120}$/),
  );
  const outcomes = fc.array(fc.stringMatching(/^[a-z][a-z0-9-]{0,29}$/), { maxLength: 10 });
  const codes = ['KM47', 'RT52', 'ZX08', 'BC11'];
  const shown = fc.record({ name, outcomes, count: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(shown, ({ name: drawn, outcomes: ways, count }) => {
      const subject = drawn.slice(0, 120);
      const action = `Call ${drawn}`.slice(0, 100);
      const open = codes
        .slice(0, count)
        .map((code) => offer(code, 'asked', { subject, action, dueAt: reader.now }));
      const listed: Answer[] = [
        { kind: 'choose', verb: 'take-over', offers: open },
        { kind: 'help', offers: open },
        { kind: 'unknown-code', code: 'QQ11', offers: open },
      ];
      for (const answer of listed) {
        const text = renderAnswer(answer, reader);
        expect(fitsSegments(text), text).toBe(true);
        for (const { code } of open.slice(0, 3)) expect(text).toContain(code);
      }
      const worded = {
        ...card,
        brief: { ...card.brief, subject },
        action: { ...card.action, do: action, outcomes: ways },
      };
      const effects = ['taken', 'already-yours', 'held-by-other', 'passed', 'snoozed'] as const;
      for (const effect of [...effects, 'resolved', 'noted', 'closed'] as const) {
        const result = {
          commandId: 'c',
          verb: 'take',
          by,
          at: reader.now,
          effect,
          owner,
          ending,
        } as const;
        const text = renderAnswer({ kind: 'result', card: worded, code: 'KM47', result }, reader);
        expect(fitsSegments(text), text).toBe(true);
        expect(text).toContain('KM47');
        if (effect === 'taken') expect(text).toContain(action);
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);
