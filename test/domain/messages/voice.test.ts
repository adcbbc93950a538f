import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { directorySchema, findResponder } from '../../../src/domain/directory.ts';
import { momentOf, speakable, speakingSeconds } from '../../../src/domain/messages/speech.ts';
import {
  chooseSpeaker,
  describeCallEnd,
  speak,
  type Listener,
  type Utterance,
} from '../../../src/domain/messages/voice.ts';
import { PHRASES } from '../../../src/domain/messages/voice-phrases.ts';
import { cardOf, type CommandResult, type HandoffCard } from '../../../src/domain/state.ts';
import { asResponder, buildHandoff } from '../../support/builders.ts';
import { anyCard } from './arbitraries.ts';

const NOW = '2026-11-23T15:00:30.000Z';
const LOCALES = ['en-US', 'en-GB', 'de-DE', 'es-ES', 'es-MX', 'pl-PL', 'fr-FR'] as const;

function listener(locale = 'en-US', changes: Partial<Listener> = {}): Listener {
  const speaker = chooseSpeaker({ locale });
  return { name: 'Alice Ng', timezone: 'America/New_York', now: NOW, speaker, ...changes };
}

function card(changes: Partial<HandoffCard> = {}): HandoffCard {
  return { ...cardOf(buildHandoff()), ...changes };
}

const brief = (of: HandoffCard, to = listener()): string => speak({ kind: 'brief', card: of }, to);

