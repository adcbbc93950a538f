import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkDraft, readDraft } from '../../../src/domain/brief-writer/check.ts';
import { Ground } from '../../../src/domain/brief-writer/grounding.ts';
import { findSmuggled } from '../../../src/domain/brief-writer/smuggling.ts';
import { buildHandoff } from '../../support/builders.ts';

const MATERIAL = `Maria Lopez compared the plans Pro and Team twice on 2026-11-23.
She asked about pricing for 40 seats, and pays 4,200.50 EUR a year.
She does not use the export. The order is SO-8841.`;
const ground = new Ground(MATERIAL, ['Acme Corp']);

describe('a text stands in the sources', () => {
  test.each([
    'Maria Lopez asked about pricing for 40 seats.',
    'Maria Lopez of Acme Corp asks about the price of 40 seats',
    'Compared Pro and Team on 2026-11-23.',
    'She pays 4200.50 EUR a year',
    'Does not use the export.',
    'MARIA LOPEZ',
    'Order SO-8841',
  ])('%s', (text) => {
    expect(ground.findUngrounded(text)).toBeUndefined();
  });

  test.each([
    ['Maria Lopez asked about 41 seats.', 'a number'],
    ['Maria Lopez asked about 4 seats.', 'a number'],
    ['She pays 4,200 EUR', 'a number'],
    ['Compared on 2026-11-24', 'a number'],
    ['Compared 40 plans', 'a number'],
    ['The order of Marian Lopez', 'a name'],
    ['Maria asked Bob about pricing', 'a name'],
    ['Maria Lopez cancelled.', 'a word'],
    ['Forty seats', 'a word'],
    ['The export is in use', 'a statement'],
    ['Maria Lopez pays for the export', 'a statement'],
    ['She compared seats', 'a statement'],
    ['She does not pay for seats.', 'a statement'],
    ['Maria compared export, pays order year twice Team', 'a statement'],
  ])('%s does not: %s', (text, what) => {
    expect(ground.findUngrounded(text)).toBe(what);
  });

  test.each([
    [{ label: 'Seats', value: '40' }, true],
    [{ label: 'Number of seats', value: '40' }, true],
    [{ label: 'Plans', value: 'Pro and Team' }, true],
    [{ label: 'Note', value: 'does not use the export' }, true],
    [{ label: 'Seats', value: '41' }, false],
    [{ label: 'Order', value: '40' }, false],
    [{ label: 'Amount', value: '40' }, false],
    [{ label: 'Plans', value: 'Team and Pro' }, false],
    [{ label: 'Note', value: 'not use' }, false],
    [{ label: 'Order', value: 'SO-88' }, false],
    [{ label: 'Order', value: '' }, false],
  ])('as a fact: %o is %s', (fact, isThere) => {
    expect(ground.hasFact(fact)).toBe(isThere);
  });

  const words = [...new Set(MATERIAL.toLowerCase().match(/[\p{L}\d.,-]+/gu) ?? [])];
  test('any word that is nowhere in them is found out', () => {
    const stranger = fc.stringMatching(/^[b-df-hj-np-tv-z]{6,12}$/);
    fc.assert(
      fc.property(fc.subarray(words), stranger, fc.nat(), (some, word, at) => {
        const all = [...some];
        all.splice(at % (all.length + 1), 0, word);
        expect(ground.findUngrounded(all.join(' '))).toBeDefined();
      }),
    );
  });

  test('any number that is nowhere in them is found out', () => {
    fc.assert(
      fc.property(fc.subarray(words), fc.integer({ min: 1, max: 999_999 }), (some, number) => {
        fc.pre(!MATERIAL.replace(/,(?=\d{3})/, '').includes(String(number)));
        expect(ground.findUngrounded([...some, String(number)].join(' '))).toBeDefined();
      }),
    );
  });
});

