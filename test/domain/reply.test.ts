import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CODE_PATTERN } from '../../src/domain/code.ts';
import { absenceOf, type AwayUntil } from '../../src/domain/presence.ts';
import { parseReply, type ReplyIntent } from '../../src/domain/reply.ts';
import type { ReplyVerb } from '../../src/domain/reply-words.ts';
import { commandOf, routeReply, type ReplyRoute } from '../../src/domain/reply-route.ts';
import type { ClosedOffer, OpenOffer } from '../../src/domain/offer.ts';
import type { Standing } from '../../src/domain/state.ts';
import { asResponder } from '../support/builders.ts';

function offer(code: string, standing: Standing = 'asked'): OpenOffer {
  return {
    handoffId: `hof_${code}`,
    code,
    subject: 'Maria Lopez',
    action: 'Call Maria Lopez',
    outcomes: ['reached', 'no-answer'],
    standing,
    since: '2026-11-23T15:00:00.000Z',
  };
}

function closed(code: string): ClosedOffer {
  return {
    handoffId: `hof_${code}`,
    code,
    subject: 'Maria Lopez',
    ending: { status: 'withdrawn', at: '2026-11-23T15:00:00.000Z' },
  };
}

function route(
  text: string,
  open: readonly OpenOffer[],
  ended: readonly ClosedOffer[] = [],
): ReplyRoute {
  return routeReply(parseReply(text), { open, closed: ended });
}

const take = (code?: string, text?: string): ReplyIntent => act('take', code, text);
const pass = (code?: string, text?: string): ReplyIntent => act('pass', code, text);
const resolve = (code?: string, text?: string): ReplyIntent => act('resolve', code, text);
const words = (text: string, code?: string): ReplyIntent => ({
  kind: 'text',
  text,
  ...(code !== undefined && { code }),
});

function act(
  verb: 'take' | 'pass' | 'resolve',
  code: string | undefined,
  text: string | undefined,
): ReplyIntent {
  return {
    kind: 'act',
    verb,
    ...(code !== undefined && { code }),
    ...(text !== undefined && { text }),
  };
}

/** A word that may answer something else too. */
const casual = (verb: ReplyVerb): ReplyIntent => ({ kind: 'act', verb, isCasual: true });