describe('the brief', () => {
  test('says for whom, what to do by when, who it is, how good, and what happened', () => {
    expect(brief(card())).toBe(
      'Urgent for Alice Ng. Call Maria Lopez by 10:05 AM. Acme Corp. Score 92 of 100, top 3 percent this month. pricing page. Compared Pro and Team twice today; asked about seats for 40 people.',
    );
  });

  test.each([
    ['en-GB', 'Call Maria Lopez by 10:05.'],
    [
      'de-DE',
      'Dringend für Alice Ng. Call Maria Lopez. Bis 10:05 Uhr. Acme Corp. Bewertung 92 von',
    ],
    ['es-MX', 'Urgente para Alice Ng. Call Maria Lopez. Plazo hasta las 10:05 a.m. Acme Corp.'],
    [
      'pl-PL',
      'Pilne, Alice Ng. Call Maria Lopez. Termin: godzina 10:05. Acme Corp. Ocena 92 na 100',
    ],
    // No phrases in French: English, read by an English voice.
    ['fr-FR', 'Urgent for Alice Ng. Call Maria Lopez by 10:05 AM.'],
  ])('in %s: %s', (locale, said) => {
    expect(brief(card(), listener(locale))).toContain(said);
  });

  test.each([
    ['Europe/Warsaw', NOW, 'by 4:05 PM.'],
    ['America/New_York', '2026-11-22T15:00:00Z', 'by Monday at 10:05 AM.'],
    ['America/New_York', '2026-11-02T15:00:00Z', 'by November 23 at 10:05 AM.'],
    ['America/New_York', '2026-11-23T15:06:00Z', 'Call Maria Lopez. It was due by 10:05 AM.'],
  ])('gives the deadline on the clock of %s at %s: %s', (timezone, now, said) => {
    expect(brief(card(), listener('en-US', { timezone, now }))).toContain(said);
  });

  test.each([
    ['critical', 'Critical for Alice Ng. Call'],
    ['routine', 'For Alice Ng. Call'],
  ] as const)('of %s work begins so', (urgency, said) => {
    expect(brief(card({ urgency }))).toMatch(new RegExp(`^${said}`));
  });

  test('says from when on somebody may be called who may not be yet', () => {
    const contact = { phone: '+15125550147', timezone: 'America/Chicago', hours: '10:00-20:00' };
    const said = brief(card({ action: { ...card().action, contact } }));

    expect(said).toContain('They can be reached from 11:00 AM.');
  });

  test('is cut at a word of the summary, and neither action nor deadline is missing', () => {
    const summary = `${'Asked whether the team plan has a limit of seats. '.repeat(20)}END`;
    const said = brief(card({ brief: { ...card().brief, summary } }));

    expect(said).toContain('Call Maria Lopez by 10:05 AM.');
    expect(said).toMatch(/Asked whether the team plan/);
    expect(said).toMatch(/ (Asked|whether|the|team|plan|has|a|limit|of|seats)\.$/);
    expect(speakingSeconds(said)).toBeLessThan(20);
    expect(speakingSeconds(said)).toBeGreaterThan(17);
  });

  test('is under 20 s for whatever is submitted, in every language; only a longer instruction takes longer', () => {
    fc.assert(
      fc.property(anyCard, fc.constantFrom(...LOCALES), (one, locale) => {
        const to = listener(locale);
        const instruction = { ...one, brief: { subject: '', summary: '' } };
        const least = speakingSeconds(brief(instruction, to));
        const said = brief(one, to);

        expect(speakingSeconds(said)).toBeLessThanOrEqual(Math.max(19.5, least));
        expect(said).toContain(brief(instruction, to));
      }),
      { numRuns: 300 },
    );
  });

  test('holds nothing that a voice cannot read', () => {
    fc.assert(
      fc.property(anyCard, fc.constantFrom(...LOCALES), (one, locale) => {
        const said = brief(one, listener(locale));

        expect(said).toMatch(/^[\p{L}\p{M}\p{Nd} .,:;?!'$€£-]*$/u);
        expect(said).not.toMatch(/https?:|www\.|\p{Extended_Pictographic}/u);
        expect(said).not.toMatch(/ {2}|[.,;:?!]{2}| [.,;:?!]/u);
      }),
      { numRuns: 300 },
    );
  });

  test('never reads out a phone number, however and wherever it is written', () => {
    const between = fc.constantFrom('', ' ', '-', '.', ' - ', '/', ') ', ', ', '·', '_', ' (', '*');
    const written = fc
      .tuple(
        fc.constantFrom('+15125550147', '5125550147', '0015125550147'),
        fc.infiniteStream(between),
      )
      .map(([digits, marks]) => digits.replace(/(?<=\d)(?=\d)/g, () => String(marks.next().value)));
    const place = fc.constantFrom('do', 'subject', 'summary', 'origin', 'meaning');
    fc.assert(
      fc.property(written, place, fc.constantFrom(...LOCALES), (number, where, locale) => {
        const text = `Call ${number} now`;
        const usual = card();
        const said = brief(
          {
            ...usual,
            action: { ...usual.action, ...(where === 'do' && { do: text }) },
            brief: {
              ...usual.brief,
              ...(where === 'subject' && { subject: text }),
              ...(where === 'summary' && { summary: text }),
              ...(where === 'origin' && { origin: text }),
              ...(where === 'meaning' && { score: { value: 1, meaning: text } }),
            },
          },
          listener(locale),
        );

        expect(said.replace(/\D/g, '')).not.toContain('5550147');
      }),
      { numRuns: 500 },
    );
  });
});

describe('what a voice is given to read', () => {
  test.each([
    ['Pro & Team', 'Pro and Team'],
    ['AT&amp;T', 'AT and T'],
    ['Pro/Team, 9/10, 24/7', 'Pro or Team, 9 of 10, 24 7'],
    ['40% of it', '40 percent of it'],
    ['Trial → Pro -> Team', 'Trial to Pro to Team'],
    [
      'see https://acme.example/x?y=1 or www.acme.example',
      'see the link in your messages or the link in your messages',
    ],
    ['write maria@acme.example', 'write the address in your messages'],
    ['👍🏽 great 🎉', 'great'],
    ['“quoted” <b>bold</b> #1 *x*', 'quoted b bold b 1 x'],
    ['pays $4,000,000 a year', 'pays $4,000,000 a year'],
    ['born 2026-11-23', 'born 2026-11-23'],
    ['ring 0171 / 123 45 67', 'ring the number in your messages'],
    ['Acme (Berlin) – urgent…', 'Acme, Berlin, urgent.'],
    ['line\none\ttwo', 'line one two'],
    ['it’s', "it's"],
    ['Łódź, Москва, 日本', 'Łódź, Москва, 日本'],
    ['\u0000\uD800\u202E', ''],
  ])('%j is %j', (text, said) => {
    expect(speakable(text, PHRASES.en.words)).toBe(said);
  });

  test.each([
    ['Compared Pro and Team twice today, asked about seats.', 3, 5],
    // Digits and letters one by one.
    ['KM47', 1, 2],
    ['CRM', 0.8, 1.5],
    ['', 0, 0],
  ])('%j takes between %d and %d s', (text, least, most) => {
    expect(speakingSeconds(text)).toBeGreaterThanOrEqual(least);
    expect(speakingSeconds(text)).toBeLessThanOrEqual(most);
  });

  test('is estimated at no more than 160 words a minute', () => {
    const words =
      'people often ask about plans with seats for large teams in other countries today';
    const count = words.split(' ').length;

    expect((count / speakingSeconds(words)) * 60).toBeLessThan(160);
    expect((count / speakingSeconds(words)) * 60).toBeGreaterThan(120);
  });

  test('names no day for a time of today, even across zones', () => {
    const at = '2026-11-24T01:00:00Z';
    const moment = (timezone: string) => momentOf(at, { timezone, now: NOW, locale: 'en-GB' });

    expect(moment('America/New_York')).toEqual({ time: '20:00' });
    expect(moment('Europe/Berlin')).toEqual({ time: '2:00', day: 'Tuesday' });
  });
});

describe('the voice', () => {
  test.each([
    [{}, 'en', 'en-US', 'Polly.Joanna'],
    [{ locale: 'pl-PL' }, 'pl', 'pl-PL', 'Polly.Ewa'],
    [{ locale: 'es-AR' }, 'es', 'es-ES', 'Polly.Lucia'],
    [{ locale: 'de-AT', voice: 'Polly.Hannah-Neural' }, 'de', 'de-AT', 'Polly.Hannah-Neural'],
    [{ locale: 'fr-FR', voice: 'Polly.Celine' }, 'en', 'en-US', 'Polly.Joanna'],
  ])('of %o says phrases of %s in %s by %s', (person, phrases, language, voice) => {
    expect(chooseSpeaker(person)).toEqual({ phrases, language, voice });
  });

  const organisation = { timezone: 'Europe/Warsaw', locale: 'pl-PL', voice: 'Polly.Maja' };
  const person = (entry: object, of: object = organisation) => {
    const responders = { alice: { name: 'Alice Ng', phone: '+15005550010', ...entry } };
    return findResponder(directorySchema.parse({ organisation: of, responders }), 'alice');
  };

  test.each([
    [{}, 'pl-PL', 'Polly.Maja'],
    [{ locale: 'de-DE' }, 'de-DE', undefined],
    [{ locale: 'de-DE', voice: 'Polly.Hans' }, 'de-DE', 'Polly.Hans'],
    [{ locale: 'pl-PL', voice: 'Google.pl-PL-Wavenet-A' }, 'pl-PL', 'Google.pl-PL-Wavenet-A'],
  ])(
    'of a directory with %o is %s, %s: the organisation has one, and people their own',
    (entry, locale, voice) => {
      expect([person(entry)?.locale, person(entry)?.voice]).toEqual([locale, voice]);
      expect(person({}, { timezone: 'UTC' })).not.toHaveProperty('locale');
    },
  );

  test.each([
    [{ locale: 'german' }, 'must be a language with its country'],
    [{ locale: 'de-DE', voice: 'Hans' }, 'must be a voice of Twilio'],
    [{ locale: 'de-DE', voice: '"/><Hangup/>' }, 'must be a voice of Twilio'],
    [{ voice: 'Polly.Hans' }, 'needs a locale beside it'],
    [{ locale: 'de-DE', voice: 'Google.pl-PL-Wavenet-A' }, 'needs a locale beside it'],
  ])('of a directory cannot be %o: it %s', (entry, fault) => {
    expect(() => person(entry)).toThrow(fault);
    expect(() => person({}, { timezone: 'UTC', ...entry })).toThrow(fault);
  });

  test('has every phrase in every language, and none is left in English', () => {
    for (const locale of ['de-DE', 'es-ES', 'pl-PL']) {
      const [own, english] = [listener(locale), listener()];
      for (const utterance of allUtterances()) {
        expect(speak(utterance, own)).not.toBe(speak(utterance, english));
        expect(speak(utterance, own)).not.toMatch(/undefined|Invalid|[&<>/@%]/);
      }
    }
  });
});

const result = (changes: Partial<CommandResult>): CommandResult => ({
  commandId: 'voice:CA1:1',
  verb: 'take',
  by: asResponder('alice'),
  at: NOW,
  effect: 'taken',
  ...changes,
});
const bob = { responder: 'bob', name: 'Bob Diaz', since: '2026-11-23T14:58:00.000Z' };
const alice = { responder: 'alice', name: 'Alice Ng', since: '2026-11-23T14:58:00.000Z' };
const done = {
  status: 'resolved',
  at: NOW,
  by: { kind: 'responder', id: 'bob', name: 'Bob Diaz' },
} as const;

function allUtterances(): Utterance[] {
  const plain = [
    'menu',
    'gate',
    'machine',
    'wrong-key',
    'unchanged',
    'goodbye',
    'one-moment',
    'nothing-waits',
    'recorded',
    'not-recorded',
    'uncertain',
    'unreadable',
  ] as const;
  const effects: Partial<CommandResult>[] = [
    { effect: 'taken' },
    { effect: 'already-yours', owner: alice },
    { effect: 'held-by-other', owner: bob },
    { effect: 'passed' },
    { effect: 'snoozed', until: '2026-11-23T15:15:00Z' },
    { effect: 'snoozed', until: '2026-11-23T15:15:00Z', owner: alice },
    { effect: 'closed', ending: done },
  ];
  return [
    ...plain.map((kind) => ({ kind })),
    { kind: 'brief', card: card() },
    { kind: 'ended', ending: { status: 'expired', at: NOW } },
    { kind: 'ended', ending: { status: 'withdrawn', at: NOW } },
    { kind: 'owned', card: card(), owner: { ...bob, isListener: false } },
    ...[true, false].flatMap((isInMessages) =>
      effects.map(
        (one) => ({ kind: 'result', card: card(), result: result(one), isInMessages }) as const,
      ),
    ),
  ];
}

describe('the result', () => {
  const said = (changes: Partial<CommandResult>, isInMessages = true, of = card()) =>
    speak({ kind: 'result', card: of, result: result(changes), isInMessages }, listener());

  test.each([
    [{}, 'You have it. The number is in your messages. Do it by 10:05 AM.'],
    [
      { effect: 'already-yours', owner: alice },
      'You have it already, since 9:58 AM. The number is in your messages. Do it by 10:05 AM.',
    ],
    [
      { effect: 'held-by-other', owner: bob },
      'Bob Diaz has it since 9:58 AM. Nothing for you to do.',
    ],
    [{ effect: 'passed' }, 'Passed on. Thank you for saying so.'],
    [
      { effect: 'snoozed', until: '2026-11-23T15:15:00Z' },
      'Later, then. You are asked again at 10:15 AM, if nobody has taken it. Others are asked meanwhile.',
    ],
    [
      { effect: 'snoozed', until: '2026-11-24T15:15:00Z', owner: { ...alice, responder: 'alice' } },
      'You still have it. You are reminded on Tuesday at 10:15 AM.',
    ],
    [{ effect: 'closed', ending: done }, 'It is done, by Bob Diaz. Nothing for you to do.'],
  ] satisfies [Partial<CommandResult>, string][])('%o: %s', (changes, words) => {
    expect(said(changes)).toBe(words);
  });

  test.each([
    [{ phone: '+15125550147' }, 'You get the number by SMS now.'],
    [{ email: 'maria@example.com' }, 'You get the address by SMS now.'],
    [{}, 'You get the details by SMS now.'],
  ])('tells where to find %o, never the thing itself', (contact, words) => {
    const of = card({ action: { ...card().action, contact } });

    expect(said({}, false, of)).toBe(`You have it. ${words} Do it by 10:05 AM.`);
  });
});

test('nothing but the brief tells of the lead', () => {
  for (const utterance of allUtterances().filter(({ kind }) => kind !== 'brief')) {
    for (const locale of LOCALES) {
      expect(speak(utterance, listener(locale))).not.toMatch(/Maria|Lopez|Acme|pricing|555|92/);
    }
  }
});

test.each([
  [{ status: 'busy' }, 'the line was busy'],
  [{ status: 'no-answer' }, 'nobody answered within 25 s'],
  [{ status: 'canceled' }, 'the call was cancelled'],
  [{ status: 'failed' }, 'the call failed'],
  [
    { status: 'failed', errorCode: 13224 },
    'the call failed (Twilio 13224: no carrier can reach this number)',
  ],
  [{ status: 'failed', errorCode: 99999 }, 'the call failed (Twilio 99999)'],
  [{ status: 'completed', answeredBy: 'machine_start' }, 'voicemail answered'],
  [{ status: 'completed', answeredBy: 'fax' }, 'voicemail answered'],
  [{ status: 'completed', answeredBy: 'human' }, 'they hung up without pressing a key'],
  [{ status: 'completed' }, 'somebody or something answered, and no key was pressed'],
  [{ status: 'ringing' }, undefined],
  [{ status: 'in-progress', answeredBy: 'human' }, undefined],
  [{ status: 'some-new-one' }, undefined],
])('a call that ended as %o: %s', (end, because) => {
  expect(describeCallEnd(end)).toBe(because);
});
