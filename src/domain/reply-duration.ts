import { FILLER } from './reply-words.ts';

const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(?:m|min|mins|minute|minutes)?$/, 60_000],
  [/^(?:h|hr|hrs|hour|hours)$/, 3_600_000],
];

const NUMBERS: Readonly<Record<string, string>> = {
  one: '1',
  two: '2',
  three: '3',
  four: '4',
  five: '5',
  six: '6',
  ten: '10',
  fifteen: '15',
  twenty: '20',
  thirty: '30',
  'forty five': '45',
};
const SPELLED = new RegExp(`^(?:${Object.keys(NUMBERS).join('|')})(?= )`);

/** A number without a unit says so many minutes at most. */
const MAX_BARE = 240;

/** Returns how long words say, in milliseconds; a number alone counts minutes. Undefined when they say anything else. */
export function readSpan(text: string): number | undefined {
  const said = text
    .toLowerCase()
    .trim()
    .replace(/^(?:in|for) /, '')
    .replace(/^(?:another )/, '')
    .replace(/^(?:half an hour|half hour|1\/2 h(?:our)?)/, '30 min')
    .replace(/^(?:an hour and a half|one and a half hours)/, '90 min')
    .replace(/^(?:a |one )?quarter(?: of an hour)?(?![a-z])/, '15 min')
    .replace(/^an? (?=hour|minute)/, '1 ')
    .replace(SPELLED, (word) => NUMBERS[word] ?? word);
  const both =
    /^(\d{1,2}) ?(?:h|hr|hrs|hours?)(?: and)? ?(\d{1,2}) ?(?:m|mins?|minutes?)?(?![a-z0-9])([^]*)$/;
  const [, hours, minutes, behind = ''] = both.exec(said) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const forMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
    return forMs > 0 && FILLER.test(behind) ? forMs : undefined;
  }
  const [, number = '', unit = '', rest = ''] =
    /^(\d{1,4}(?:[.,]\d)?) ?([a-z]*)([^]*)$/.exec(said) ?? [];
  const [, ms] = UNITS.find(([pattern]) => pattern.test(unit)) ?? [];
  // "later 5 please": the word behind the number need not be a unit.
  if (ms === undefined) {
    const isBare = FILLER.test(unit + rest) && Number(number) <= MAX_BARE && number.length < 4;
    const forMs = isBare ? Number(number.replace(',', '.')) * 60_000 : 0;
    return number !== '' && forMs > 0 ? forMs : undefined;
  }
  if (number === '' || !FILLER.test(rest)) return undefined;
  // "1430" is a time of day.
  if (unit === '' && (Number(number) > MAX_BARE || /^\d{4}/.test(number))) return undefined;
  const forMs = Number(number.replace(',', '.')) * ms;
  return forMs > 0 ? forMs : undefined;
}

/** Returns for how long a time by itself asks: `in 20 min`, `give me 10 minutes`, `remind me in an hour`. */
export function readDelay(text: string): number | undefined {
  const [, rest] =
    /^(?:(?:remind|ask|text|call|try|ping) me (?:again )?in|in|give me(?: another)?|(?:i )?need(?: another)?) ([^]*)$/iu.exec(
      text,
    ) ?? [];
  // "in 20": minutes, metres, people.
  if (rest === undefined || /^\d+[\s.!]*$/.test(rest)) return undefined;
  return readSpan(rest);
}
