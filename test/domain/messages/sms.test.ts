import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { describe, expect, test } from 'vitest';
import type { Reader } from '../../../src/domain/messages/phrases.ts';
import { phraseAction } from '../../../src/domain/messages/phrases.ts';
import { renderSms } from '../../../src/domain/messages/sms.ts';
import { cardOf, type HandoffCard, type Message } from '../../../src/domain/state.ts';
import { buildHandoff } from '../../support/builders.ts';
import { anyCard, anyMessage } from './arbitraries.ts';

const reader: Reader = { timezone: 'America/New_York', now: '2026-11-23T15:00:00.000Z' };
const usual = cardOf(buildHandoff());
const offer: Message = { kind: 'offer', tier: 'tier 1', notice: 1 };

function render(message: Message, changes: Partial<HandoffCard> = {}, codeNeeded = false): string {
  return renderSms({ card: { ...usual, ...changes }, message, code: 'KM47', codeNeeded }, reader);
}

const link = `https://baton.example/h/alice.${'Ab3-'.repeat(11)}`;
const budgetOf = (text: string) =>
  new SegmentedMessage(text, 'auto').getEncodingName() === 'GSM-7' ? 2 : 4;
const segmentsOf = (text: string) => new SegmentedMessage(text, 'auto').segmentsCount;
/** Returns a text as it may travel: typographic characters spelled plainly, where that is all it takes. */
const asSent = (text: string) => new SegmentedMessage(text, 'auto', true).graphemes.join('');

const action = { do: 'Call Maria Lopez', outcomes: [] };

// What people receive, word for word.
test.each<[string, Message, Partial<HandoffCard>, boolean, string[]]>([
  [
    'the first message',
    offer,
    {},
    false,
    [
      'URGENT: Call Maria Lopez by 10:05',
      '+1 512 555 0147',
      'Maria Lopez, Acme Corp. Score 92/100, top 3 % this month, pricing page. Compared Pro and Team twice today; asked about seats for 40 people.',
      'Reply 1 to take, 2 to pass (KM47)',
    ],
  ],
  [
    'an escalation to somebody who has others open, with the summary cut',
    { ...offer, notice: 2, because: 'nobody took it within 5 min' },
    { urgency: 'critical', brief: { ...usual.brief, summary: 'She asked again. '.repeat(20) } },
    true,
    [
      'CRITICAL, 2nd notice: Call Maria Lopez by 10:05',
      '+1 512 555 0147',
      'Maria Lopez, Acme Corp. Score 92/100, top 3 % this month, pricing page. Nobody took it within 5 min. She asked again. She asked again. She asked again. She asked again. She asked again. She asked again...',
      'Reply 1 KM47 to take, 2 KM47 to pass',
    ],
  ],
  [
    'as little as a handoff can be',
    offer,
    { urgency: 'routine', brief: { subject: 'Maria Lopez', summary: 'Wants a call!' }, action },
    false,
    ['Call Maria Lopez', 'Wants a call!', 'Reply 1 to take, 2 to pass (KM47)'],
  ],
  [
    'the reminder',
    { kind: 'reminder', actBy: '2026-11-23T15:30:00.000Z' },
    {},
    false,
    [
      'You have KM47 Maria Lopez, Acme Corp: Call Maria Lopez by 10:05',
      '+1 512 555 0147',
      'Finished? Reply done reached, done no-answer, done bad-lead (KM47)',
      'At 10:30 it goes on to others.',
    ],
  ],
  [
    'the stand-down',
    { kind: 'stand-down', because: 'Alice Ng has it' },
    {},
    false,
    ['Stand down: Alice Ng has it.', 'KM47 Maria Lopez, Acme Corp'],
  ],
  [
    'the last resort, past the deadline',
    { kind: 'last-resort', notice: 1, because: 'nobody took it' },
    { action: { ...action, dueAt: '2026-11-22T15:05:00.000Z' } },
    false,
    [
      'LAST RESORT: Call Maria Lopez (was due Sun 10:05)',
      'Maria Lopez, Acme Corp. Score 92/100, top 3 % this month, pricing page. Nobody took it. Compared Pro and Team twice today; asked about seats for 40 people.',
      'Reply 1 to take, 2 to pass (KM47)',
    ],
  ],
])('%s reads', (_what, message, changes, codeNeeded, lines) => {
  expect(render(message, changes, codeNeeded)).toBe(lines.join('\n'));
});

const letter = fc.record({
  card: anyCard,
  message: anyMessage,
  code: fc.constant('KM47'),
  codeNeeded: fc.boolean(),
});

test('whatever the handoff: its segments, the action whole, the code, and how to answer', () => {
  fc.assert(
    fc.property(letter, (one) => {
      const text = renderSms(one, reader);
      const { kind } = one.message;
      const whole = phraseAction(one.card, reader);

      // More segments only where nothing is left to cut: no longer than with nothing to tell.
      if (segmentsOf(text) > budgetOf(text)) {
        const message = 'because' in one.message ? { ...one.message, because: 'x' } : one.message;
        const brief = { subject: one.card.brief.subject, summary: 'x' };
        const bare = renderSms({ ...one, message, card: { ...one.card, brief } }, reader);

        expect(text.length).toBeLessThanOrEqual(bare.length);
      }
      // Twilio refuses more (21617).
      expect(text.length).toBeLessThanOrEqual(1_600);
      expect(text).toContain('KM47');
      if (kind !== 'released' && kind !== 'stand-down')
        expect([text.includes(whole), text.includes(asSent(whole))]).toContain(true);
      if (kind === 'offer' || kind === 'last-resort')
        expect(text.split('\n').at(-1)).toBe(
          one.codeNeeded
            ? 'Reply 1 KM47 to take, 2 KM47 to pass'
            : 'Reply 1 to take, 2 to pass (KM47)',
        );
    }),
    { numRuns: 150 },
  );
});

