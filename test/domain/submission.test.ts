import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { directorySchema } from '../../src/domain/directory.ts';
import { handoffRequestSchema } from '../../src/domain/handoff.ts';
import { policiesSchema } from '../../src/domain/policy.ts';
import { toCanonicalJson } from '../../src/domain/record.ts';
import { readSubmission } from '../../src/domain/submission.ts';
import { cleanProse } from '../../src/domain/text.ts';
import { buildSubmission } from '../support/samples.ts';

const world = {
  directory: directorySchema.parse({
    organisation: { timezone: 'America/New_York' },
    responders: { alice: { name: 'Alice Ng', phone: '+15005550010' } },
  }),
  policies: policiesSchema.parse({
    slow: {
      lastResort: { notify: ['alice'] },
      urgent: { tiers: [{ notify: ['alice'], ladder: ['sms'], escalateAfter: '10m' }] },
    },
  }),
};
const MATERIAL =
  'Maria Lopez: Hi\nMaria Lopez: Can we start with 40 seats and pay yearly?\nBot: No.';

function read(body: Readonly<Record<string, unknown>>) {
  return readSubmission({ policy: 'slow', urgency: 'urgent', ...body }, world);
}

function accept(body: Readonly<Record<string, unknown>>) {
  const submission = read(body);
  return 'faults' in submission ? expect.fail(JSON.stringify(submission)) : submission;
}

describe('a submission without material', () => {
  test('is the one that was sent', () => {
    const { body, sent, written, material } = accept(buildSubmission());
    expect(sent).toBe(body);
    expect([written, material]).toEqual([undefined, undefined]);
  });

  test('fault 22: is the same in whatever order its keys come', () => {
    const one = buildSubmission({ metadata: { crmId: '00Q8d', stage: 'new' } });
    const other = Object.fromEntries(
      Object.entries({ ...one, metadata: { stage: 'new', crmId: '00Q8d' } }).reverse(),
    );

    expect(toCanonicalJson(accept(other).sent)).toBe(toCanonicalJson(accept(one).sent));
  });

  test('fault 22: says in full among the details what is too long for its place', () => {
    const { brief, action } = buildSubmission();
    const subject = `Maria Lopez of ${'Acme '.repeat(30)}`.trim();
    const long = `Call Maria Lopez and ask ${'about '.repeat(30)}`.trim();
    const { body } = accept({
      brief: { ...brief, subject, details: 'The transcript.' },
      action: { ...action, do: long },
    });

    expect(body.brief.subject).toMatch(/^Maria Lopez of Acme .*…$/);
    expect(body.brief.details).toBe(
      `The transcript.\n\nSubject, in full: ${subject}\n\nAction, in full: ${long}`,
    );
  });

  test('needs its brief and its action', () => {
    expect(read({ brief: { subject: 'a' } })).toMatchObject({
      faults: [{ pointer: '/brief/summary' }, { pointer: '/action' }],
    });
  });
});

describe('a submission with material', () => {
  test('is one that could have been sent without, whatever the material', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom(
        '\nCustomer: ',
        'Name: ',
        'Company: ',
        'a@b.c ',
        '+1 512 555 0147 ',
        '"',
        '{"name":"',
      ),
      fc.constantFrom('A'.repeat(300), `Ab${'c'.repeat(30)} `.repeat(4), 'x@'.repeat(90)),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 20 }), (parts) => {
        const material = parts.join('');
        fc.pre(cleanProse(material) !== '' && Array.from(material).length <= 20_000);
        const { body } = accept({ material });
        const { details, ...brief } = body.brief;
        expect(details).toBe(cleanProse(material));
        expect(handoffRequestSchema.safeParse({ ...body, brief }).error).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test('needs nothing else: the rest is drawn from it', () => {
    const { body, sent, written, material } = accept({ material: MATERIAL });
    expect(body).toEqual({
      policy: 'slow',
      urgency: 'urgent',
      brief: {
        subject: 'Maria Lopez',
        summary: '"Can we start with 40 seats and pay yearly?"',
        details: MATERIAL,
      },
      action: { do: 'Read the conversation with Maria Lopez', contact: { name: 'Maria Lopez' } },
    });
    expect(written).toEqual({ drawn: ['subject', 'summary', 'action', 'facts', 'contact'] });
    expect(material).toBe(MATERIAL);
    expect(sent).toEqual({ policy: 'slow', urgency: 'urgent', material: MATERIAL });
  });

  test('keeps what its source says, each part by itself', () => {
    const facts = [{ label: 'Plan', value: 'Team' }];
    const contact = { name: 'M. Lopez', phone: '+15125550147' };
    const { body, written } = accept({
      material: MATERIAL,
      brief: { subject: 'Acme', facts, details: 'mine', origin: 'chat' },
      action: { within: '30m', contact, outcomes: ['reached'] },
    });
    expect(body.brief).toEqual({
      subject: 'Acme',
      summary: '"Can we start with 40 seats and pay yearly?"',
      facts,
      details: 'mine',
      origin: 'chat',
    });
    expect(body.action).toEqual({
      do: 'Call M. Lopez',
      within: 1_800_000,
      contact,
      outcomes: ['reached'],
    });
    expect(written).toEqual({ drawn: ['summary', 'action'] });
  });

  test('whose brief is whole is left as it is, with the material for its details', () => {
    const { body, written } = accept({ ...buildSubmission(), material: MATERIAL });
    expect(body.brief).toEqual({ ...buildSubmission().brief, details: MATERIAL });
    expect(body.brief.facts).toBeUndefined();
    expect(written).toBeUndefined();
  });

  test.each([
    ['a blank one', { material: '  ' }, '/material'],
    ['one that is too long', { material: 'a'.repeat(50_001) }, '/material'],
    ['one that is no text', { material: { events: [] } }, '/material'],
    ['what a source may not say', { material: MATERIAL, written: { drawn: [] } }, ''],
    [
      'two deadlines',
      { material: MATERIAL, action: { within: '5m', by: '2026-11-23T14:05:00Z' } },
      '/action/by',
    ],
    [
      'a contact with faults',
      { material: MATERIAL, action: { contact: { phone: '1' } } },
      '/action/contact/phone',
    ],
  ])('is refused for %s', (_, body, pointer) => {
    expect(read(body)).toMatchObject({ faults: [{ pointer }] });
  });
});
