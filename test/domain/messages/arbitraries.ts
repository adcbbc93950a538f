import fc from 'fast-check';
import { actionSchema, briefSchema } from '../../../src/domain/handoff.ts';
import type { HandoffCard, Message } from '../../../src/domain/state.ts';

const AT = '2026-11-23T15:30:00.000Z';

/** Draws what sources really write: words, other alphabets, emoji, typographic quotes, markup, nonsense. */
const word = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-zA-Z,.:;!?]{1,12}$/) },
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
  fc.constantFrom(
    '“quoted”',
    'it’s',
    '–',
    '…',
    'Łódź',
    'Москва',
    '日本',
    '👍🏽',
    '👨‍👩‍👧',
    '€',
    '{x}',
    '\t',
  ),
  fc.constantFrom('<script>alert(1)</script>', '"onload="x', '&amp;', 'x'.repeat(400)),
);

/** Draws a text of words of at most so many characters, as it may be submitted. */
function text(max: number, separator = ' '): fc.Arbitrary<string> {
  return fc
    .array(word, { minLength: 1, maxLength: Math.ceil(max / 4) })
    .map((words) => words.join(separator).slice(0, max));
}

const line = (max: number) =>
  text(max)
    .map((one) => one.replace(/[\r\n]/g, ' ').trim())
    .filter((one) => one !== '');

const brief = fc
  .record(
    {
      subject: line(120),
      summary: fc.oneof(text(200), text(2_000), text(2_000, '\n'), text(2_000, '')),
      score: fc.record(
        { value: fc.integer(), outOf: fc.integer({ min: 1 }), meaning: line(80) },
        { requiredKeys: ['value'] },
      ),
      origin: line(80),
      facts: fc.array(fc.record({ label: line(40), value: line(200) }), { maxLength: 3 }),
    },
    { requiredKeys: ['subject', 'summary'] },
  )
  .filter((one) => briefSchema.safeParse(one).success);

const action = fc
  .record(
    {
      do: line(100),
      say: line(300),
      by: fc.constantFrom('2026-11-23T15:05:00.000Z', '2026-11-20T15:05:00.000Z'),
      contact: fc.record(
        {
          name: line(80),
          phone: fc.constantFrom('+15125550147', '+4915112345678', '+999999999999999'),
          email: fc.constant('maria@example.com'),
          timezone: fc.constant('America/Chicago'),
          hours: fc.constant('08:00-20:00'),
        },
        { requiredKeys: [] },
      ),
      outcomes: fc.array(fc.stringMatching(/^[a-z][a-z0-9-]{0,29}$/), { maxLength: 10 }),
    },
    { requiredKeys: ['do', 'outcomes'] },
  )
  .filter((one) => actionSchema.safeParse(one).success)
  .map(({ by, ...rest }) => ({ ...rest, ...(by !== undefined && { dueAt: by }) }));

/** Draws a handoff that could have been submitted, as messages get it. */
export const anyCard: fc.Arbitrary<HandoffCard> = fc.record({
  id: fc.constant('hof_1'),
  code: fc.constant('KM47'),
  urgency: fc.constantFrom('critical', 'urgent', 'routine'),
  brief,
  action,
});

const because = fc.oneof(line(60), line(1_600));
const notice = fc.integer({ min: 1, max: 30 });

/** Draws every kind of message but an answer, whose words are those of messages/answer.ts. */
export const anyMessage: fc.Arbitrary<Exclude<Message, { kind: 'answer' }>> = fc.oneof(
  fc.record(
    { kind: fc.constant('offer'), tier: fc.constant('tier 1'), notice, because },
    { requiredKeys: ['kind', 'tier', 'notice'] },
  ),
  fc.record({ kind: fc.constant('last-resort'), notice, because }),
  fc.record({ kind: fc.constant('reminder'), actBy: fc.constant(AT) }),
  fc.record({ kind: fc.constantFrom('released', 'stand-down', 'expired'), because }),
);