describe('the alphabet', () => {
  test('spells typographic characters plainly, so that they do not halve the room', () => {
    const brief = { subject: 'Maria “Mia” Lopez', summary: 'She’s keen – call now…' };
    const text = render(offer, { brief });

    expect(new SegmentedMessage(text, 'auto').getEncodingName()).toBe('GSM-7');
    expect(text).toContain('Maria "Mia" Lopez. She\'s keen - call now...');
  });

  test('keeps what cannot be spelled plainly as it was written, quotes included', () => {
    const brief = { subject: 'Мария “Мия”', summary: 'x' };

    expect(render(offer, { brief })).toContain('Мария “Мия”');
  });

  test('leaves out the emoji that would halve the room', () => {
    const brief = {
      subject: 'Maria Lopez',
      summary: `${'word '.repeat(20)}👍🏽 ${'more '.repeat(9)}👨‍👩‍👧`,
    };
    const text = render(offer, { brief });

    expect(segmentsOf(text)).toBeLessThanOrEqual(2);
    expect(text).toContain('word word more more');
    expect(text).toContain('more.\n');
  });

  test('keeps a name in another alphabet, at the price of more segments', () => {
    const brief = { ...usual.brief, subject: 'Γιώργος Παπαδόπουλος', summary: 'x'.repeat(300) };
    const text = renderSms(
      { card: { ...usual, brief }, message: offer, code: 'KM47', codeNeeded: true, link },
      reader,
    );

    expect(text).toContain('Γιώργος Παπαδόπουλος');
    expect(segmentsOf(text)).toBeLessThanOrEqual(4);
    expect(text.endsWith(`\n${link}`)).toBe(true);
  });
});

test('cuts the reason of a stand-down, however long a note it carries', () => {
  const text = render({ kind: 'stand-down', because: `Bob: done, ${'sold '.repeat(400)}` });

  expect(segmentsOf(text)).toBe(2);
  expect(text).toMatch(/^Stand down: Bob: done, sold sold .*\.\.\.\nKM47 Maria Lopez, Acme Corp$/);
});

describe('fault 16: what is cut', () => {
  test('why it comes, said at length, leaves room for who it is about and what happened', () => {
    const because = `Alice passed it on: ${'I am with a client and then '.repeat(9)}driving`;
    const text = render({ ...offer, notice: 2, because });

    expect(segmentsOf(text)).toBeLessThanOrEqual(2);
    expect(text).toContain(
      'Maria Lopez, Acme Corp. Score 92/100, top 3 % this month, pricing page.',
    );
    expect(text).toContain('Alice passed it on: I am with a client');
    expect(text).toContain('asked about seats');
  });

  test.each([
    ['Chinese', '她今天两次比较了专业版和团队版，并询问了四十个人的座位价格。'],
    ['Japanese', '今日はプロ版とチーム版を二回比較し、四十人分の座席について質問しました。'],
    ['Thai', 'วันนี้เธอเปรียบเทียบแพ็กเกจโปรกับทีมสองครั้งและถามเรื่องที่นั่งสำหรับสี่สิบคน'],
  ])(
    '%s, which has no spaces to cut at, is cut between words and fills the room',
    (_name, said) => {
      const summary = said.repeat(12);
      const text = render(offer, { brief: { subject: 'Maria Lopez', summary } });

      expect(segmentsOf(text)).toBeLessThanOrEqual(4);
      expect(text.length).toBeGreaterThan(240);
      expect(text).toContain(said.slice(0, 20));
      expect(text).toMatch(/\.\.\.\nReply 1 to take/);
    },
  );

  test('one very long word is cut between its letters', () => {
    const text = render(offer, { brief: { subject: 'Maria Lopez', summary: 'x'.repeat(900) } });

    expect(text.length).toBeGreaterThan(290);
    expect(segmentsOf(text)).toBe(2);
  });

  test('one letter outside GSM-7 leaves the room that its alphabet has', () => {
    const summary = `Hôtel ${'word '.repeat(200)}`;
    const text = render(offer, { brief: { subject: 'Maria Lopez', summary } });

    expect(segmentsOf(text)).toBe(4);
    expect(text.length).toBeGreaterThan(258);
  });
});

test('an answer says what the answer to a reply says', () => {
  const by = { kind: 'responder', id: 'alice', name: 'Alice' } as const;
  const result = { commandId: 'c1', verb: 'pass', by, at: reader.now, effect: 'passed' } as const;

  expect(render({ kind: 'answer', result })).toBe(
    'Passed on: Maria Lopez, Acme Corp (KM47). Thank you for saying so.',
  );
});
