import { isPossiblePhoneNumber } from 'libphonenumber-js/min';

/** Returns whether a number in E.164 form has as many digits as numbers of its country have. */
export function isPossiblePhone(phone: string): boolean {
  return isPossiblePhoneNumber(phone) || isPossiblePhoneNumber(canonicalPhone(phone));
}

/**
 * Numbers of mobiles that are written with a digit more from abroad, or since a reform: the same phone has both. Mexico
 * dropped its 1 in 2019, Argentina has its 9 in international form only, and Brazil put a 9 before all mobile numbers.
 */
const VARIANTS: readonly (readonly [longer: RegExp, shorter: string])[] = [
  [/^\+521(\d{10})$/, '+52$1'],
  [/^\+549(\d{10})$/, '+54$1'],
  [/^\+55(\d{2})9(\d{8})$/, '+55$1$2'],
];

/** Returns the one form by which two numbers in E.164 form are known to be the same phone. */
export function canonicalPhone(phone: string): string {
  for (const [longer, shorter] of VARIANTS) {
    if (longer.test(phone)) return phone.replace(longer, shorter);
  }
  return phone;
}