const GRAMMAR: readonly (readonly [string, ReplyIntent])[] = [
  // Take.
  ['1', take()],
  [' 1 ', take()],
  ['1.', take()],
  ['1!', take()],
  ['"1"', take()],
  ['“1”', take()],
  ['１', take()],
  ['1 KM47', take('KM47')],
  ['1 km47', take('KM47')],
  ['1, KM47.', take('KM47')],
  ['1 #KM47', take('KM47')],
  ['KM47 1', take('KM47')],
  ['KM47: 1', take('KM47')],
  ['KM47', take('KM47')],
  ['km47', take('KM47')],
  ['#km47', take('KM47')],
  ['Km47.', take('KM47')],
  ['take', take()],
  ['Take KM47', take('KM47')],
  ['taken', words('taken')],
  ["I've taken it", take()],
  ['took it', take()],
  ['ok', casual('take')],
  ['OK', casual('take')],
  ['Ok.', casual('take')],
  ['okay', casual('take')],
  ['ok KM47', take('KM47')],
  ['ok but I am driving', words('ok but I am driving')],
  ['got it', take()],
  ['Got it!', take()],
  ['on it', take()],
  ['On it KM47', take('KM47')],
  ['i have it', take()],
  ['I got it', take()],
  ['mine', take()],
  ['👍', casual('take')],
  ['👍🏽', casual('take')],
  ['👍 KM47', take('KM47')],
  ['KM47 👍🏿', take('KM47')],
  // Pass.
  ['2', pass()],
  ['2 KM47', pass('KM47')],
  ['KM47 2', pass('KM47')],
  ['pass', pass()],
  ['Pass KM47 in a meeting', pass('KM47', 'in a meeting')],
  ['not me', pass()],
  ["can't", pass()],
  ['cannot right now', pass()],
  // Resolve.
  ['done', resolve()],
  ['Done.', resolve()],
  ['done reached', resolve(undefined, 'reached')],
  ['done reached spoke to her', resolve(undefined, 'reached spoke to her')],
  ['Done - no answer', resolve(undefined, 'no answer')],
  ['done KM47 reached', resolve('KM47', 'reached')],
  ['KM47 done reached', resolve('KM47', 'reached')],
  ['KM47 done', resolve('KM47')],
  ['resolve', resolve()],
  ['resolved KM47', resolve('KM47')],
  ['finished', resolve()],
  // What the carriers and Twilio own.
  ['STOP', { kind: 'opt-out' }],
  [' stop ', { kind: 'opt-out' }],
  ['StopAll', { kind: 'opt-out' }],
  ['UNSUBSCRIBE', { kind: 'opt-out' }],
  ['cancel', { kind: 'opt-out' }],
  ['End', { kind: 'opt-out' }],
  ['quit', { kind: 'opt-out' }],
  ['revoke', { kind: 'opt-out' }],
  ['optout', { kind: 'opt-out' }],
  ['START', { kind: 'opt-in' }],
  ['yes', { kind: 'opt-in' }],
  ['unstop', { kind: 'opt-in' }],
  ['HELP', { kind: 'carrier-help' }],
  ['info', { kind: 'carrier-help' }],
  // Help.
  ['?', { kind: 'help' }],
  ['', { kind: 'help' }],
  ['  \n ', { kind: 'help' }],
  // Words that only look like a command.
  ['10', words('10')],
  ['12 people waiting', words('12 people waiting')],
  ['2 many calls', words('2 many calls')],
  ['1 moment please', words('1 moment please')],
  ['oktober', words('oktober')],
  ['mineral water', words('mineral water')],
  ['passing by', words('passing by')],
  ['doner kebab', words('doner kebab')],
  ['undone', words('undone')],
  ['stop please', { kind: 'help', wantsStop: true }],
  ['yes please', words('yes please')],
  ['she wants STOP', words('she wants STOP')],
  ['I cannot go on', words('I cannot go on')],
  ['who is she?', words('who is she?')],
  ['KM47 who is she?', words('KM47 who is she?', 'KM47')],
  ['KM470', words('KM470')],
  ['AE47', words('AE47')],
];

const HOUR = 3_600_000;
const away = (until?: AwayUntil, cover?: string): ReplyIntent => ({
  kind: 'away',
  ...(until && { until }),
  ...(cover !== undefined && { cover }),
});
const lasting = (ms: number): AwayUntil => ({ kind: 'duration', ms });
const onWeekday = (weekday: number, time?: string): AwayUntil => ({
  kind: 'weekday',
  weekday,
  ...(time !== undefined && { time }),
});
const onDate = (month: number, day: number, time?: string, year?: number): AwayUntil => ({
  kind: 'date',
  month,
  day,
  ...(time !== undefined && { time }),
  ...(year !== undefined && { year }),
});
const tomorrow: AwayUntil = { kind: 'tomorrow' };
const atTime = (time: string): AwayUntil => ({ kind: 'time', time });
const unclear: AwayUntil = { kind: 'unclear' };
const back: ReplyIntent = { kind: 'back' };

