import { expect, test } from 'vitest';
import { canonicalPhone, isPossiblePhone } from '../../src/domain/phone.ts';

test.each([
  ['Mexico', '+5215562000000', '+525562000000'],
  ['Argentina', '+5491123456789', '+541123456789'],
  ['Brazil', '+5511987654321', '+551187654321'],
])('fault 20: %s: %s and %s are one phone', (_country, one, other) => {
  expect(canonicalPhone(one)).toBe(canonicalPhone(other));
});

test.each([
  ['+525562000000', '+525562000001'],
  ['+15125550147', '+15125550148'],
  // As many digits, and another country.
  ['+5215562000000', '+15562000000'],
  ['+551187654321', '+552187654321'],
])('fault 20: %s and %s are two phones', (one, other) => {
  expect(canonicalPhone(one)).not.toBe(canonicalPhone(other));
});

test.each([
  ['+15005550010', true],
  ['+48221234567', true],
  ['+5215562000000', true],
  ['+1512555014', false],
  ['+151255501471', false],
])('fault 21: %s may be a number: %s', (phone, isPossible) => {
  expect(isPossiblePhone(phone)).toBe(isPossible);
});
