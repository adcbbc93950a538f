/*
 * Texts from outside, made fit to be shown once, where they come in: what the control characters in them would do to an
 * SMS, a call's TwiML or a page is nobody's wish.
 */

/** Line and page breaks beside \n: Word's soft break, form feed, NEL, and Unicode's separators. */
const BREAKS = /\r\n|[\r\u000B\u000C\u0085\u2028\u2029]/g;
/** Whatever else controls a terminal of 1970; XML does not even let it be written. */
const CONTROLS = /[\u0000-\u0009\u000E-\u001F\u007F-\u009F\uFFFE\uFFFF]+/g;
/** Halves of a character without the other one. */
const HALVES = /\p{Surrogate}/gu;
/** Overrides and isolates of direction, which turn the rest of a message round; byte order marks and soft hyphens. */
const HIDDEN = /[\u202A-\u202E\u2066-\u2069\uFEFF\u00AD]/g;

/** Returns a text of several lines as it may be shown: breaks as \n, nothing that cannot be seen. */
export function cleanProse(text: string): string {
  return text
    .replace(HALVES, '\uFFFD')
    .replace(BREAKS, '\n')
    .replace(HIDDEN, '')
    .replace(CONTROLS, ' ')
    .trim();
}

/** Returns a text as it may be shown on one line. */
export function cleanLine(text: string): string {
  return cleanProse(text).replace(/\s+/g, ' ');
}

/** Returns a text of at most so many characters; what is cut ends in an ellipsis, after a whole word if there is one. */
export function cutText(text: string, max: number): string {
  const characters = Array.from(text);
  if (characters.length <= max) return text;
  const cut = characters.slice(0, max - 1).join('');
  const words = cut.replace(/\s+\S*$/, '');
  return `${(words.length > max / 2 ? words : cut).trimEnd()}…`;
}

/** Counts as JSON Schema does: a character beyond 16 bits is one. */
export function countCharacters(text: string): number {
  return Array.from(text).length;
}
