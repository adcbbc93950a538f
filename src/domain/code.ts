/** Consonants that are not mistaken for another letter or a digit when read aloud or typed in the dark. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';

/** What a code looks like in text, in any case; anchors are the caller's. */
export const CODE_PATTERN = `[${LETTERS}${LETTERS.toLowerCase()}]{2}\\d{2}`;

/** Returns a well-spread 32-bit number for a text (FNV-1a with a final avalanche); no secrecy is claimed. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/**
 * Returns the code people use for a handoff: two consonants and two digits out of 40,000, derived from its
 * id. `attempt` gives the next candidate where the first is already in use in one person's phone.
 */
export function deriveCode(handoffId: string, attempt = 0): string {
  const number = hash(attempt === 0 ? handoffId : `${handoffId}/${attempt}`) % 40_000;
  const letters = Math.floor(number / 100);
  const first = LETTERS.charAt(Math.floor(letters / LETTERS.length));
  const second = LETTERS.charAt(letters % LETTERS.length);
  return `${first}${second}${String(number % 100).padStart(2, '0')}`;
}
