import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { expect, test } from 'vitest';
import { countSegments, encodingOf, measure } from '../../../src/domain/messages/segments.ts';

const LATIN = Array.from({ length: 0x2_00 }, (_, code) => String.fromCharCode(code));
const GREEK = Array.from('\u0391\u0393\u0394\u0398\u03A3\u03A9');
const TYPOGRAPHIC = Array.from(
  '\u2013\u2014\u2018\u2019\u201C\u201D\u2026\u20AC\u00A0\u2028\u0301',
);

const texts = fc
  .tuple(
    fc.constantFrom(
      ['a', 'B', '7', ' ', '\n', '.', '@', '_', '$', '\u00E9'],
      ['a', ' ', ...LATIN],
      ['a', ' ', ...GREEK, ...TYPOGRAPHIC, '\u4E2D', '\u{1F600}'],
      ['a', '[', '\\', '~', '|', '\r', '\r\n', '`'],
    ),
    fc.constantFrom(3, 20, 160, 320),
  )
  .chain(([letters, length]) =>
    fc.string({ unit: fc.constantFrom(...letters), minLength: length - 3, maxLength: length + 3 }),
  );

test('what is counted without the library is what the library counts', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const expected = new SegmentedMessage(text, 'auto');
      expect(countSegments(text)).toBe(expected.segmentsCount);
      expect(encodingOf(text)).toBe(expected.getEncodingName());
      const spelled = new SegmentedMessage(text, 'auto', true);
      expect(measure(text)).toEqual(
        spelled.getEncodingName() === 'GSM-7'
          ? {
              text: spelled.graphemes.join(''),
              alphabet: 'GSM-7',
              segments: spelled.segmentsCount,
            }
          : { text, alphabet: 'UCS-2', segments: expected.segmentsCount },
      );
    }),
    { numRuns: 1_500 },
  );
});

test('each character by itself is what it is for the library', () => {
  for (const character of LATIN) {
    const text = character.repeat(161);
    const expected = new SegmentedMessage(text, 'auto');
    const name = `U+${character.charCodeAt(0).toString(16)}`;
    expect([name, encodingOf(text), countSegments(text), measure(text).text]).toEqual([
      name,
      expected.getEncodingName(),
      expected.segmentsCount,
      new SegmentedMessage(text, 'auto', true).graphemes.join(''),
    ]);
  }
});
