import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClosedOffer, OpenOffer } from '../../src/domain/offer.ts';
import { parseReply } from '../../src/domain/reply.ts';
import { routeReply, type Repliable, type ReplyRoute } from '../../src/domain/reply-route.ts';
import type { Standing } from '../../src/domain/state.ts';
import { REPLIES } from './reply-table.ts';

const at = '2026-11-23T15:00:00.000Z';
const later = (minutes: number) => new Date(Date.parse(at) + minutes * 60_000).toISOString();
const offer = (code: string, standing: Standing, since = at): OpenOffer => ({
  handoffId: `hof_${code}`,
  code,
  subject: 'Maria Lopez',
  action: 'Call Maria Lopez',
  outcomes: ['reached', 'no-answer', 'bad-lead'],
  standing,
  since,
});
const ended = (code: string, when = at): ClosedOffer => ({
  handoffId: `hof_${code}`,
  code,
  subject: 'Maria Lopez',
  ending: { status: 'withdrawn', at: when },
});
const person = (...open: OpenOffer[]): Repliable => ({ open, closed: [] });

const SITUATIONS: Readonly<Record<string, Repliable>> = {
  asked: person(offer('KM47', 'asked')),
  owned: person(offer('KM47', 'owner')),
  three: person(offer('KM47', 'asked'), offer('RT52', 'asked'), offer('ZX08', 'asked')),
  mixed: person(offer('KM47', 'asked'), offer('RT52', 'owner')),
  reminded: person(offer('KM47', 'asked'), offer('RT52', 'owner', later(5))),
  both: person(offer('KM47', 'owner'), offer('RT52', 'owner')),
  other: person(offer('KM47', 'stood-down')),
  closed: { open: [], closed: [ended('RT52'), ended('KM47')] },
  lost: {
    ...person(offer('KM47', 'asked'), offer('RT52', 'stood-down', later(9))),
    now: later(10),
  },
  over: { open: [offer('KM47', 'asked')], closed: [ended('RT52', later(9))], now: later(10) },
  ownedAndLost: {
    ...person(offer('KM47', 'owner'), offer('RT52', 'stood-down', later(9))),
    now: later(10),
  },
  lostLongAgo: {
    ...person(offer('KM47', 'asked'), offer('RT52', 'stood-down', later(9))),
    now: later(69),
  },
  overBefore: {
    open: [offer('KM47', 'asked', later(9))],
    closed: [ended('RT52')],
    now: later(10),
  },
  none: { open: [], closed: [] },
};

function describeRoute(route: ReplyRoute): string {
  switch (route.kind) {
    case 'command': {
      const time = route.forMs === undefined ? '' : ` ${route.forMs / 60_000} min`;
      const text = route.text === undefined || route.verb === 'note' ? '' : `: ${route.text}`;
      return `${route.verb} ${route.offer.code}${time}${text}`;
    }
    case 'choose':
      return `choose ${route.verb}`;
    case 'unknown-code':
      return `unknown ${route.code}`;
    case 'closed':
      return `closed ${route.offer.code}`;
    default:
      return route.kind;
  }
}

const rows = Object.entries(REPLIES).flatMap(([situation, replies]) =>
  replies.map(([text, effect]) => ({ situation, text, effect })),
);
const route = (text: string, repliable: Repliable | undefined) =>
  routeReply(parseReply(text), repliable ?? { open: [], closed: [] });

describe('replies as tired people type them', () => {
  test('are at least 500', () => {
    expect(rows.length).toBeGreaterThanOrEqual(500);
  });

  test.each(rows)('$situation: $text', ({ situation, text, effect }) => {
    expect(describeRoute(route(text, SITUATIONS[situation]))).toBe(effect);
  });

  test.each(rows)('in other letters: $situation: $text', ({ situation, text, effect }) => {
    for (const variant of [text.toUpperCase(), text.toLowerCase(), `  ${text}\r\n\r\n`]) {
      const found = describeRoute(route(variant, SITUATIONS[situation]));
      expect(found.toLowerCase()).toBe(effect.toLowerCase());
    }
  });
});

