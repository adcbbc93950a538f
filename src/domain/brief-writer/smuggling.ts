/** Nothing that a reader sees as a number to dial: seven digits or more, however they are grouped. */
const PHONE = /(?:\+\s?)?\p{Nd}(?:[\s().\-–/]{0,3}\p{Nd}){6,}/u;
/** Dates and times have many digits too, and nobody dials them. */
const MOMENTS =
  /\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?|\b\d{1,2}[./]\d{1,2}[./]\d{4}\b|\b\d{1,2}:\d{2}\b/g;
const SPELLED_NUMBER =
  /(?:\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)\b[\s,.-]*){4,}/i;
/** Mail programs and phones make links of these by themselves. */
const LINK =
  /[a-z][a-z0-9+.-]{1,20}:\/\/|\bwww\.|\b(?:mailto|tel|sms|javascript|data):|\]\(|[\p{L}\p{N}-]{2}\.\p{L}{2,24}(?![\p{L}.])/iu;
const MARKUP = /[<>`{}|\\]/;
/** Controls, what is invisible or turns the direction of writing, and what has no meaning of its own. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u2028\u2029]/u;
/** What only Baton may say: how to answer, and whom to call. */
const REPLY = [
  /\b(?:reply|text|press|dial|type|sms)\b[^.!?\n]{0,24}?\d/i,
  /\b(?:reply|text|press|dial|type|sms|respond|answer|send|enter)\b[^.!?\n]{0,12}?\b(?:stop|stopall|start|yes|ok|done|take|pass|later|cancel|end|quit|unsubscribe)\b/i,
  /\b(?:call|ring|phone)\s+(?:(?:us|them|me|him|her|at|on|the|number)\s+){0,3}[#(]?\d/i,
];
/** Codes are two consonants and two digits. */
const CODE = /\b[bcdfghjklmnpqrstvwxz]{2}\d{2}\b/i;
/** Words that Baton's own messages begin with. */
const HEADLINE =
  /\b(?:URGENT|CRITICAL|CHANGED|EXPIRED|LAST RESORT)\b|(?:^|[.!?]\s+)(?:stand down|you have it)\b/;

/**
 * Returns what a text would do in a message beside saying something, or undefined when that is nothing: a link, a
 * number or address to reach somebody by, words that sound like Baton's own, or characters that cannot be seen.
 */
export function findSmuggled(text: string): string | undefined {
  if (HIDDEN.test(text.replace(/[\n\r\t]/g, ' '))) return 'hidden characters';
  const plain = text.normalize('NFKC');
  const undated = plain.replace(MOMENTS, ' moment ');
  if (plain.includes('@')) return 'an address';
  if (LINK.test(plain)) return 'a link';
  if (MARKUP.test(plain)) return 'markup';
  if (PHONE.test(undated) || SPELLED_NUMBER.test(plain)) return 'a phone number';
  if (REPLY.some((pattern) => pattern.test(undated)) || CODE.test(plain))
    return 'reply instructions';
  if (HEADLINE.test(plain)) return 'a headline of our own';
  return undefined;
}
