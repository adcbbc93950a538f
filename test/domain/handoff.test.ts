import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  acceptRequest,
  durationSchema,
  handoffRequestSchema,
  phoneSchema,
  timezoneSchema,
  type HandoffRequest,
} from '../../src/domain/handoff.ts';
import { buildSubmission } from '../support/samples.ts';

type Json = Readonly<Record<string, unknown>>;

/** Lists the faults of a submission: `action.do: …`. */
function listFaults(submission: unknown): string[] {
  const parsed = handoffRequestSchema.safeParse(submission);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

/** Returns the usual submission with changes inside its brief or action. */
const withBrief = (changes: Json) =>
  buildSubmission({ brief: { ...buildSubmission().brief, ...changes } });
const withAction = (changes: Json) =>
  buildSubmission({ action: { ...buildSubmission().action, ...changes } });
const withContact = (contact: Json) => withAction({ contact });

describe('handoffRequestSchema', () => {
  test('lists every fault at once, each with its place', () => {
    const faults = listFaults({
      policy: '',
      urgency: 'loud',
      brief: { subject: '\n', summary: ' ', score: { value: 'high' }, colour: 'red' },
      action: { within: 'soon', contact: { phone: '512 555 0147', timezone: 'Mars/Olympus' } },
      asignee: 'alice',
    });

    expect(faults.map((fault) => fault.replace(/:.*/s, ''))).toEqual([
      'policy',
      'urgency',
      'brief.subject',
      'brief.summary',
      'brief.score.value',
      'brief',
      'action.do',
      'action.within',
      'action.contact.phone',
      'action.contact.timezone',
      '',
    ]);
  });

  test.each([
    ['an unknown field', buildSubmission({ asignee: 'alice' }), ': Unrecognized key: "asignee"'],
    ['one in the brief', withBrief({ title: 'x' }), 'brief: Unrecognized key: "title"'],
    ['one in the action', withAction({ due: '5m' }), 'action: Unrecognized key: "due"'],
    [
      'one in the contact',
      withContact({ mobile: 'x' }),
      'action.contact: Unrecognized key: "mobile"',
    ],
    [
      'an action of which nothing can be seen',
      withAction({ do: ' \n\u202e\ufeff' }),
      'action.do: must not be blank',
    ],
    [
      'a line break in a name that is compared',
      buildSubmission({ externalId: 'lead\n1' }),
      'externalId: must be a single line, without control characters, and not blank',
    ],
    [
      'two deadlines',
      withAction({ by: '2026-11-23T15:05:00Z' }),
      'action.by: give either within or by, not both',
    ],
    [
      'no duration',
      withAction({ within: 'soon' }),
      'action.within: "soon" is not a duration; write for example 90s, 5m, 1h30m, 7d or PT5M',
    ],
    [
      'too short a time',
      withAction({ within: '0s' }),
      'action.within: "0s" is out of range: at least 1 second, at most a year',
    ],
    [
      'too long a time',
      withAction({ within: '53w' }),
      'action.within: "53w" is out of range: at least 1 second, at most a year',
    ],
    [
      'hours that no clock shows',
      withContact({ hours: '08:00-25:99' }),
      'action.contact.hours: must look like 08:00-20:00',
    ],
    [
      'an outcome of two words',
      withAction({ outcomes: ['no answer'] }),
      'action.outcomes.0: must be a word in lower case, such as no-answer',
    ],
    [
      'too much metadata',
      buildSubmission({
        metadata: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`k${n}`, 'v'])),
      }),
      'metadata: at most 20 entries',
    ],
  ])('refuses %s', (_what, submission, fault) => {
    expect(listFaults(submission)).toEqual([fault]);
  });

  const letters = (count: number) => 'x'.repeat(count);
  const fact = { label: letters(40), value: letters(200) };

  test.each<[string, number, (size: number) => unknown]>([
    ['facts', 20, (size) => withBrief({ facts: Array.from({ length: size }, () => fact) })],
    ['outcome', 30, (size) => withAction({ outcomes: [letters(size)] })],
    ['outcomes', 10, (size) => withAction({ outcomes: Array.from({ length: size }, () => 'x') })],
    ['externalId', 200, (size) => buildSubmission({ externalId: letters(size) })],
    ['assignee', 80, (size) => buildSubmission({ assignee: letters(size) })],
    ['any text', 50_000, (size) => withBrief({ subject: letters(size) })],
  ])('%s holds %i and no more', (_what, most, submissionOf) => {
    expect(listFaults(submissionOf(most))).toEqual([]);
    expect(listFaults(submissionOf(most + 1))).toHaveLength(1);
  });

  test.each<[string, number, (text: string) => unknown, (request: HandoffRequest) => unknown]>([
    ['subject', 120, (subject) => withBrief({ subject }), ({ brief }) => brief.subject],
    ['summary', 2_000, (summary) => withBrief({ summary }), ({ brief }) => brief.summary],
    ['details', 20_000, (details) => withBrief({ details }), ({ brief }) => brief.details],
    ['origin', 80, (origin) => withBrief({ origin }), ({ brief }) => brief.origin],
    [
      'meaning',
      80,
      (meaning) => withBrief({ score: { value: 1, meaning } }),
      ({ brief }) => brief.score?.meaning,
    ],
    [
      'label',
      40,
      (label) => withBrief({ facts: [{ ...fact, label }] }),
      ({ brief }) => brief.facts?.[0]?.label,
    ],
    [
      'value',
      200,
      (value) => withBrief({ facts: [{ ...fact, value }] }),
      ({ brief }) => brief.facts?.[0]?.value,
    ],
    ['do', 100, (text) => withAction({ do: text }), ({ action }) => action.do],
    ['say', 300, (say) => withAction({ say }), ({ action }) => action.say],
    ['name', 80, (name) => withContact({ name }), ({ action }) => action.contact?.name],
  ])(
    'fault 22: %s holds %i characters; what is longer is taken, and cut',
    (_what, most, submissionOf, read) => {
      const [fits, long] = [letters(most), `${letters(most - 15)} ${letters(30)}`].map((text) =>
        read(handoffRequestSchema.parse(submissionOf(text))),
      );

      expect(fits).toBe(letters(most));
      expect(long).toBe(`${letters(most - 15)}…`);
    },
  );

  test.each([
    ['EST', 'America/New_York'],
    ['mst', 'America/Denver'],
    ['America/Chicago', 'America/Chicago'],
  ])('fault 21: a contact in %s has the clocks of %s', (timezone, expected) => {
    const { action } = handoffRequestSchema.parse(withContact({ timezone }));
    expect(action.contact?.timezone).toBe(expected);
  });

  test.each([
    ['a soft break of Word', 'Maria\u000bLopez', 'Maria Lopez'],
    ['a line break', 'Maria\r\nLopez', 'Maria Lopez'],
    ['NEL', 'Maria\u0085Lopez', 'Maria Lopez'],
    ['a line separator', 'Maria\u2028Lopez', 'Maria Lopez'],
    ['an override of direction', 'Maria \u202eLopez', 'Maria Lopez'],
    ['an isolate', 'Maria \u2066Lopez\u2069', 'Maria Lopez'],
    ['half a character', 'Maria \ud83d Lopez', 'Maria \ufffd Lopez'],
    ['a bell', 'Maria\u0007 Lopez', 'Maria Lopez'],
    ['a family and an accent', 'Zoë 👨‍👩‍👧 Łukasz', 'Zoë 👨‍👩‍👧 Łukasz'],
  ])('fault 15: %s in a line leaves one line that can be read', (_what, subject, read) => {
    expect(handoffRequestSchema.parse(withBrief({ subject })).brief.subject).toBe(read);
  });

  test('fault 15: the lines of a summary stay lines, and nothing else of it controls anything', () => {
    const summary = 'One\u000bTwo\u2028Reply 2\u0085Three\u202e\u0000 four';

    expect(handoffRequestSchema.parse(withBrief({ summary })).brief.summary).toBe(
      'One\nTwo\nReply 2\nThree  four',
    );
  });

  test('never throws, whatever is submitted', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(handoffRequestSchema.safeParse(value).success).toBe(false);
        handoffRequestSchema.safeParse(buildSubmission({ brief: value, action: value }));
      }),
    );
  });
});