describe('a text does more than to say something', () => {
  test.each([
    ['see evil.example', 'a link'],
    ['see https://x', 'a link'],
    ['www.evil', 'a link'],
    ['[here](x)', 'a link'],
    ['call tel:12', 'a link'],
    ['write to a@b', 'an address'],
    ['on +1 512 555 0147', 'a phone number'],
    ['on 512-555-0147', 'a phone number'],
    ['on (512) 555 0147', 'a phone number'],
    ['on ５１２５５５０１４７', 'a phone number'],
    ['on ٥١٢٥٥٥٠١٤٧', 'a phone number'],
    ['five one two five', 'a phone number'],
    ['reply 1 to take', 'reply instructions'],
    ['Text WIN to 40404', 'reply instructions'],
    ['call us on 112', 'reply instructions'],
    ['reply with stop', 'reply instructions'],
    ['KM47', 'reply instructions'],
    ['<b>now</b>', 'markup'],
    ['a\u202eb', 'hidden characters'],
    ['a\u200bb', 'hidden characters'],
    ['a\u0007b', 'hidden characters'],
    ['URGENT: now', 'a headline of our own'],
    ['LAST RESORT', 'a headline of our own'],
  ])('%j: %s', (text, what) => {
    expect(findSmuggled(text)).toBe(what);
  });

  test.each([
    'Maria Lopez asked about 40 seats at 14:05 on 2026-11-23.',
    'It is urgent: the export is down since 8 a.m.',
    'Order SO-8841 over 4,200.50 EUR',
    'Version 2.1 of the app, e.g. on the U.S. site',
    'She did not reply.',
    'Meeting 2026-11-23T14:05:00Z',
    'Zażółć gęślą jaźń\nand a second line',
  ])('%j does not', (text) => {
    expect(findSmuggled(text)).toBeUndefined();
  });

  test('any number of seven digits or more is found, however it is written', () => {
    const gaps = fc.constantFrom('', ' ', '-', '.', ') ', ' (', ' - ', '/');
    const digit = fc.integer({ min: 0, max: 9 }).map(String);
    fc.assert(
      fc.property(fc.array(fc.tuple(digit, gaps), { minLength: 8, maxLength: 15 }), (parts) => {
        const number = parts.flat().join('');
        // Eight digits can be a date.
        fc.pre(!/\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}/.test(number));
        expect(findSmuggled(`call ${number}9 now`)).toBeDefined();
      }),
    );
  });
});

describe('a draft', () => {
  const handoff = buildHandoff({ written: { drawn: ['subject', 'summary', 'action', 'facts'] } });
  const check = (draft: object) =>
    checkDraft(
      {
        subject: 'Maria Lopez',
        summary: 'Maria Lopez asked about 40 seats.',
        action: 'Call Maria Lopez',
        facts: [],
        ...draft,
      },
      { handoff, material: MATERIAL, model: 'm' },
    );

  test('that holds is used as it is, on one line', () => {
    expect(check({ summary: ' Maria Lopez asked\nabout  40 seats. ' })).toEqual({
      brief: {
        model: 'm',
        subject: 'Maria Lopez',
        summary: 'Maria Lopez asked about 40 seats.',
        do: 'Call Maria Lopez',
      },
      refused: [],
    });
  });

  test.each([
    'Approve the order',
    'Pay 4,200.50 EUR',
    'Call Maria Lopez and refund the order',
    'Ask Maria Lopez, then delete the order',
    'Order seats',
    'Maria Lopez',
  ])('that has somebody do more than talk or look is refused: %s', (action) => {
    expect(check({ action }).refused).toMatchObject([{ part: 'action' }]);
  });

  test.each(['Ask Maria Lopez about the export', 'Check the order SO-8841', 'Review the plans'])(
    'may have somebody talk or look: %s',
    (action) => {
      expect(check({ action }).brief.do).toBe(action);
    },
  );

  test('is nothing to a part that its source wrote', () => {
    const own = buildHandoff({ written: { drawn: ['summary'] } });
    const draft = {
      subject: 'Maria Lopez',
      summary: 'Maria Lopez asked about 40 seats.',
      action: 'Call Maria Lopez',
      facts: [{ label: 'Seats', value: '40' }],
    };
    const { brief } = checkDraft(draft, { handoff: own, material: MATERIAL, model: 'm' });
    expect(brief).toEqual({ model: 'm', summary: draft.summary });
  });

  test('says how many facts are left out, and lists no fact twice', () => {
    const { brief, refused } = check({
      facts: [
        { label: 'Seats', value: '40' },
        { label: 'Seats', value: '40' },
        { label: 'Seats', value: '41' },
      ],
    });
    expect(brief.facts).toEqual([{ label: 'Seats', value: '40' }]);
    expect(refused).toEqual([{ part: 'facts', because: '2 of them do not stand in the material' }]);
  });

  test('is read from anything without harm', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (answer) => {
        expect(readDraft(answer)).toBeUndefined();
      }),
    );
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(
        fc.record({
          subject: text,
          summary: text,
          action: text,
          facts: fc.array(fc.record({ label: text, value: text }), { maxLength: 4 }),
        }),
        (draft) => {
          const { brief } = check(draft);
          for (const part of [brief.subject, brief.summary, brief.do].filter(
            (one) => one !== undefined,
          )) {
            expect(findSmuggled(part)).toBeUndefined();
          }
        },
      ),
    );
  });
});
