import type { LeadEvent } from './events.ts';

/** One thing that the model looks at: how it is read from what is known, and how it is said. */
interface Feature {
  /** Said of a lead it speaks for or against: four words at least, and not many more, because it goes into a text message. */
  readonly words: (known: Known) => string;
  /** What the caller may say about it. */
  readonly talk?: (known: Known) => string;
  readonly value: (known: Known) => number;
}

/** What was known of a lead at a moment. */
export interface Known {
  readonly employees: number | undefined;
  readonly title: string;
  readonly isSenior: boolean;
  readonly hasWorkEmail: boolean;
  readonly hasPhone: boolean;
  readonly pricingViews: number;
  readonly comparisons: number;
  readonly docsViews: number;
  readonly careersViews: number;
  readonly demoRequests: number;
  readonly seats: number | undefined;
  readonly trials: number;
  readonly activeDays: number;
  readonly usedFeatures: number;
  readonly emailsOpened: number;
  readonly unsubscribed: boolean;
  readonly daysSinceLast: number;
}

const DAY_MS = 86_400_000;
/** Who mails from here writes for themselves. */
const FREE_MAIL = new Set(
  'gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com icloud.com gmx.de gmx.net web.de proton.me protonmail.com aol.com'.split(
    ' ',
  ),
);
const SENIOR =
  /\b(?:chief|ceo|cto|coo|cfo|cio|founder|owner|president|vp|vice president|head|director|partner)\b/i;

/** Returns what was known of a lead just before a moment: events that happened or were heard of later do not count. */
export function knownAsOf(events: readonly LeadEvent[], asOf: string): Known {
  const past = events.filter(({ at, receivedAt }) => at < asOf && receivedAt <= asOf);
  const now = Date.parse(asOf);
  const traits = past
    .filter(({ type }) => type === 'identify')
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .reduce<Record<string, unknown>>((all, { data }) => ({ ...all, ...data }), {});
  const tracks = past
    .filter(({ type }) => type === 'track')
    .map((event) => ({ ...event, daysAgo: (now - Date.parse(event.at)) / DAY_MS }));
  const count = (matches: (event: LeadEvent) => boolean, days: number): number =>
    tracks.filter((event) => event.daysAgo <= days && matches(event)).length;
  const named =
    (name: string) =>
    (event: LeadEvent): boolean =>
      event.name.toLowerCase() === name;
  const viewed =
    (path: string) =>
    (event: LeadEvent): boolean =>
      named('page viewed')(event) && readText(event.data['path']).startsWith(path);
  const demos = tracks.filter((event) => named('demo requested')(event) && event.daysAgo <= 30);
  const seats = demos.map(({ data }) => readNumber(data['seats'])).findLast(isNumber);
  const title = readText(traits['title']);
  const email = readText(traits['email']).toLowerCase();
  return {
    employees: readNumber(traits['employees'] ?? readRecord(traits['company'])['employees']),
    title,
    isSenior: SENIOR.test(title),
    hasWorkEmail: email.includes('@') && !FREE_MAIL.has(email.split('@').at(-1) ?? ''),
    hasPhone: readText(traits['phone']) !== '',
    pricingViews: count(viewed('/pricing'), 7),
    comparisons: count(named('plans compared'), 7),
    docsViews: count(viewed('/docs'), 14),
    careersViews: count(viewed('/careers'), 30),
    demoRequests: demos.length,
    seats,
    trials: count(named('trial started'), 30),
    activeDays: new Set(
      tracks.filter(({ daysAgo }) => daysAgo <= 14).map(({ at }) => at.slice(0, 10)),
    ).size,
    usedFeatures: count(named('feature used'), 14),
    emailsOpened: count(named('email opened'), 30),
    unsubscribed: count(named('unsubscribed'), 90) > 0,
    daysSinceLast: Math.min(30, ...tracks.map(({ daysAgo }) => daysAgo)),
  };
}

const flag = (is: boolean): number => (is ? 1 : 0);
/** What a company whose size nobody told is taken for: it speaks neither for a lead nor against it. */
const USUAL_EMPLOYEES = 40;
/** The tenth view says less than the first. */
const damp = (count: number): number => Math.log1p(Math.min(count, 50));
const times = (count: number): string =>
  count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/**
 * All that the model looks at. Only what stands here reaches it: an event or trait that a colleague adds after the
 * outcome, such as `status: customer`, can not.
 */