test('a name below an answer is known by its capital letters, and is no note', () => {
  const asked = SITUATIONS['asked'];

  expect(describeRoute(route('1\nAlice', asked))).toBe('take KM47');
  expect(describeRoute(route('2\nAlice Ng\nSales, Acme', asked))).toBe('pass KM47');
  expect(describeRoute(route('1\nalice', asked))).toBe('help');
  expect(describeRoute(route('Done\nReached', SITUATIONS['owned']))).toBe('resolve KM47: Reached');
});

/**
 * The words that may have an effect, written down once more: without one of them, first or behind a greeting or a code,
 * nothing happens whatever the text.
 */
const ALLOWED: Readonly<Record<string, RegExp>> = {
  take: /^(?:1|take|taking|taken|took|got|gotcha|have|accept|accepted|claim|handle|handling|on it|mine|ack|will do|do it|ok|k|roger|copy|👍|👌|✅|☑|✔|🆗|[a-z]{2}[ -]?\d\d)/u,
  'take-over': /^(?:take|taking).{0,6}over/u,
  pass: /^(?:2|pass|not me|can['’]?t|cannot|can not|no|👎)/u,
  snooze: /^(?:3|later|snooze|remind|ask|text|call|try|ping|in |give me|need)/u,
  resolve: /^(?:done|finished|complete|resolve)/u,
};

/** Returns what a person wrote themselves. */
function withoutQuotes(text: string): string {
  return text
    .normalize('NFKC')
    .split(/[\r\n\u2028\u2029]+/)
    .filter((line) => !/^[\s\u200B-\u200F\u2060\uFEFF]*>/u.test(line))
    .join('\n');
}

function isAllowed(verb: string, text: string): boolean {
  const plain = withoutQuotes(text)
    .toLowerCase()
    .replace(/[\uFE0F\u20E3\u200B-\u200F\u2060\uFEFF\u{1F3FB}-\u{1F3FF}]/gu, '');
  const start = plain
    .replace(/^[^\p{L}\p{N}\p{Extended_Pictographic}]+/u, '')
    .replace(
      /^(?:(?:hi|hey|hello|yes|yeah|yep|yup|sure|alright|right|please|pls|sorry|reply|there)(?:[\s,.!:-]+|(?=\p{Extended_Pictographic})))*/u,
      '',
    );
  const uncoded = start.replace(/^[a-z]{2}[ -]?\d\d[^\p{L}\p{N}\p{Extended_Pictographic}]*/u, '');
  const bare = (words: string) => {
    const said = words.replace(
      /^(?:it|that|this)(?: one)?(?:['’]?s| is) |^all |^let me |^lemme /u,
      '',
    );
    const first = said.replace(
      /^i(?:['’]?(?:ve|ll|m))? (?:(?:just|already|all|am|have to|need to|must) )*/u,
      '',
    );
    const none = words.replace(/^(?:ok(?:ay)?[\s,.!]+)?(?:(?:already|is|all) )?/u, '');
    return [
      words,
      none,
      said,
      first,
      first.replace(/^(?:have|will|am|can) (?:(?:just|already) )?/u, ''),
    ];
  };
  return [...bare(start), ...bare(uncoded)].some((words) => ALLOWED[verb]?.test(words));
}

describe('20,000 random strings', () => {
  const fragments = [
    ...rows.map(({ text }) => text),
    ...[
      'KM47',
      'RT52',
      'QQ11',
      '1',
      '2',
      '3',
      'done',
      'ok',
      'take',
      'not',
      '?',
      'Maria',
      'no',
      'to',
    ],
    ...['URGENT: Call Maria Lopez by 10:05', 'Reply 1 KM47 to take, 2 KM47 to pass', '\n> ', '👍'],
    ...[
      'You have it: Call Maria Lopez',
      'When finished reply done reached',
      '“',
      '”',
      '--\n',
      '%',
      '𝟭',
    ],
  ];
  const noise = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.stringMatching(/^[a-z0-9 ,.!?'-]{0,40}$/),
  );
  const pieces = fc
    .array(fc.oneof(fc.constantFrom(...fragments), noise), { minLength: 1, maxLength: 5 })
    .chain((parts) => fc.constantFrom('', ' ', '\n', ', ').map((glue) => parts.join(glue)));
  const situation = fc.constantFrom(...Object.values(SITUATIONS));

  test('break nothing, and have no effect that the grammar does not allow', () => {
    let effects = 0;
    fc.assert(
      fc.property(fc.oneof(noise, pieces), situation, (text, repliable) => {
        const found = route(text, repliable);
        // Asked again, a text means the same.
        expect(route(text, repliable)).toEqual(found);
        if (found.kind !== 'command') return;
        expect(repliable.open).toContain(found.offer);
        if (found.verb === 'note') {
          expect(found.offer.standing).toBe('owner');
          return;
        }
        effects += 1;
        expect(isAllowed(found.verb, text), `${found.verb} by ${JSON.stringify(text)}`).toBe(true);
        // A signature may ask what it likes.
        if (!/sent|outlook|gesendet|envoy|--|__|^(?:best|thanks|.*regards|cheers)\W*$/im.test(text))
          expect(withoutQuotes(text)).not.toMatch(/[?❓🤔]/u);
        const isNamed = new RegExp(
          `${found.offer.code.slice(0, 2)}[ -]?${found.offer.code.slice(2)}`,
          'iu',
        );
        if (!isNamed.test(text.normalize('NFKC').replace(/[\u200B-\u200F]/g, ''))) {
          // Without its code it must be the only one that can be meant.
          const others = repliable.open.filter(({ standing }) => standing === found.offer.standing);
          expect(others).toEqual([found.offer]);
        }
      }),
      { numRuns: 20_000, seed: 2026, endOnFailure: true },
    );
    // A property that never sees an effect says little.
    expect(effects).toBeGreaterThan(500);
  }, 120_000);
});

describe('an answer to a message of one handoff', () => {
  const three = SITUATIONS['three'] ?? person();
  const about = { ...three, about: 'hof_RT52' };

  test.each([
    ['1', 'take RT52'],
    ['ok', 'take RT52'],
    ['done reached', 'resolve RT52: reached'],
    ['3', 'snooze RT52'],
    ['1 KM47', 'take KM47'],
    ['what is this', 'help'],
  ])('means that one: %s', (text, effect) => {
    expect(describeRoute(route(text, about))).toBe(effect);
  });

  test('of a handoff that is over is answered with its end, and touches no other', () => {
    const over = { ...three, closed: [ended('BC99')], about: 'hof_BC99' };
    expect(describeRoute(route('1', over))).toBe('closed BC99');
    expect(describeRoute(route('some words', over))).toBe('closed BC99');
  });

  test('of a handoff that is forgotten touches no other', () => {
    const one = person(offer('KM47', 'asked'));
    expect(describeRoute(route('1', { ...one, about: 'hof_gone' }))).toBe('help');
  });

  test('of a list is about none in particular', () => {
    const list = `hof_${'0'.repeat(30)}`;
    expect(describeRoute(route('1', { ...three, about: list }))).toBe('choose take');
    const one = person(offer('KM47', 'asked'));
    expect(describeRoute(route('1', { ...one, about: list }))).toBe('take KM47');
  });

  test('a note is about the one they have', () => {
    const owned = { ...(SITUATIONS['both'] ?? person()), about: 'hof_RT52' };
    expect(describeRoute(route('left a voicemail', owned))).toBe('note RT52');
    expect(describeRoute(route('left a voicemail KM47', owned))).toBe('note KM47');
  });
});
