import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadOrganisation } from '../../../src/directory/load.ts';
import { Agendas } from '../../../src/domain/availability/agenda.ts';
import { createSituation } from '../../../src/domain/availability/situation.ts';
import { acceptRequest, handoffRequestSchema } from '../../../src/domain/handoff.ts';
import { snapshotPolicy } from '../../../src/domain/policy.ts';
import { reviewSubmission } from '../../../src/domain/preview.ts';
import { describeLead, dueAt, renewDeadline } from '../src/brief.ts';
import { contactOf } from '../src/contact.ts';
import { readPayload, type LeadEvent } from '../src/events.ts';
import { knownAsOf } from '../src/features.ts';
import { scoreLead } from '../src/model.ts';
import { invent, trainModel } from './invented.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** The one of `npm run dev`. */
const { directory, policies } = loadOrganisation({
  directory: `${root}config/directory.yaml`,
  policies: `${root}config/policies.yaml`,
});
const USUAL = { timezone: 'America/New_York', country: 'US' };
const OPTIONS = {
  policy: 'inbound-sales',
  callbackUrl: 'http://127.0.0.1:3300/hooks/baton',
  hours: '09:00-18:00',
};
const leads = invent({ count: 3_000 });
const model = trainModel(leads);

function describeEvents(
  events: readonly LeadEvent[],
  now: string,
  urgency: 'urgent' | 'routine' = 'urgent',
) {
  const contact = contactOf(events, USUAL);
  if (!contact) throw new Error('no contact');
  const known = knownAsOf(events, now);
  const score = scoreLead(model, known);
  return describeLead(
    {
      externalId: 'lead-1',
      lead: 'a',
      contact,
      known,
      events,
      score,
      model,
      urgency,
      isSample: false,
      now,
    },
    OPTIONS,
  );
}

function review(submission: ReturnType<typeof describeEvents>, submittedAt: string) {
  const request = handoffRequestSchema.parse(submission);
  const rules = policies[request.policy];
  const policy = rules && snapshotPolicy(request.policy, rules, request);
  if (!policy) throw new Error('no policy');
  const accepted = { id: 'hof_1', code: 'KM47', source: 'leads', submittedAt };
  const handoff = acceptRequest(request, accepted);
  return reviewSubmission({ handoff, policy }, new Agendas(directory, createSituation())).findings;
}