const PRESENCE: readonly (readonly [string, ReplyIntent])[] = [
  ['away', away()],
  ['Away.', away()],
  [' "AWAY" ', away()],
  ['“away”!', away()],
  ["i'm away", away()],
  ['I am away until monday', away(onWeekday(0))],
  // For how long.
  ['away 3d', away(lasting(72 * HOUR))],
  ['Away 3 days.', away(lasting(72 * HOUR))],
  ['away 1 day', away(lasting(24 * HOUR))],
  ['away for 2 hours', away(lasting(2 * HOUR))],
  ['away 90 min', away(lasting(1.5 * HOUR))],
  ['away 45m', away(lasting(0.75 * HOUR))],
  ['away 1h30m', away(lasting(1.5 * HOUR))],
  ['away 1h 30 min', away(lasting(1.5 * HOUR))],
  ['AWAY FOR 2 WEEKS', away(lasting(14 * 24 * HOUR))],
  ['away 2 wks', away(lasting(14 * 24 * HOUR))],
  ['away 5 hrs', away(lasting(5 * HOUR))],
  ['away 0d', away(lasting(0))],
  ['away 30 min 2 hours', away(unclear)],
  ['away 99999999999999999999d', away(unclear)],
  // Until a day.
  ['away until monday', away(onWeekday(0))],
  ['away till Mon', away(onWeekday(0))],
  ['away til tues', away(onWeekday(1))],
  ['away until Thurs.', away(onWeekday(3))],
  ['away until mon 9:00', away(onWeekday(0, '09:00'))],
  ['away until sunday at 5pm', away(onWeekday(6, '17:00'))],
  ['away until fri, 17:30', away(onWeekday(4, '17:30'))],
  ['away until tomorrow', away(tomorrow)],
  ['away  until  tomorrow  9am', away({ ...tomorrow, time: '09:00' })],
  ['away until 2 dec', away(onDate(12, 2))],
  ['away until 2nd December', away(onDate(12, 2))],
  ['away until dec 2', away(onDate(12, 2))],
  ['away until Dec 2, 9:30', away(onDate(12, 2, '09:30'))],
  ['away until 2 dec 2026', away(onDate(12, 2, undefined, 2026))],
  ['away until sept 30th, 2026', away(onDate(9, 30, undefined, 2026))],
  ['away until 2026-12-02', away(onDate(12, 2, undefined, 2026))],
  ['away until 2026-12-02 09:00', away(onDate(12, 2, '09:00', 2026))],
  ['away until 31 feb', away(onDate(2, 31))],
  // Until a time.
  ['away until 14:00', away(atTime('14:00'))],
  ['away until 9:05', away(atTime('09:05'))],
  ['away until 2pm', away(atTime('14:00'))],
  ['away until 2:15 PM', away(atTime('14:15'))],
  ['away until 12am', away(atTime('00:00'))],
  ['away until at 12 pm', away(atTime('12:00'))],
  // Who covers.
  ['away cover bob', away(undefined, 'bob')],
  ['away, bob covers', away(undefined, 'bob')],
  ['away 3d cover bob', away(lasting(72 * HOUR), 'bob')],
  ['away 3 days, Bob covers.', away(lasting(72 * HOUR), 'Bob')],
  ['away until monday cover Bob Diaz', away(onWeekday(0), 'Bob Diaz')],
  ['away until mon 9:00, cover bob', away(onWeekday(0, '09:00'), 'bob')],
  ['away until 2 dec, Zoë O’Hara covers for me', away(onDate(12, 2), 'Zoë O’Hara')],
  ['away until monday covered by bob', away(onWeekday(0), 'bob')],
  // It says until when, and that cannot be read: no note.
  ['away until next week', away(unclear)],
  ['away until 9', away(unclear)],
  ['away until 25:00', away(unclear)],
  ['away until 13pm', away(unclear)],
  ['away until 0am', away(unclear)],
  ['away until mo', away(unclear)],
  ['away until 9:60', away(unclear)],
  ['away until 2.12.', away(unclear)],
  ['away until 99 abc', away(unclear)],
  // Back.
  ['back', back],
  ['Back!', back],
  ['"back"', back],
  ['I am back', back],
  ["I'm back.", back],
  ['I’m back', back],
  ['back now', back],
  // Other words.
  ...[
    'away from my desk',
    'she is away',
    'away for lunch',
    'away 3',
    'away 3 months',
    'awayday',
    'go away',
    'away bob covers',
    'away until',
    'away until she has heard from her boss and the two of them agree',
    'away\nuntil monday',
    'back to you soon',
    'call back',
    'backup is running',
    'back back',
    'will be back',
    'back on monday',
  ].map((text) => [text, words(text)] as const),
  ['KM47 away', words('KM47 away', 'KM47')],
];

