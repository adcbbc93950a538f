/*
 * An invented market: leads, what they do, and what came of them. Nothing of it is used outside of tests, figures and the
 * first start; the model sees the events only.
 *
 * A lead has a need that nobody sees. It makes them look at prices, compare, ask for a demo, try the product. Whether a call
 * is worth it is drawn from log-odds that weigh what they did and who they are (`MARKETS`), with an interaction that a
 * straight line cannot follow, and with
 *  - causes that nobody can see: normal noise on the log-odds (`unseen`),
 *  - slips of those who report outcomes: reached and bad-lead exchanged (`slips`),
 *  - traits that were never given (`gaps`).
 * `drift` 0 is the market as it was, 1 another one: small teams that try the product by themselves buy, and those who look at
 * prices and ask for demos do not any more.
 */
import {
  randomBernoulli,
  randomExponential,
  randomInt,
  randomLcg,
  randomLogNormal,
  randomNormal,
  randomPoisson,
} from 'd3-random';
import type { LeadEvent } from './events.ts';
import { sigmoid } from './logistic.ts';
import type { Label, Outcome } from './outcomes.ts';

/** How far outcomes are from what can be seen. */
export const NOISE = {
  low: { unseen: 0.5, slips: 0.01, gaps: 0.05 },
  medium: { unseen: 1, slips: 0.04, gaps: 0.15 },
  high: { unseen: 2, slips: 0.1, gaps: 0.3 },
} as const;
export type Noise = keyof typeof NOISE;

/** What a market pays for, in log-odds. */
interface Market {
  readonly base: number;
  readonly demo: number;
  readonly pricing: number;
  readonly comparison: number;
  readonly size: number;
  readonly senior: number;
  readonly work: number;
  readonly docs: number;
  readonly trial: number;
  readonly usage: number;
  readonly careers: number;
  readonly unsubscribed: number;
  readonly seniorDemo: number;
}

const MARKETS: { readonly before: Market; readonly after: Market } = {
  before: {
    ...{ base: -2.4, demo: 1.1, pricing: 0.9, comparison: 0.8, size: 0.55, senior: 0.8, work: 0.7 },
    ...{ docs: 0.1, trial: 0.2, usage: 0.25, careers: -1.6, unsubscribed: -1.4, seniorDemo: 0.8 },
  },
  after: {
    ...{
      base: -0.9,
      demo: -0.4,
      pricing: -0.5,
      comparison: 0,
      size: -0.6,
      senior: -0.4,
      work: 0.1,
    },
    ...{ docs: 0.6, trial: 0.9, usage: 0.9, careers: -0.6, unsubscribed: -0.6, seniorDemo: 0 },
  },
};

/** One invented lead. */
export interface InventedLead {
  readonly id: string;
  readonly events: readonly LeadEvent[];
  /** When it is decided whether to call. */
  readonly asOf: string;
  readonly label: Label;
}

export interface InventOptions {
  readonly seed: number;
  readonly count: number;
  /** The last lead is decided about then; the first so many days before. */
  readonly until: string;
  readonly days: number;
  readonly noise?: Noise;
  /** 0 to 1. */
  readonly drift?: number;
}

const DAY_MS = 86_400_000;
const FIRST =
  'Maria Tomas Aisha Jonas Mei Pedro Nora Ivan Leila Sam Greta Omar Yuki Paula Karl'.split(' ');
const LAST =
  'Lopez Berg Khan Weber Chen Silva Larsen Petrov Haddad Reed Olsen Farah Sato Rossi Braun'.split(
    ' ',
  );
const COMPANY = 'Acme Nordlys Bluefin Harrow Quanta Lumen Fjord Tessera Orbit Maple'.split(' ');
const KIND = ['Corp', 'AS', 'Labs', 'Group', 'Works'];
const SENIOR = ['CEO', 'Head of Operations', 'VP Sales', 'Founder', 'Director of IT'];
const JUNIOR = ['Analyst', 'Assistant', 'Engineer', 'Student', 'Consultant'];
const ZONES = [
  ['America/Chicago', '+1512555'],
  ['America/New_York', '+1212555'],
  ['America/Los_Angeles', '+1213555'],
  ['America/Denver', '+1303555'],
] as const;

/** Yields invented leads, in the order of time; the same for the same options. */
export function* inventLeads(options: InventOptions): Generator<InventedLead, void, void> {
  const { seed, count, until, days, noise = 'medium', drift = 0 } = options;
  const source = randomLcg(seed);
  const market = blend(drift);
  const end = Date.parse(until);
  for (let index = 0; index < count; index += 1) {
    const asOf = end - (days * DAY_MS * (count - 1 - index)) / count;
    yield inventLead(`invented-${seed}-${index}`, asOf, source, market, NOISE[noise]);
  }
}

