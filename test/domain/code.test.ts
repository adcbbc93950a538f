import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CODE_PATTERN, deriveCode } from '../../src/domain/code.ts';

const id = fc.stringMatching(/^hof_[0-9a-f]{32}$/);
const ids = Array.from({ length: 20_000 }, (_, index) => `hof_${index.toString(16)}`);

describe('deriveCode', () => {
  // People hold these in their messages: another algorithm would break the handoffs that are open.
  test.each([
    ['hof_0123456789abcdef0123456789abcdef', 0, 'QJ46'],
    ['hof_0123456789abcdef0123456789abcdef', 1, 'VC50'],
  ])('keeps the code of %s, candidate %i: %s', (handoffId, attempt, code) => {
    expect(deriveCode(handoffId, attempt)).toBe(code);
  });

  test('always gives two consonants and two digits, and the same again', () => {
    const pattern = new RegExp(`^${CODE_PATTERN}$`);
    fc.assert(
      fc.property(id, fc.nat(1_000), (handoffId, attempt) => {
        const code = deriveCode(handoffId, attempt);

        expect(code).toMatch(pattern);
        expect(code).toBe(code.toUpperCase());
        expect(deriveCode(handoffId, attempt)).toBe(code);
      }),
    );
  });

  test('spells no word and nothing that is mistaken for a digit or for Y', () => {
    expect(ids.map((one) => deriveCode(one)).join('')).not.toMatch(/[AEIOUY]/);
  });

  test('spreads over the 40,000 codes as chance would', () => {
    // 20,000 draws out of 40,000 hit 40,000 × (1 - e^-0.5) = 15,739 of them.
    const codes = new Set(ids.map((one) => deriveCode(one)));

    expect(Math.abs(codes.size - 15_739)).toBeLessThan(300);
  });

  test('gives another candidate for each attempt', () => {
    const candidates = Array.from({ length: 50 }, (_, attempt) => deriveCode('hof_1', attempt));

    expect(new Set(candidates).size).toBeGreaterThan(45);
  });
});

test.each([
  ['KM47', true],
  ['km47', true],
  ['AE47', false],
  ['K447', false],
  ['KM4', false],
])('the pattern takes %j: %j', (text, isCode) => {
  expect(new RegExp(`^${CODE_PATTERN}$`).test(text)).toBe(isCode);
});
