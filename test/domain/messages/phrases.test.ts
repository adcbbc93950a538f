import { describe, expect, test } from 'vitest';
import {
  formatPhone,
  phraseAction,
  phraseAuthors,
  phraseContact,
  phraseDone,
  phraseNotice,
  phraseScore,
  phraseSummary,
  phraseUrgency,
} from '../../../src/domain/messages/phrases.ts';
import { cardOf, type HandoffCard } from '../../../src/domain/state.ts';
import { buildHandoff } from '../../support/builders.ts';

const reader = { timezone: 'America/New_York', now: '2026-11-23T15:00:00.000Z' };
const usual = cardOf(buildHandoff());

const withAction = (action: Partial<HandoffCard['action']>): HandoffCard => ({
  ...usual,
  action: { do: 'Call her', outcomes: [], ...action },
});

describe('phraseAction', () => {
  test.each([
    [undefined, 'Call her'],
    ['2026-11-23T15:05:00.000Z', 'Call her by 10:05'],
    ['2026-11-24T15:05:00.000Z', 'Call her by Tue 10:05'],
    ['2026-11-23T14:55:00.000Z', 'Call her (was due 09:55)'],
    // Due now is due.
    ['2026-11-23T15:00:00.000Z', 'Call her (was due 10:00)'],
  ])('due %s: %j', (dueAt, text) => {
    expect(phraseAction(withAction(dueAt === undefined ? {} : { dueAt }), reader)).toBe(text);
  });

  // It is 10:00 in New York, 09:00 in Chicago, 15:00 in London.
  test.each([
    [{ hours: '09:00-20:00', timezone: 'America/Chicago' }, 'Call her'],
    [
      { hours: '10:00-20:00', timezone: 'America/Chicago' },
      'Call her from 11:00 (10:00 their time)',
    ],
    [
      { hours: '08:00-15:00', timezone: 'Europe/London' },
      'Call her from Tue 03:00 (08:00 their time)',
    ],
    [{ hours: '12:00-13:00', timezone: 'America/Toronto' }, 'Call her from 12:00'],
    [{ hours: '12:00-13:00' }, 'Call her from 12:00'],
    [{ timezone: 'America/Chicago' }, 'Call her'],
  ])('says from when on a contact with %j may be called', (contact, text) => {
    expect(phraseAction(withAction({ contact }), reader)).toBe(text);
  });

  test('says when it may begin before when it must be done', () => {
    const contact = { hours: '12:00-18:00' };

    expect(phraseAction(withAction({ contact, dueAt: '2026-11-23T18:00:00.000Z' }), reader)).toBe(
      'Call her from 12:00 by 13:00',
    );
  });
});

test.each([
  [{ phone: '+15125550147', email: 'm@example.com' }, '+1 512 555 0147'],
  [{ email: 'm@example.com' }, 'm@example.com'],
  [{ name: 'Maria' }, undefined],
  [undefined, undefined],
])('the way to reach %j is %j', (contact, text) => {
  expect(phraseContact(withAction({ contact }))).toBe(text);
});

test.each([
  ['+15125550147', '+1 512 555 0147'],
  ['+442079460958', '+44 20 7946 0958'],
  // No country has these: left as they are rather than lost.
  ['+999999999999999', '+999999999999999'],
  ['extension 7', 'extension 7'],
])('writes the phone number %s as %s', (phone, text) => {
  expect(formatPhone(phone)).toBe(text);
});

test.each([
  [undefined, undefined],
  [{ value: 92 }, 'Score 92'],
  [{ value: 0, outOf: 10 }, 'Score 0/10'],
  [{ value: 92, outOf: 100, meaning: 'top 3 %' }, 'Score 92/100, top 3 %'],
  [{ value: 4.5, meaning: 'warm' }, 'Score 4.5, warm'],
])('phrases the score %j as %j', (score, text) => {
  const brief = { subject: 'Maria', summary: 'x', score };

  expect(phraseScore({ ...usual, brief })).toBe(text);
});

test.each([
  [[], 'done (KM47)'],
  [['reached'], 'done reached (KM47)'],
  [['reached', 'no-answer'], 'done reached, done no-answer (KM47)'],
])('the outcomes %j are said with %j', (outcomes, text) => {
  expect(phraseDone(withAction({ outcomes }), 'KM47')).toBe(text);
});

test.each([
  ['critical', 'CRITICAL'],
  ['urgent', 'URGENT'],
  ['routine', undefined],
] as const)('%s opens with %j', (urgency, text) => {
  expect(phraseUrgency({ ...usual, urgency })).toBe(text);
});

test.each([
  [0, undefined],
  [1, undefined],
  [2, '2nd notice'],
  [3, '3rd notice'],
  [4, '4th notice'],
  [11, '11th notice'],
  [12, '12th notice'],
  [13, '13th notice'],
  [20, '20th notice'],
  [21, '21st notice'],
  [22, '22nd notice'],
  [103, '103rd notice'],
  [111, '111th notice'],
])('counts notice %i as %j', (notice, text) => {
  expect(phraseNotice(notice)).toBe(text);
});

test.each([
  [undefined, undefined],
  [{ drawn: [] }, undefined],
  [{ drawn: ['facts'] }, undefined],
  [{ drawn: ['subject', 'facts'] }, 'Subject is drawn from the material by rules.'],
  [
    { drawn: ['subject', 'summary', 'action'] },
    'Subject, summary and action are drawn from the material by rules.',
  ],
  [
    { drawn: ['action'], model: { name: 'llama3.2', parts: ['summary'] } },
    'A language model (llama3.2) wrote summary, checked against the material; action is drawn from the material by rules.',
  ],
] as const)('who wrote it, %j, is said with %j', (written, text) => {
  expect(phraseAuthors({ ...usual, ...(written && { written }) })).toBe(text);
});

test.each([
  [['summary', 'action'], 'AI summary: '],
  [['action', 'facts'], 'AI wrote the action: '],
  [['facts'], ''],
] as const)('a text message says of a model that wrote %j: %j', (parts, text) => {
  const written = { drawn: [], model: { name: 'm', parts } };
  expect(phraseSummary({ ...usual, written })).toBe(`${text}${usual.brief.summary}`);
});