describe('the design test has nothing against', () => {
  test.each([0, 3, 6, 9, 12, 15, 18, 21])('leads at %i o’clock UTC, on any day', (hour) => {
    for (const [index, { events, asOf }] of leads.slice(0, 120).entries()) {
      const now = new Date(
        Date.parse(`${asOf.slice(0, 10)}T00:00:00.000Z`) + hour * 3_600_000 + 86_400_000,
      ).toISOString();
      const seen = events.filter(({ at }) => at < asOf);
      const urgency = index % 2 === 0 ? 'urgent' : 'routine';
      const submission = describeEvents(seen, now, urgency);
      expect({ submission, findings: review(submission, now) }).toEqual({
        submission,
        findings: [],
      });
    }
  });

  test.each(['Łukasz Żółtowski', 'Jo', 'Maria Magdalena von und zu Hohenstein'])(
    'a lead who is called %s',
    (name) => {
      for (const { events, asOf } of leads.slice(0, 60)) {
        const renamed = events.map((event) =>
          event.type === 'identify' ? { ...event, data: { ...event.data, name } } : event,
        );
        const submission = describeEvents(renamed, asOf);
        expect({ submission, findings: review(submission, asOf) }).toEqual({
          submission,
          findings: [],
        });
      }
    },
  );

  test('a lead whose traits are made to trip it up', () => {
    const at = '2026-11-23T15:00:00.000Z';
    const hostile = '<b>URGENT</b> {{name}}\nhttp://evil.example/x?a=1 🔥 '.repeat(6);
    const incoming = readPayload(
      {
        type: 'identify',
        userId: hostile.slice(0, 190),
        timestamp: '2026-11-23T14:00:00Z',
        traits: {
          name: hostile,
          email: 'a@b.example',
          title: `CEO ${hostile}`,
          phone: '+15125550147',
          company: { name: hostile, employees: '1e9' },
          timezone: '../../etc',
        },
      },
      at,
    );
    const submission = describeEvents([incoming.event], at);
    expect(review(submission, at)).toEqual([]);
    expect(JSON.stringify({ ...submission.brief, details: '' })).not.toMatch(
      /<b>|[{]{2}n|evil.example\/|🔥/,
    );
    expect(submission.action.contact?.timezone).toBe('America/New_York');
  });
});

test('the brief says how many of a hundred such leads were worth it, why, and what to say', () => {
  const hot = readPayload(
    {
      type: 'identify',
      userId: 'maria',
      timestamp: '2026-11-23T14:00:00Z',
      traits: {
        name: 'Maria Lopez',
        title: 'Head of Operations',
        email: 'maria@acme.example',
        phone: '(512) 555-0147',
        timezone: 'America/Chicago',
        company: { name: 'Acme Corp', employees: 240 },
      },
    },
    '2026-11-23T15:00:00.000Z',
  ).event;
  const demo = readPayload(
    { type: 'track', userId: 'maria', event: 'Demo Requested', properties: { seats: 40 } },
    '2026-11-23T15:00:00.000Z',
  ).event;
  const { brief, action } = describeEvents([hot, demo], '2026-11-23T15:00:01.000Z');
  expect(brief.subject).toBe('Maria Lopez, Acme Corp');
  expect(brief.score?.meaning).toBe(`${brief.score?.value} % of such leads pay off`);
  expect(brief.facts).toContainEqual({ label: 'Seats asked for', value: '40' });
  expect(action).toMatchObject({
    do: 'Call Maria Lopez',
    within: 'PT15M',
    contact: { phone: '+15125550147', timezone: 'America/Chicago', hours: '09:00-18:00' },
    outcomes: ['reached', 'no-answer', 'bad-lead', 'duplicate'],
  });
  expect(action.say).toMatch(/demo|seats|who else/);
});

test('who left an address only is written to, and who left neither cannot be handed off', () => {
  const event = (traits: Record<string, unknown>) =>
    readPayload({ type: 'identify', userId: 'a', traits }, '2026-11-23T15:00:00.000Z').event;
  const byMail = describeEvents(
    [event({ name: 'Ann Lee', email: 'ann@b.example' })],
    '2026-11-23T15:00:01.000Z',
  );
  expect(byMail.action.do).toBe('Email Ann Lee');
  expect(contactOf([event({ name: 'Ann Lee', phone: '12', email: 'no' })], USUAL)).toBeUndefined();
});

describe('the deadline', () => {
  const zone = 'America/New_York';
  test.each([
    ['urgent', 'within the hours', '2026-11-23T15:00:00.000Z', '2026-11-23T15:15:00.000Z'],
    ['urgent', 'before them', '2026-11-23T11:00:00.000Z', '2026-11-23T14:15:00.000Z'],
    ['urgent', 'after them', '2026-11-23T23:30:00.000Z', '2026-11-24T14:15:00.000Z'],
    ['urgent', 'too near their end', '2026-11-23T22:50:00.000Z', '2026-11-24T14:15:00.000Z'],
    [
      'urgent',
      'the night the clocks go back',
      '2026-11-01T03:00:00.000Z',
      '2026-11-01T14:15:00.000Z',
    ],
    ['routine', 'on a Monday', '2026-11-23T15:00:00.000Z', '2026-11-25T23:00:00.000Z'],
    ['routine', 'on a Friday', '2026-11-27T15:00:00.000Z', '2026-12-01T23:00:00.000Z'],
  ] as const)('of %s work %s', (urgency, _when, now, expected) => {
    expect(dueAt(urgency, { now, timezone: zone, hours: '09:00-18:00' })).toBe(expected);
  });

  test('is renewed for what had to wait for Baton', () => {
    const events = leads[0]?.events ?? [];
    const submission = describeEvents(events, '2026-11-23T15:00:00.000Z');
    const renewed = renewDeadline(submission, '2026-11-24T02:00:00.000Z');
    expect(renewed?.action.within).not.toBe(submission.action.within);
    expect(review(renewed as typeof submission, '2026-11-24T02:00:00.000Z')).toEqual([]);
  });
});