describe('parseReply', () => {
  test.each(PRESENCE)('reads whether they are away from %j', (text, intent) => {
    expect(parseReply(text)).toEqual(intent);
    const anyCase = parseReply(text.toUpperCase());
    expect(anyCase.kind).toBe(intent.kind);
  });

  test.each(GRAMMAR)('reads %j', (text, intent) => {
    // Which words answer the last message is seen by what they are taken for.
    const { answersLast: _, ...found } = parseReply(text) as ReplyIntent & { answersLast?: true };
    expect(found).toEqual(intent);
  });

  // Phones write the typographic apostrophe by default.
  test('reads "can’t" as the keyboard of a phone writes it', () => {
    expect(parseReply('can’t')).toEqual(pass());
  });

  test('never throws and always keeps what was written or understands it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const intent = parseReply(text);
        if (intent.kind === 'text') expect(intent.text).not.toBe('');
        if (intent.kind === 'act') expect(intent.code ?? 'KM47').toMatch(/^[A-Z]{2}\d{2}$/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('routeReply', () => {
  const KM = offer('KM47');
  const BC = offer('BC12');

  test.each([
    ['1', 'take'],
    ['2', 'pass'],
    ['3', 'snooze'],
  ] as const)('%j means the only handoff that waits', (text, verb) => {
    expect(route(text, [KM])).toEqual({ kind: 'command', verb, offer: KM });
  });

  test.each(['away 3d cover bob', 'back'])('%j is about nobody’s handoff', (text) => {
    expect(route(text, [offer('BC12', 'owner'), KM])).toEqual(parseReply(text));
  });

  test('nothing is open: says so', () => {
    expect(route('1', [])).toEqual({ kind: 'nothing-open' });
  });

  test('nothing is open but one ended lately: says how that ended', () => {
    expect(route('1', [], [closed('BC12'), closed('KM47')])).toEqual({
      kind: 'closed',
      offer: closed('KM47'),
    });
  });

  test.each(['1', '2', 'done', 'ok', '👍', 'done reached'])(
    '%j with several that wait changes none and lists them',
    (text) => {
      expect(route(text, [KM, BC])).toMatchObject({ kind: 'choose', offers: [KM, BC] });
    },
  );

  test('a code picks one of several', () => {
    expect(route('1 bc12', [KM, BC])).toEqual({ kind: 'command', verb: 'take', offer: BC });
    expect(route('2 KM47', [KM, BC])).toEqual({ kind: 'command', verb: 'pass', offer: KM });
    expect(route('KM47 done reached', [KM, BC])).toEqual({
      kind: 'command',
      verb: 'resolve',
      offer: KM,
      text: 'reached',
    });
  });

  test.each([
    ['done reached KM47', { verb: 'resolve', offer: KM, text: 'reached' }],
    ['done reached (KM47)', { verb: 'resolve', offer: KM, text: 'reached' }],
    ['done reached (km47).', { verb: 'resolve', offer: KM, text: 'reached' }],
    ['pass, in a meeting BC12', { verb: 'pass', offer: BC, text: 'in a meeting' }],
    ['done (BC12)', { verb: 'resolve', offer: BC }],
  ])('%j names its handoff with the last word', (text, expected) => {
    expect(route(text, [KM, BC])).toEqual({ kind: 'command', ...expected });
  });

  test("a last word that is nobody's code belongs to the text", () => {
    const mine = offer('KM47', 'owner');
    expect(route('done sold part XZ90', [mine])).toEqual({
      kind: 'command',
      verb: 'resolve',
      offer: mine,
      text: 'sold part XZ90',
    });
  });

  test('a note names its handoff with the last word', () => {
    const mine = [offer('BC12', 'owner'), offer('KM47', 'owner')];

    expect(route('left a voicemail KM47', mine)).toEqual({
      kind: 'command',
      verb: 'note',
      offer: mine[1],
      text: 'left a voicemail',
    });
  });

  test('an unknown code changes nothing, even when only one handoff waits', () => {
    expect(route('1 ZZ99', [KM])).toEqual({ kind: 'unknown-code', code: 'ZZ99', offers: [KM] });
  });

  test('the code of one that ended is answered with how it ended', () => {
    expect(route('1 BC12', [KM], [closed('BC12')])).toEqual({
      kind: 'closed',
      offer: closed('BC12'),
    });
  });

  test('"1" means the one that waits, not the one that is theirs', () => {
    const mine = offer('BC12', 'owner');

    expect(route('1', [mine, KM])).toMatchObject({ kind: 'command', verb: 'take', offer: KM });
  });

  test('fault 8: a second "done" does not resolve what they never took, nor a second "2" give away what they own', () => {
    const mine = offer('BC12', 'owner');

    expect(route('done', [KM])).toEqual({ kind: 'choose', verb: 'resolve', offers: [KM] });
    expect(route('done reached', [KM])).toMatchObject({ kind: 'choose', text: 'reached' });
    expect(route('done KM47', [KM])).toMatchObject({ kind: 'command', verb: 'resolve' });
    expect(route('2', [mine])).toEqual({ kind: 'choose', verb: 'pass', offers: [mine] });
    expect(route('2 BC12', [mine])).toMatchObject({ kind: 'command', verb: 'pass' });
    expect(route('2', [KM, mine])).toMatchObject({ kind: 'command', verb: 'pass', offer: KM });
  });

  test('"done" means the one that is theirs, not the one that waits', () => {
    const mine = offer('BC12', 'owner');

    expect(route('done', [KM, mine])).toMatchObject({ verb: 'resolve', offer: mine });
  });

  test('"done" with two of their own changes neither', () => {
    const mine = [offer('BC12', 'owner'), offer('KM47', 'owner')];

    expect(route('done', mine)).toEqual({ kind: 'choose', verb: 'resolve', offers: mine });
  });

  test('"1" of somebody who was stood down asks the handoff, which tells who has it', () => {
    const gone = offer('KM47', 'stood-down');

    expect(route('1', [gone])).toEqual({ kind: 'command', verb: 'take', offer: gone });
  });

  test('other words are a note of an owner, on the one handoff they have', () => {
    const mine = offer('BC12', 'owner');

    expect(route('she calls back at 5', [KM, mine])).toEqual({
      kind: 'command',
      verb: 'note',
      offer: mine,
      text: 'she calls back at 5',
    });
  });

  test('other words with two of their own are no note, unless they carry a code', () => {
    const one = offer('BC12', 'owner');
    const two = offer('KM47', 'owner');

    expect(route('she calls back', [one, two])).toMatchObject({ kind: 'help' });
    expect(route('KM47 she calls back', [one, two])).toMatchObject({ verb: 'note', offer: two });
  });

  test('other words of somebody who has nothing are answered with help', () => {
    expect(route('who is she?', [KM])).toEqual({ kind: 'help', offers: [KM] });
  });

  test.each([
    ['STOP', 'opt-out'],
    ['START', 'opt-in'],
    ['HELP', 'silent'],
    ['?', 'help'],
  ])('%j is never a command', (text, kind) => {
    expect(route(text, [KM])).toMatchObject({ kind });
    expect(route(text, [offer('KM47', 'owner')])).toMatchObject({ kind });
  });

  test.each([
    [false, 'help'],
    [true, 'opt-in'],
    [undefined, 'opt-in'],
  ])('fault 10: "yes" of somebody who opted out (%s) is %s', (isOptedOut, kind) => {
    const person = { open: [KM], closed: [], ...(isOptedOut !== undefined && { isOptedOut }) };
    expect(routeReply(parseReply('YES'), person)).toMatchObject({ kind });
  });

  test.each([
    ['1', 'alice', 'command'],
    ['2', 'alice', 'command'],
    ['1', 'bob', 'choose'],
    ['done', 'bob', 'choose'],
    ['done', 'alice', 'choose'],
  ])('%j after %s ended another one a moment ago is a %s', (text, id, kind) => {
    const at = '2026-11-23T15:00:05.000Z';
    const by = { kind: 'responder', id, name: id } as const;
    const ended = { ...closed('BC12'), ending: { status: 'resolved', at, by } } as const;
    const mine = text === 'done' ? offer('KM47', 'owner') : KM;
    const person = { open: [mine], closed: [ended], now: at, self: 'alice' };
    expect(routeReply(parseReply(text), person)).toMatchObject({ kind });
  });

  test('"done" is about what they took after they had ended the other one', () => {
    const by = { kind: 'responder', id: 'alice', name: 'Alice' } as const;
    const at = '2026-11-23T14:59:55.000Z';
    const ended = { ...closed('BC12'), ending: { status: 'resolved', at, by } } as const;
    const mine = { ...offer('KM47', 'owner'), since: '2026-11-23T14:59:58.000Z' };
    const person = {
      open: [mine],
      closed: [ended],
      now: '2026-11-23T15:00:00.000Z',
      self: 'alice',
    };
    expect(routeReply(parseReply('done'), person)).toMatchObject({ kind: 'command', offer: mine });
  });

  const hasNoCode = (text: string): boolean =>
    !new RegExp(CODE_PATTERN, 'u').test(text.normalize('NFKC'));
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ maxLength: 60 }),
    fc
      .tuple(fc.constantFrom('1', '2', 'ok', 'done', 'pass', '👍', 'mine', '“1'), fc.string())
      .map(([verb, rest]) => `${verb} ${rest}`),
    fc.constantFrom(...[...GRAMMAR, ...PRESENCE].map(([text]) => text)),
    fc
      .tuple(fc.constantFrom('away', 'away until', 'back'), fc.string())
      .map(([a, b]) => `${a} ${b}`),
  );

  test('no text without a code changes anything while two or more handoffs fit', () => {
    const choices = fc.constantFrom<readonly Standing[]>(
      ['asked', 'asked', 'owner', 'owner'],
      ['owner', 'owner', 'asked', 'asked', 'stood-down'],
      ['stood-down', 'passed'],
    );
    fc.assert(
      fc.property(anything.filter(hasNoCode), choices, (text, standings) => {
        const open = standings.map((standing, index) => offer(`KM4${index}`, standing));

        expect(route(text, open).kind).not.toBe('command');
      }),
      { numRuns: 3_000 },
    );
  });

  test('no text of any kind makes it throw, and a command is only ever for an open handoff', () => {
    const standings = fc.array(
      fc.constantFrom<Standing>('asked', 'owner', 'passed', 'stood-down'),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(anything, standings, (text, drawn) => {
        const open = drawn.map((standing, index) => offer(`KM4${index}`, standing));
        const found = route(text, open, [closed('ZZ99')]);
        if (found.kind === 'command') expect(open).toContain(found.offer);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('commandOf', () => {
  const reply = { replyId: 'sms:SM1', by: asResponder('alice') };
  const command = (text: string, standing: Standing = 'asked') => {
    const found = route(text, [offer('KM47', standing)]);
    if (found.kind !== 'command') throw new Error(`${text} is no command`);
    return commandOf(found, reply);
  };
  const base = { id: 'sms:SM1', by: reply.by, via: 'sms' };

  test.each([
    ['1', 'asked', { verb: 'take', payload: base }],
    ['ok', 'asked', { verb: 'take', payload: base }],
    ['take over', 'stood-down', { verb: 'take', payload: { ...base, over: true } }],
    ['later', 'asked', { verb: 'snooze', payload: base }],
    ['later 30', 'asked', { verb: 'snooze', payload: { ...base, forMs: 1_800_000 } }],
    ['2', 'asked', { verb: 'pass', payload: base }],
    ['pass in a meeting', 'asked', { verb: 'pass', payload: { ...base, reason: 'in a meeting' } }],
    ['done', 'owner', { verb: 'resolve', payload: base }],
    ['done reached', 'owner', { verb: 'resolve', payload: { ...base, note: 'reached' } }],
    ['she is out', 'owner', { verb: 'note', payload: { ...base, text: 'she is out' } }],
  ] as const)('%j gives the command with the id of the reply', (text, standing, expected) => {
    expect(command(text, standing)).toEqual(expected);
  });

  test('asks for a confirmation only when it is wanted', () => {
    const found = route('1', [offer('KM47')]);
    if (found.kind !== 'command') throw new Error('it is no command');

    expect(commandOf(found, { ...reply, confirm: true }).payload).toEqual({
      ...base,
      confirm: true,
    });
  });

  test('says when it was said only where it came late: clocks differ by a little', () => {
    const found = route('1', [offer('KM47')]);
    if (found.kind !== 'command') throw new Error('it is no command');
    const receivedAt = '2026-11-23T15:00:00.000Z';

    expect(commandOf(found, { ...reply, receivedAt }).payload).toEqual(base);
    expect(commandOf(found, { ...reply, receivedAt, isLate: true }).payload).toEqual({
      ...base,
      saidAt: receivedAt,
    });
  });
});

describe('a bare reply that is read late', () => {
  const asked = (code: string, firstMinute: number, lastMinute: number): OpenOffer => ({
    ...offer(code),
    firstAt: minute(firstMinute),
    since: minute(lastMinute),
  });
  const minute = (number: number): string =>
    new Date(Date.parse('2026-11-23T15:00:00.000Z') + number * 60_000).toISOString();
  const late = (...open: OpenOffer[]) =>
    routeReply(parseReply('1'), { open, closed: [], receivedAt: minute(5), isLate: true });

  test('means what they were asked before it, though they were called about it since', () => {
    expect(late(asked('KM47', 0, 6))).toMatchObject({ kind: 'command', verb: 'take' });
  });

  test('means neither of two that they were asked before it', () => {
    expect(late(asked('KM47', 0, 6), asked('ZB12', 1, 1))).toMatchObject({ kind: 'choose' });
  });

  // "1" while two waited, then "1 ZB12", which was dealt with at once; then the first is read.
  test('does not mean what is left of two because they took the other since', () => {
    const took: OpenOffer = { ...asked('ZB12', 1, 1), standing: 'owner', since: minute(6) };
    const read = (receivedAt: string) =>
      routeReply(parseReply('1'), {
        open: [asked('KM47', 0, 0), took],
        closed: [],
        receivedAt,
        now: receivedAt,
      });

    expect(read(minute(5))).toMatchObject({
      kind: 'choose',
      offers: [{ code: 'KM47' }, { code: 'ZB12' }],
    });
    // Said after that it is plain.
    expect(read(minute(7))).toMatchObject({ kind: 'command', offer: { code: 'KM47' } });
  });

  test('does not mean what they were asked later', () => {
    expect(late(asked('KM47', 6, 6), asked('ZB12', 1, 1))).toMatchObject({
      kind: 'command',
      offer: { code: 'ZB12' },
    });
  });
});

describe('a reply that came late, to what is over', () => {
  const ended = (by: string): ClosedOffer => ({
    ...closed('KM47'),
    ending: { status: 'resolved', at: '2026-11-23T15:00:00.000Z', by: asResponder(by) },
  });
  const answer = (by: string, receivedAt: string, text = '1 KM47') =>
    routeReply(parseReply(text), {
      open: [],
      closed: [ended(by)],
      self: 'alice',
      isLate: true,
      receivedAt,
    });

  test.each(['1 KM47', '1'])('%j is silent when they ended it themselves since', (text) => {
    expect(answer('alice', '2026-11-23T14:59:00.000Z', text)).toEqual({ kind: 'silent' });
  });

  test('is answered when somebody else did, or they said it afterwards', () => {
    const told = { kind: 'closed', offer: { code: 'KM47' } };
    expect(answer('bob', '2026-11-23T14:59:00.000Z')).toMatchObject(told);
    expect(answer('alice', '2026-11-23T15:00:30.000Z')).toMatchObject(told);
  });
});

describe('absenceOf', () => {
  const since = '2026-11-23T15:00:00.000Z';

  test.each([
    ['away', { since }],
    ['away 2h', { since, until: '2026-11-23T17:00:00.000Z' }],
    ['away 366d', { since, until: '2027-11-24T15:00:00.000Z' }],
    ['away 367d', undefined],
    ['away 0h', undefined],
    ['away 999999999999w', undefined],
    ['away until monday', undefined],
    ['away until 2pm', undefined],
    ['away cover bob', undefined],
  ])('%j without a zone and a directory', (text, absence) => {
    const intent = parseReply(text);
    if (intent.kind !== 'away') throw new Error(`${text} is read as ${intent.kind}`);

    expect(absenceOf(intent, since)).toEqual(absence);
  });
});