function inventLead(
  id: string,
  asOf: number,
  source: () => number,
  market: Market,
  { unseen, slips, gaps }: (typeof NOISE)[Noise],
): InventedLead {
  const normal = randomNormal.source(source)();
  const chance = (probability: number): boolean =>
    randomBernoulli.source(source)(probability)() === 1;
  const count = (mean: number): number => Math.min(randomPoisson.source(source)(mean)(), 40);
  const pick = <T>(from: readonly T[]): T => from[randomInt.source(source)(from.length)()] as T;

  const need = normal();
  const employees = Math.max(1, Math.round(randomLogNormal.source(source)(3.7, 1.3)()));
  const size = Math.log1p(employees) - 3.7;
  const isSenior = chance(0.25);
  const isWork = chance(sigmoid(0.5 + 0.5 * size));
  const isJobSeeker = chance(0.08);
  const isDemo = chance(sigmoid(-1.8 + need));
  const isTrial = chance(sigmoid(-1 + 0.5 * need));
  const done = {
    pricing: count(Math.exp(-0.2 + 0.6 * need)),
    comparison: count(Math.exp(-1 + 0.7 * need)),
    docs: count(Math.exp(0.2 + 0.3 * need)),
    usage: isTrial ? count(Math.exp(1 + 0.6 * normal())) : 0,
    careers: count(isJobSeeker ? 3 : 0.1),
    emails: count(Math.exp(0.2 + 0.3 * need)),
    unsubscribed: chance(sigmoid(-3 - 0.5 * need)) ? 1 : 0,
  };
  const logit =
    market.base +
    market.demo * Number(isDemo) +
    market.pricing * Math.log1p(done.pricing) +
    market.comparison * Math.log1p(done.comparison) +
    market.size * size +
    market.senior * Number(isSenior) +
    market.work * Number(isWork) +
    market.docs * Math.log1p(done.docs) +
    market.trial * Number(isTrial) +
    market.usage * Math.log1p(done.usage) +
    market.careers * Math.log1p(done.careers) +
    market.unsubscribed * done.unsubscribed +
    market.seniorDemo * Number(isSenior && isDemo) +
    unseen * normal();
  const isGood = chance(sigmoid(logit)) !== chance(slips);

  const first = pick(FIRST);
  const last = pick(LAST);
  const company = `${pick(COMPANY)} ${pick(KIND)}`;
  const [timezone, area] = pick(ZONES);
  const domain = isWork ? `${company.toLowerCase().replaceAll(' ', '-')}.example` : 'gmail.com';
  const traits = {
    name: `${first} ${last}`,
    email: `${first}.${last}@${domain}`.toLowerCase(),
    timezone,
    company: { name: company },
    ...(chance(1 - gaps) && { employees }),
    ...(chance(1 - gaps) && { title: pick(isSenior ? SENIOR : JUNIOR) }),
    ...(chance(0.9) && {
      phone: `${area}01${String(randomInt.source(source)(100)()).padStart(2, '0')}`,
    }),
  };

  const events: LeadEvent[] = [];
  const add = (
    at: number,
    type: LeadEvent['type'],
    name: string,
    data: LeadEvent['data'],
  ): void => {
    const instant = new Date(at).toISOString();
    const messageId = `${id}-${events.length}`;
    events.push({ messageId, lead: id, type, name, at: instant, receivedAt: instant, data });
  };
  /** Most of it happened in the last days, and all of it before the decision. */
  const before = (maxDays: number): number => {
    const daysAgo = randomExponential.source(source)(1 / 2.5)();
    return asOf - Math.max(60_000, Math.min(daysAgo, maxDays) * DAY_MS);
  };
  add(asOf - 14 * DAY_MS, 'identify', '', traits);
  const repeat = (times: number, maxDays: number, name: string, data: LeadEvent['data']): void => {
    for (let time = 0; time < times; time += 1) add(before(maxDays), 'track', name, data);
  };
  repeat(done.pricing, 6.9, 'Page Viewed', { path: '/pricing' });
  repeat(done.comparison, 6.9, 'Plans Compared', { plans: ['Pro', 'Team'] });
  repeat(done.docs, 13, 'Page Viewed', { path: '/docs/start' });
  repeat(done.careers, 13, 'Page Viewed', { path: '/careers' });
  repeat(done.usage, 13, 'Feature Used', { feature: 'board' });
  repeat(done.emails, 13, 'Email Opened', {});
  repeat(done.unsubscribed, 13, 'Unsubscribed', {});
  repeat(Number(isTrial), 13, 'Trial Started', {});
  const seats = Math.max(2, Math.round(employees * (0.05 + 0.4 * source())));
  repeat(Number(isDemo), 6.9, 'Demo Requested', { seats });

  const at = asOf + (1 + 47 * source()) * 3_600_000;
  const outcome: Outcome = chance(0.12)
    ? 'no-answer'
    : chance(0.03)
      ? 'duplicate'
      : isGood
        ? 'reached'
        : 'bad-lead';
  // What colleagues note down afterwards tells the outcome: a model that saw it would be useless.
  if (outcome === 'reached') {
    add(at + 60_000, 'track', 'Demo Requested', { seats: 500 });
    add(at + 60_000, 'identify', '', { title: 'CEO', status: 'customer', employees: 5_000 });
  }
  const label = {
    key: `invented:${id}`,
    lead: id,
    asOf: new Date(asOf).toISOString(),
    at: new Date(at).toISOString(),
    outcome,
  };
  return { id, events, asOf: label.asOf, label };
}

function blend(drift: number): Market {
  const { before, after } = MARKETS;
  const mix = (key: keyof Market): number => before[key] * (1 - drift) + after[key] * drift;
  return Object.fromEntries(
    (Object.keys(before) as (keyof Market)[]).map((key) => [key, mix(key)]),
  ) as unknown as Market;
}