test.each([
  ['+15125550147', true],
  ['+4479460958', true],
  ['+1 512 555 0147', false],
  ['15125550147', false],
  ['+05125550147', false],
  ['+123456', false],
  ['+1234567890123456', false],
  ['tel:+15125550147', false],
])('takes the phone number %j: %j', (text, isGood) => {
  expect(phoneSchema.safeParse(text).success).toBe(isGood);
});

test.each([
  ['America/New_York', true],
  ['UTC', true],
  ['Mars/Olympus', false],
  ['', false],
])('takes the time zone %j: %j', (text, isGood) => {
  expect(timezoneSchema.safeParse(text).success).toBe(isGood);
});

test('a duration is passed on in milliseconds', () => {
  expect(durationSchema.parse('PT5M')).toBe(300_000);
});

describe('acceptRequest', () => {
  const accepted = {
    id: 'hof_1',
    code: 'KM47',
    source: 'crm',
    submittedAt: '2026-11-23T15:00:00.000Z',
  };
  const accept = (submission: unknown) =>
    acceptRequest(handoffRequestSchema.parse(submission), accepted);

  test('keeps all of it, trimmed, with the deadline as an instant', () => {
    expect(
      accept(
        buildSubmission({
          externalId: ' lead-7 ',
          assignee: 'alice',
          metadata: { crmId: '00Q8d' },
        }),
      ),
    ).toEqual({
      ...accepted,
      externalId: 'lead-7',
      policy: 'slow',
      urgency: 'urgent',
      brief: buildSubmission().brief,
      action: {
        do: 'Call Maria Lopez',
        dueAt: '2026-11-23T15:05:00.000Z',
        contact: { name: 'Maria Lopez', phone: '+15125550147' },
        outcomes: ['reached', 'no-answer', 'bad-lead'],
      },
      metadata: { crmId: '00Q8d' },
    });
  });

  test.each([
    [{ within: '1h' }, '2026-11-23T16:00:00.000Z'],
    [{ by: '2026-11-24T09:00:00+02:00' }, '2026-11-24T07:00:00.000Z'],
    [{ by: '2026-11-24T09:00:00.5Z' }, '2026-11-24T09:00:00.500Z'],
    [{}, undefined],
  ])('a deadline given as %j is %s', (deadline, dueAt) => {
    const { action } = accept(buildSubmission({ action: { do: 'Call', ...deadline } }));

    expect(action).toEqual({ do: 'Call', outcomes: [], ...(dueAt && { dueAt }) });
  });

  test('every instant the schema lets through can be accepted', () => {
    const number = (max: number) => fc.nat(max).map((n) => String(n).padStart(2, '0'));
    const instant = fc
      .tuple(
        number(13),
        number(32),
        number(25),
        number(61),
        fc.constantFrom('Z', '+14:00', '-25:00'),
      )
      .map(
        ([month, day, hour, minute, zone]) => `2028-${month}-${day}T${hour}:${minute}:00${zone}`,
      );
    fc.assert(
      fc.property(instant, (by) => {
        const parsed = handoffRequestSchema.safeParse(
          buildSubmission({ action: { do: 'Call', by } }),
        );
        if (parsed.success)
          expect(acceptRequest(parsed.data, accepted).action.dueAt).toBe(
            new Date(by).toISOString(),
          );
      }),
      { numRuns: 500 },
    );
  });
});
