import type { Submission as AnySubmission } from 'baton/client';
import { DateTime } from 'luxon';
import type { Contact } from './contact.ts';
import type { LeadEvent } from './events.ts';
import { plain, type Known } from './features.ts';
import { strongest, type Model, type Score } from './model.ts';
import { OUTCOMES } from './outcomes.ts';

/** A submission that is written here, not by Baton from raw material. */
type Submission = Exclude<AnySubmission, { material: string }>;

/** What a handoff is made from. */
export interface Case {
  readonly externalId: string;
  readonly lead: string;
  readonly contact: Contact;
  readonly known: Known;
  readonly events: readonly LeadEvent[];
  readonly score: Score;
  readonly model: Model;
  readonly urgency: 'urgent' | 'routine';
  /** It was drawn from the leads that the model thinks little of. */
  readonly isSample: boolean;
  readonly now: string;
}

export interface BriefOptions {
  readonly policy: string;
  readonly callbackUrl: string;
  /** Such as `09:00-18:00`, on the lead's clock. */
  readonly hours: string;
}

const CALL_WITHIN = { minutes: 15 };

/** Returns the lead as Baton is told of it: what stands here is all that whoever calls will know. */
export function describeLead(
  about: Case,
  { policy, callbackUrl, hours }: BriefOptions,
): Submission {
  const { externalId, lead, contact, urgency, model, now } = about;
  const { name, phone, email, timezone } = contact;
  const talk = strongest(about.score, 5)
    .map((reason) => reason.talk)
    .filter((text, index, all) => text !== '' && all.indexOf(text) === index)
    .slice(0, 3)
    .join(' ');
  return {
    externalId,
    policy,
    urgency,
    brief: describeScore(about),
    action: {
      do: phone === undefined ? `Email ${name}` : `Call ${name}`,
      within: within(urgency, { now, timezone, hours }),
      contact: {
        name,
        ...(phone !== undefined && { phone, hours }),
        ...(email !== undefined && { email }),
        timezone,
      },
      say: talk || 'Ask what they are looking for.',
      outcomes: [...OUTCOMES],
    },
    callbackUrl,
    metadata: { lead: plain(lead, 100) || 'unknown', model: model.version },
  };
}

/** Returns the brief alone: what changes when the lead does more. */
export function describeScore(about: Case): Submission['brief'] {
  const { contact, known, score, events, model } = about;
  const { name, company, title } = contact;
  const percent = Math.round(score.probability * 100);
  const facts = [
    ['Company', company],
    ['Title', title],
    ['Employees', known.employees === undefined ? '' : String(known.employees)],
    ['Seats asked for', known.seats === undefined ? '' : String(known.seats)],
    ['Looks at prices, 7 days', String(known.pricingViews)],
    ['Trial', known.trials > 0 ? 'started' : 'none'],
  ] as const;
  return {
    subject: company === '' ? name : `${name}, ${company}`,
    summary: summarise(about),
    score: {
      value: percent,
      outOf: 100,
      meaning: `${percent} % of such leads pay off`,
    },
    origin: 'website',
    facts: facts.filter(([, value]) => value !== '').map(([label, value]) => ({ label, value })),
    details: [
      `Why: ${strongest(score)
        .map(({ words, logOdds }) => `${logOdds > 0 ? '' : 'against it '}${lower(words)}`)
        .join('; ')}.`,
      `Hotter than ${score.percentile} of 100 leads. Model ${model.version}, trained ${model.trainedAt.slice(0, 10)}.`,
      'What moved the score, in log-odds:',
      ...score.contributions
        .slice(0, 8)
        .map(({ words, logOdds }) => `${logOdds > 0 ? '+' : ''}${logOdds.toFixed(2)}  ${words}`),
      '',
      'What they did last (UTC):',
      ...events
        .filter(({ type }) => type === 'track')
        .slice(-20)
        .map(({ at, name: what, data }) =>
          `${at.slice(0, 16).replace('T', ' ')}  ${plain(what, 60)} ${plain(typeof data['path'] === 'string' ? data['path'] : '', 60)}`.trimEnd(),
        ),
    ].join('\n'),
  };
}

/** The reasons, as many as a text message has room for beside the names: what is left out stands in the details. */
function summarise({ score, contact: { name, company }, isSample }: Case): string {
  const sentences = [
    ...strongest(score).map(({ words, logOdds }) =>
      logOdds > 0 ? `${words}.` : `But: ${lower(words)}.`,
    ),
    ...(isSample ? ['Drawn by lot, to learn from.'] : []),
  ];
  // Letters beyond the GSM alphabet make a message shorter by a few words.
  const isPlain = /^[\x20-\x7e]*$/.test(name + company);
  const room = (isPlain ? 130 : 95) - 2 * name.length - company.length;
  const [first = '', ...others] = sentences;
  return others.reduce(
    (text, sentence) => (text.length + sentence.length < room ? `${text} ${sentence}` : text),
    first,
  );
}

/** Returns a submission that waited for Baton, with as much time as it would get now; undefined when it is none of ours. */
export function renewDeadline(submission: unknown, now: string): Submission | undefined {
  const { action, urgency } = submission as Submission;
  const { timezone, hours = '00:00-23:59' } = action.contact ?? {};
  if (timezone === undefined || urgency === 'critical') return undefined;
  return {
    ...(submission as Submission),
    action: { ...action, within: within(urgency, { now, timezone, hours }) },
  };
}

/** From when Baton accepts it, which may be later than now. */
function within(urgency: 'urgent' | 'routine', clock: Parameters<typeof dueAt>[1]): string {
  const ms = Date.parse(dueAt(urgency, clock)) - Date.parse(clock.now);
  return `PT${Math.ceil(ms / 60_000)}M`;
}

/**
 * Returns by when: within a quarter of an hour of the lead's next open minute for urgent work, by the end of the next but one
 * working day of the lead for routine work.
 */
export function dueAt(
  urgency: 'urgent' | 'routine',
  {
    now,
    timezone,
    hours,
  }: { readonly now: string; readonly timezone: string; readonly hours: string },
): string {
  const [open = '', close = ''] = hours.split('-');
  const local = DateTime.fromISO(now, { zone: timezone });
  if (urgency === 'urgent') {
    const opens = at(local, open);
    const lastCall = at(local, close).minus(CALL_WITHIN);
    const from =
      local < opens ? opens : local <= lastCall ? local : at(local.plus({ days: 1 }), open);
    return toInstant(from.plus(CALL_WITHIN));
  }
  let day = local;
  for (let workingDays = 0; workingDays < 2;) {
    day = day.plus({ days: 1 });
    if (day.weekday <= 5) workingDays += 1;
  }
  return toInstant(at(day, close));
}

function at(day: DateTime, time: string): DateTime {
  const [hour = '0', minute = '0'] = time.split(':');
  return day.set({ hour: Number(hour), minute: Number(minute), second: 0, millisecond: 0 });
}

function toInstant(time: DateTime): string {
  return new Date(time.toMillis()).toISOString();
}

function lower(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}
