/** The languages in which Baton's own phrases exist. */
export type Language = 'en' | 'de' | 'es' | 'pl';

/** Words for what a voice reads badly or should not read at all. */
export interface SpokenWords {
  readonly and: string;
  readonly or: string;
  readonly of: string;
  readonly percent: string;
  readonly to: string;
  readonly at: string;
  readonly plus: string;
  /** Stands for phone numbers, which nobody can remember. */
  readonly number: string;
  readonly link: string;
  readonly address: string;
}

/** A number of seven digits or more, in whatever groups; amounts of money may be as long. */
const LONG_NUMBER = /(?<![\p{Sc}\d])\s?\+?\(?\d(?:[\s().,/-]{0,3}\d){6,}/gu;

const ISO_DATE = /^\s?\d{4}-\d{2}-\d{2}$/;

/**
 * Returns a text as a voice can read it: no markup, addresses, emoji or symbols, and no number that must not be
 * spoken, whichever way it is written. `secrets` are phone numbers (E.164) that are never read out.
 */
export function speakable(
  text: string,
  words: SpokenWords,
  secrets: readonly string[] = [],
): string {
  const plain = text
    .normalize('NFKC')
    .replace(/\b(?:[a-z][a-z0-9+.-]*:\/\/|www\.)\S+/giu, ` ${words.link} `)
    .replace(/[^\s@<>"'(),;:]+@[^\s@<>"'(),;:]+\.[a-z]{2,}/giu, ` ${words.address} `);
  const spelled = hideNumbers(plain, words, secrets)
    // A mark out of ten, but no date and not 24/7.
    .replace(/(?<=\d)\s*\/\s*(?=(?:5|10|100)(?!\d))/gu, ` ${words.of} `)
    .replace(/(?<=\p{L})\s*\/\s*(?=\p{L})/gu, ` ${words.or} `)
    .replace(/\s*&(?:amp;)?\s*/gu, ` ${words.and} `)
    .replace(/\s*[%‰]/gu, ` ${words.percent}`)
    .replace(/\s*(?:→|⇒|⟶|➜|➔|[-=]+>)\s*/gu, ` ${words.to} `)
    .replace(/\s*@\s*/gu, ` ${words.at} `)
    .replace(/(?<=[\p{L}\p{N}])\s*\+\s*(?=[\p{L}\p{N}])/gu, ` ${words.plus} `)
    .replace(/\s*(?:[–—•·|]|\s-\s|[()[\]])\s*/gu, ', ')
    .replace(/[’‘ʼ`]/gu, "'")
    .replace(/\.{2,}/gu, '.')
    .replace(/(?<=[$€£]\s?\d[\d.,]*)(?=\p{L})/gu, ' ');
  return tidy(hideNumbers(spelled.replace(UNSPEAKABLE, ' '), words, secrets));
}

/** What is left besides these a voice passes over, or spells by its name. */
const UNSPEAKABLE = /[^\p{L}\p{M}\p{Nd}\s.,:;?!'$€£-]/gu;

function hideNumbers(text: string, words: SpokenWords, secrets: readonly string[]): string {
  const known = secrets
    .map(toPattern)
    .reduce((left, secret) => left.replace(secret, ` ${words.number} `), text);
  return known.replace(LONG_NUMBER, (found) =>
    ISO_DATE.test(found) ? found : ` ${words.number} `,
  );
}

/** Finds a phone number by its last seven digits with anything but letters between them. */
function toPattern(phone: string): RegExp {
  const between = '[^\\p{L}\\d]{0,4}';
  const tail = phone
    .replace(/\D/g, '')
    .slice(-7)
    .replace(/(?<=\d)(?=\d)/g, between);
  return new RegExp(`\\+?(?:\\d${between})*${tail}`, 'gu');
}

/** Joins what cutting has left: single spaces, no two marks in a row, none at the start. */
function tidy(text: string): string {
  return text
    .replace(/(?<![\p{L}\p{N}])['-]+(?![\p{L}\p{N}])/gu, ' ')
    .replace(/\s+/gu, ' ')
    .replace(/ (?=[.,;:?!])/gu, '')
    .replace(/[.,;:?!](?: ?[.,;:?!])+/gu, (marks) => /[.?!]/u.exec(marks)?.[0] ?? ',')
    .replace(/^[\s.,;:?!-]+|[\s,;:-]+$/gu, '');
}

/** Returns a text as a sentence of its own, or nothing when there is none. */
export function asSentence(text: string): string {
  if (text === '') return '';
  return /[.?!]$/u.test(text) ? text : `${text}.`;
}

/**
 * Returns how many seconds a voice needs for a text, rather too many than too few: 150 to 160 words of English a
 * minute, digits and the letters of abbreviations each by themselves, and a breath at every mark.
 */
export function speakingSeconds(text: string): number {
  const seconds = text
    .split(/\s+/u)
    .filter((token) => token !== '')
    .map(
      (token) =>
        measureWord(token) + (/[.?!]$/u.test(token) ? 0.4 : /[,;:]$/u.test(token) ? 0.2 : 0),
    );
  return seconds.reduce((sum, one) => sum + one, 0);
}

const DIGIT_SECONDS = 0.36;

function measureWord(token: string): number {
  const digits = token.match(/\p{Nd}/gu)?.length ?? 0;
  const letters = token.match(/\p{L}/gu) ?? [];
  const signs = token.match(/\p{Sc}/gu)?.length ?? 0;
  const isSpelled = letters.length > 0 && (digits > 0 || /^\p{Lu}{2,5}[^\p{L}]*$/u.test(token));
  const eachLetter = isSpelled ? 0.3 : 0.052;
  const syllables = letters.filter((letter) => WHOLE_SYLLABLE.test(letter)).length;
  const spoken =
    digits * DIGIT_SECONDS +
    signs * 0.4 +
    syllables * 0.22 +
    (letters.length - syllables) * eachLetter;
  return Math.max(0.2, 0.13 + spoken);
}

/** One letter of these is a syllable at least. */
const WHOLE_SYLLABLE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Ethiopic}]/u;

/** A time as it is spoken, and the day before it unless it is today. */
export interface Moment {
  readonly time: string;
  readonly day?: string;
}

/** Returns an instant by the listener's clock, the day named as people do: none today, the weekday within six days. */
export function momentOf(
  at: string,
  { timezone, now, locale }: { timezone: string; now: string; locale: string },
): Moment {
  const instant = new Date(at);
  const format = (options: Intl.DateTimeFormatOptions, when = instant): string =>
    new Intl.DateTimeFormat(locale, { timeZone: timezone, ...options })
      .format(when)
      .replace(/\s+/gu, ' ');
  const time = format({ hour: 'numeric', minute: '2-digit' }).replace(/\.$/u, '');
  const date = { year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  if (format(date) === format(date, new Date(now))) return { time };
  const isNear = Math.abs(instant.getTime() - Date.parse(now)) < 6 * 86_400_000;
  return { time, day: format(isNear ? { weekday: 'long' } : { day: 'numeric', month: 'long' }) };
}
