import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { describe, expect, test } from 'vitest';
import type { Reader } from '../../../src/domain/messages/phrases.ts';
import { phraseAction, phraseContact } from '../../../src/domain/messages/phrases.ts';
import { renderSms } from '../../../src/domain/messages/sms.ts';
import type { HandoffCard, Message } from '../../../src/domain/state.ts';

const reader: Reader = { timezone: 'America/New_York', now: '2026-11-23T15:00:00.000Z' };
const link = `https://baton.example/h/alice.${'Ab3-'.repeat(11)}`;
/** Returns a text as it may travel: typographic characters spelled plainly, where that is all it takes. */
const asSent = (text: string) => new SegmentedMessage(text, 'auto', true).graphemes.join('');

describe('1,000 briefs as sources write them', () => {
  const english =
    'compared Pro and Team twice today; asked about seats for 40 people “now” – next week…';
  const tongues = [
    [['Maria Lopez', 'Jean-Luc O’Neill', 'Åsa Öberg', 'Zoë Müller'], english],
    [['Ana Silva', 'Hot Lead GmbH', 'Sam Doe'], `${english} 👍 🚀 👩🏽‍💻 🎉`],
    [['Ana 🎉', '🔥 Hot Lead GmbH', 'Sam 👩🏽‍💻'], `${english} 👍`],
    [
      ['Łukasz Żółć', 'Grażyna Brzęczyszczykiewicz', 'Święta Góra Sp. z o.o.'],
      'zażółć gęślą jaźń i pyta o 40 miejsc',
    ],
    [['Łukasz Żółć', 'Święta Góra Sp. z o.o.'], english],
    [
      ['Γιώργος Παπαδόπουλος', 'Ελένη Νικολάου', 'Αθήνα Α.Ε.'],
      'ζήτησε προσφορά για 40 θέσεις χθες',
    ],
    [
      ['王伟', '李娜，上海贸易有限公司', '張小龍'],
      '询问了价格 要求演示 比较了专业版和团队版，问到四十个座位。',
    ],
  ] as const;
  const drawIn = ([names, vocabulary]: (typeof tongues)[number]) => {
    const name = fc.constantFrom(...names);
    const sentence = (max: number) =>
      fc
        .array(fc.constantFrom(...vocabulary.split(' ')), { minLength: 1, maxLength: max })
        .map((some) => some.join(' ').slice(0, 2_000));
    const line = (max: number) => sentence(8).map((text) => text.slice(0, max).trim());
    const brief = fc.record(
      {
        subject: fc.tuple(name, name).map((two) => two.join(', ')),
        summary: sentence(120),
        score: fc.record({
          value: fc.integer({ min: 0, max: 100 }),
          outOf: fc.constant(100),
          meaning: line(80),
        }),
        origin: line(80),
      },
      { requiredKeys: ['subject', 'summary'] },
    );
    const action = fc.record({
      do: fc
        .tuple(fc.constantFrom('Call', 'Write to', 'Answer the complaint of'), name)
        .map((two) => two.join(' ')),
      dueAt: fc.constantFrom('2026-11-23T15:05:00.000Z', '2026-11-27T15:05:00.000Z'),
      contact: fc.constantFrom(
        { phone: '+15125550147' },
        { phone: '+48221234567', timezone: 'Europe/Warsaw', hours: '08:00-20:00' },
        { email: 'procurement.department@shanghai-trading.example' },
      ),
      outcomes: fc.constant([]),
    });
    const card: fc.Arbitrary<HandoffCard> = fc.record({
      id: fc.constant('hof_1'),
      code: fc.constant('KM47'),
      urgency: fc.constantFrom('critical', 'urgent', 'routine'),
      brief,
      action,
    });
    return fc.record({ card, message: drawMessage(sentence(20)), codeNeeded: fc.boolean() });
  };
  const drawMessage = (because: fc.Arbitrary<string>): fc.Arbitrary<Message> =>
    fc.oneof(
      fc.record(
        { kind: fc.constant('offer'), tier: fc.constant('tier 1'), notice: fc.nat(3), because },
        { requiredKeys: ['kind', 'tier', 'notice'] },
      ),
      fc.record({ kind: fc.constant('last-resort'), notice: fc.nat(3), because }),
    );
  const letters = fc.sample(fc.constantFrom(...tongues).chain(drawIn), {
    numRuns: 1_000,
    seed: 47,
  });

  test('stay within two segments, or four in another alphabet; what matters is never cut', () => {
    const spread: Record<string, number> = {};
    for (const letter of letters) {
      const text = renderSms({ ...letter, code: 'KM47', link }, reader);
      const { segmentsCount: segments, ...sent } = new SegmentedMessage(text, 'auto');
      const budget = sent.encodingName === 'GSM-7' ? 2 : 4;
      const action = phraseAction(letter.card, reader);
      const [first = '', second] = text.split('\n');

      expect(segments).toBeLessThanOrEqual(budget);
      expect(first.endsWith(action) || first.endsWith(asSent(action))).toBe(true);
      expect(second).toBe(phraseContact(letter.card));
      expect(text.split('\n').slice(-2)).toEqual([
        letter.codeNeeded
          ? 'Reply 1 KM47 to take, 2 KM47 to pass'
          : 'Reply 1 to take, 2 to pass (KM47)',
        link,
      ]);
      const kind = `${segments} of ${budget === 2 ? 'GSM-7' : 'UCS-2'}`;
      spread[kind] = (spread[kind] ?? 0) + 1;
    }
    const figures = Object.entries(spread)
      .sort()
      .map(([kind, count]) => `${count} x ${kind}`);
    // oxlint-disable-next-line no-console
    console.log(`segments of 1,000 briefs: ${figures.join(', ')}`);

    expect(letters).toHaveLength(1_000);
    // Both alphabets were drawn, or the test says little.
    expect(Object.keys(spread).some((kind) => kind.endsWith('UCS-2'))).toBe(true);
    expect(Object.keys(spread).some((kind) => kind.endsWith('GSM-7'))).toBe(true);
  });
});