export const FEATURES = {
  'company-size': {
    value: ({ employees }) => Math.log1p(Math.min(employees ?? USUAL_EMPLOYEES, 100_000)),
    words: ({ employees }) =>
      employees === undefined
        ? 'Company size not known'
        : `Company of ${whole.format(employees)} people`,
    talk: ({ employees }) =>
      employees !== undefined && employees >= 50 ? 'Ask who else would use it.' : '',
  },
  seniority: {
    value: ({ isSenior }) => flag(isSenior),
    words: ({ isSenior, title }) =>
      isSenior ? `Can decide, as ${plain(title, 30)}` : 'No senior title known',
  },
  'work-email': {
    value: ({ hasWorkEmail }) => flag(hasWorkEmail),
    words: ({ hasWorkEmail }) =>
      hasWorkEmail ? 'Writes from a work address' : 'Has no work address',
  },
  phone: {
    value: ({ hasPhone }) => flag(hasPhone),
    words: ({ hasPhone }) => (hasPhone ? 'Left a phone number' : 'Left no phone number'),
  },
  pricing: {
    value: ({ pricingViews }) => damp(pricingViews),
    words: ({ pricingViews }) =>
      pricingViews === 0
        ? 'No look at prices this week'
        : `Looked at prices ${times(pricingViews)} this week`,
    talk: ({ pricingViews }) => (pricingViews > 0 ? 'Ask which plan they have in mind.' : ''),
  },
  comparison: {
    value: ({ comparisons }) => damp(comparisons),
    words: ({ comparisons }) =>
      comparisons === 0
        ? 'Has compared no plans'
        : `Compared plans ${times(comparisons)} this week`,
    talk: ({ comparisons }) => (comparisons > 0 ? 'Say how the plans differ.' : ''),
  },
  docs: {
    value: ({ docsViews }) => damp(docsViews),
    words: ({ docsViews }) =>
      docsViews === 0 ? 'Has read no documentation' : `Read the documentation ${times(docsViews)}`,
    talk: ({ docsViews }) => (docsViews > 0 ? 'Ask what they want to build.' : ''),
  },
  careers: {
    value: ({ careersViews }) => damp(careersViews),
    words: ({ careersViews }) =>
      careersViews === 0 ? 'Not looking for a job' : `Read job offers ${times(careersViews)}`,
  },
  demo: {
    value: ({ demoRequests }) => flag(demoRequests > 0),
    words: ({ demoRequests }) => (demoRequests > 0 ? 'Asked for a demo' : 'Asked for no demo'),
    talk: ({ demoRequests }) => (demoRequests > 0 ? 'Offer a date for the demo.' : ''),
  },
  seats: {
    value: ({ seats }) => Math.log1p(Math.min(seats ?? 0, 10_000)),
    words: ({ seats }) =>
      seats === undefined ? 'Has named no seats' : `Asked for ${whole.format(seats)} seats`,
    talk: ({ seats }) =>
      seats === undefined ? '' : `Ask about the roll-out for ${whole.format(seats)} seats.`,
  },
  trial: {
    value: ({ trials }) => flag(trials > 0),
    words: ({ trials }) => (trials > 0 ? 'Has started a trial' : 'Has started no trial'),
    talk: ({ trials }) => (trials > 0 ? 'Ask how the trial goes.' : ''),
  },
  usage: {
    value: ({ usedFeatures }) => damp(usedFeatures),
    words: ({ usedFeatures }) =>
      usedFeatures === 0
        ? 'Has not used the product'
        : `Used the product ${times(usedFeatures)} in 2 weeks`,
    talk: ({ usedFeatures }) => (usedFeatures > 0 ? 'Ask what they use most.' : ''),
  },
  'active-days': {
    value: ({ activeDays }) => activeDays,
    words: ({ activeDays }) => `Here on ${activeDays} of the last 14 days`,
  },
  emails: {
    value: ({ emailsOpened }) => damp(emailsOpened),
    words: ({ emailsOpened }) =>
      emailsOpened === 0 ? 'Opened none of our emails' : `Opened our emails ${times(emailsOpened)}`,
  },
  unsubscribed: {
    value: ({ unsubscribed }) => flag(unsubscribed),
    words: ({ unsubscribed }) =>
      unsubscribed ? 'Unsubscribed from our emails' : 'Still gets our emails',
  },
  recency: {
    value: ({ daysSinceLast }) => Math.log1p(daysSinceLast),
    words: ({ daysSinceLast }) =>
      daysSinceLast < 1
        ? 'Was on the site today'
        : `Was here ${Math.floor(daysSinceLast)} days ago`,
  },
} as const satisfies Readonly<Record<string, Feature>>;

export type FeatureName = keyof typeof FEATURES;
/** In the order of a model's columns. */
export const FEATURE_NAMES = Object.keys(FEATURES) as readonly FeatureName[];

/** Returns what a model is given of a lead. */
export function featuresOf(known: Known): readonly number[] {
  return FEATURE_NAMES.map((name) => FEATURES[name].value(known));
}

/** Returns somebody's own words so that they can stand in a message: on one line, without links and markup, and short. */
export function plain(text: string, max: number): string {
  const letters = text
    .normalize('NFKC')
    .replace(/[^\p{L}\p{M}\p{N} .,'’&()+-]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return letters.length <= max ? letters : letters.slice(0, max - 1).trimEnd() + '.';
}

/** Returns a text of a payload, or nothing. */
export function readText(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** Returns a positive number of a payload, also of one that sends numbers as texts. */
function readNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? number : undefined;
}

function readRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined;
}
