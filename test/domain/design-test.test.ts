import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadOrganisation } from '../../src/directory/load.ts';
import { Agendas } from '../../src/domain/availability/agenda.ts';
import { createSituation } from '../../src/domain/availability/situation.ts';
import {
  reviewHandoff,
  RULE_IDS,
  type Finding,
  type FirstNotice,
  type RuleId,
  type Severity,
} from '../../src/domain/design-test.ts';
import { directorySchema, type Directory } from '../../src/domain/directory.ts';
import { acceptRequest, handoffRequestSchema, type Handoff } from '../../src/domain/handoff.ts';
import { policiesSchema, snapshotPolicy, type EscalationPolicy } from '../../src/domain/policy.ts';
import { reviewSubmission } from '../../src/domain/preview.ts';

type Json = Readonly<Record<string, unknown>>;

const ROOT = join(import.meta.dirname, '../..');
const DOCS = readFileSync(join(ROOT, 'docs/design-test.md'), 'utf8');

/** A Monday, ten in the morning in New York. */
const SUBMITTED_AT = '2026-11-23T15:00:00.000Z';
/** The same day, two at night. */
const AT_NIGHT = '2026-11-23T07:00:00.000Z';

/** Returns a value with changes merged over it as RFC 7396 says: null takes a field out. */
function merge(target: unknown, changes: unknown): unknown {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) return changes;
  const merged = new Map(
    Object.entries(typeof target === 'object' && target !== null ? target : {}),
  );
  for (const [key, change] of Object.entries(changes)) {
    if (change === null) merged.delete(key);
    else merged.set(key, merge(merged.get(key), change));
  }
  return Object.fromEntries(merged);
}

interface Block {
  readonly language: string;
  readonly content: unknown;
}

function listBlocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(json|yaml)\n(.*?)^```$/gms)].map(
    ([, language = '', text = '']) => ({
      language,
      content: language === 'json' ? (JSON.parse(text) as unknown) : (parse(text) as unknown),
    }),
  );
}

const [intro = '', ...sections] = DOCS.split(/^### /m);
const [base, directoryOfDocs, policyOfDocs] = listBlocks(intro).map(({ content }) => content);
const directory = directorySchema.parse(directoryOfDocs);

interface Submitted {
  readonly handoff: Handoff;
  readonly policy: EscalationPolicy;
}

/** Submits the handoff of the docs with changes to it and to its policy, and an urgency `critical` besides. */
function submit(changes: unknown, policyChanges: unknown = {}, at = SUBMITTED_AT): Submitted {
  const critical = (policyOfDocs as { urgent: unknown }).urgent;
  const rules = merge({ ...(policyOfDocs as Json), critical }, policyChanges);
  return submitTo({ 'inbound-sales': rules }, merge(base, changes), at);
}

function submitTo(policies: unknown, submission: unknown, at = SUBMITTED_AT): Submitted {
  const request = handoffRequestSchema.parse(submission);
  const rules = policiesSchema.parse(policies)[request.policy];
  const policy = rules && snapshotPolicy(request.policy, rules, request);
  if (!policy) throw new Error(`no policy ${request.policy} for ${request.urgency}`);
  const accepted = { id: 'hof_1', code: 'KM47', source: 'crm', submittedAt: at };
  return { handoff: acceptRequest(request, accepted), policy };
}

/** Returns the findings on a submission, the first message found by a dry run. */
const review = (submitted: Submitted, people: Directory = directory) =>
  reviewSubmission(submitted, new Agendas(people, createSituation())).findings;
const listIds = (findings: readonly Finding[]): RuleId[] => findings.map(({ id }) => id);

interface Example {
  readonly submission: unknown;
  readonly policy: unknown;
}

interface Section {
  readonly id: string;
  readonly severities: string;
  readonly bad: Example;
  readonly good: Example;
}

function readExample(markdown: string): Example {
  const blocks = listBlocks(markdown);
  const find = (language: string): unknown =>
    blocks.find((block) => block.language === language)?.content ?? {};
  if (blocks.length === 0) throw new Error(`no example in: ${markdown.slice(0, 80)}`);
  return { submission: find('json'), policy: find('yaml') };
}

const examples = sections.map((section): Section => {
  const [, id = '', severities = ''] = /^`([a-z-]+)`: (.*)$/m.exec(section) ?? [];
  const [, bad = '', good = ''] = section.split(/^(?:Bad|Good):$/m);
  return { id, severities, bad: readExample(bad), good: readExample(good) };
});

describe('the examples of docs/design-test.md', () => {
  test('there is one of each rule', () => {
    expect(examples.map(({ id }) => id).toSorted()).toEqual([...RULE_IDS].toSorted());
  });

  test('nothing is wrong with their base', () => {
    expect(review(submit({}))).toEqual([]);
  });

  test.each(examples)('$id: the bad one is found', ({ id, severities, bad }) => {
    const found = review(submit(bad.submission, bad.policy)).find((one) => one.id === id);

    expect(found?.id).toBe(id);
    expect(severities).toContain(found?.severity);
  });

  test.each(examples)('$id: the good one is good', ({ good }) => {
    expect(review(submit(good.submission, good.policy))).toEqual([]);
  });
});

/** Returns a submission from its parts, policy `inbound-sales`. */
function compose(
  urgency: Handoff['urgency'],
  instruction: string,
  within: string,
  brief: Json,
  action: Json = {},
): Json {
  return {
    policy: 'inbound-sales',
    urgency,
    brief,
    action: { do: instruction, within, ...action },
  };
}

const GOOD: readonly Json[] = [
  compose(
    'urgent',
    'Call Maria Lopez',
    'PT5M',
    {
      subject: 'Maria Lopez, Acme Corp',
      summary: 'On the pricing page for ten minutes, then asked the chat for a call today.',
      score: { value: 92, outOf: 100, meaning: 'top 3 % this month' },
    },
    {
      contact: { phone: '+15125550147', timezone: 'America/Chicago', hours: '08:00-20:00' },
      outcomes: ['reached', 'no-answer'],
    },
  ),
  compose(
    'routine',
    'Email Tomas Berg an answer about merging the contracts',
    'P2D',
    {
      subject: 'Tomas Berg, Nordlys AS',
      summary: 'Asked the chat bot whether two old contracts can be merged; it could not answer.',
      details:
        'Tomas: Can we merge them?\nBot: I am not sure.\nTomas: By email please.\nBot: Sure.',
    },
    { contact: { email: 'tomas.berg@nordlys.example' } },
  ),
  compose(
    'urgent',
    'Decide whether to hold payment PAY-20931',
    'PT30M',
    {
      subject: 'Payment PAY-20931, 18,400 EUR to a new payee',
      summary: 'First payment to this account; the device was last seen in another country.',
      score: { value: 0.87, meaning: 'over 0.8 is fraud two times out of three' },
      facts: [{ label: 'Customer since', value: '2011' }],
    },
    { outcomes: ['held', 'released'] },
  ),
  compose('urgent', 'Approve or refuse the delivery to Pier 4', 'PT1H', {
    subject: 'Container MSKU 204931, Pier 4',
    summary: 'The driver waits at the gate; the seal number differs from the papers.',
  }),
  compose('critical', 'Roll back checkout release 4.2', 'PT10M', {
    subject: 'Checkout fails for one customer in five',
    summary: 'Since 14:02, right after the release: undefined is not a function in cart.js.',
    origin: 'alert checkout-errors',
  }),
  compose(
    'urgent',
    'Call Åse Lindqvist to move her MRI',
    'PT3H',
    {
      subject: 'Åse Lindqvist, MRI tomorrow 09:00',
      summary: 'The scanner is down until Wednesday; she has to come another day.',
    },
    {
      contact: { phone: '+46812345678', timezone: 'Europe/Stockholm', hours: '08:00-21:00' },
      say: 'Thursday 10:00 and Friday 14:30 are free.',
    },
  ),
  compose('routine', "Approve Jonas Weber's parental leave", 'P3D', {
    subject: 'Jonas Weber, leave from 1 March',
    summary: 'Twelve weeks, applied for in time; his team lead has agreed.',
  }),
  compose('urgent', 'Grant Priya Raman read access to the billing database', 'PT2H', {
    subject: 'Access for Priya Raman, finance',
    summary: 'She closes the quarter today and lost access with the move to the new team.',
  }),
  compose('routine', 'Refund order 88412 or say why not', 'P1D', {
    subject: 'Order 88412, Nuno Gonçalves',
    summary: 'The lamp came broken twice; photos are attached to the order.',
    score: { value: 4, outOf: 5, meaning: 'likely to leave us' },
  }),
  compose('urgent', 'Review the sanctions match for Orlov Trading', 'PT4H', {
    subject: 'Orlov Trading Ltd, new account',
    summary: 'Same name and year of birth as entry 7731 of the list, but another country.',
  }),
  compose('routine', 'Countersign the NDA with Contoso', 'P2D', {
    subject: 'NDA with Contoso',
    summary: 'Signed by them this morning, unchanged from our draft; legal has no objection.',
  }),
  compose('critical', 'Send a plumber to 14 Elm Street', 'PT20M', {
    subject: 'Burst pipe, 14 Elm Street',
    summary: 'Water comes through the ceiling of flat 3; the tenant cannot find the valve.',
  }),
  compose(
    'urgent',
    'Text the guest of room 412 a new door code',
    'PT15M',
    {
      subject: 'Room 412, Mr. and Mrs. Haddad',
      summary: 'They stand in front of the door; the old code has expired at noon.',
    },
    { contact: { phone: '+96170123456' } },
  ),
  compose('urgent', 'Reroute truck 7 around the closed A9', 'PT25M', {
    subject: 'Truck 7, Munich to Leipzig',
    summary: 'The A9 is closed at Hof until the evening; it carries chilled goods.',
  }),
  compose('routine', 'Decide on the appeal against the removal of post 55821', 'P1D', {
    subject: 'Post 55821, appeal by its author',
    summary: 'Removed as spam by the filter; the author says that it is a recipe.',
  }),
  compose(
    'routine',
    'Invite Łukasz Wójcik to a second interview',
    'P2D',
    {
      subject: 'Łukasz Wójcik, data engineer',
      summary: 'Two of three interviewers say yes; he has another offer until Friday.',
    },
    { contact: { name: 'Łukasz Wójcik', email: 'lukasz@example.com' } },
  ),
  compose(
    'urgent',
    'Call back Mr. Dlamini about claim C-2201',
    'PT1H',
    {
      subject: 'Mr. Dlamini, claim C-2201',
      summary: 'Hung up after nine minutes on hold; his car stands at the roadside.',
    },
    { contact: { name: 'Sipho Dlamini', phone: '+27821234567' } },
  ),
  compose(
    'urgent',
    'Phone the parents of Emma Brown',
    'PT20M',
    {
      subject: 'Emma Brown, class 4b',
      summary: 'Not at school since 08:15, and no note from home.',
    },
    { contact: { name: 'Kate Brown', phone: '+442079460018' } },
  ),
  compose('critical', 'Stop line 3 and check the oven sensor', 'PT10M', {
    subject: 'Line 3, oven 2',
    summary: 'Reads 40 degrees over target for six minutes while the other sensor is normal.',
  }),
  compose('routine', 'Order 20 toners for floor 2', 'P5D', {
    subject: 'Printers on floor 2',
    summary: 'Four of five are below ten percent; the last order took a week.',
  }),
  compose(
    'routine',
    "Answer Ms. Weiß's request for her data",
    'P6D',
    {
      subject: 'Anna Weiß, request under Art. 15 GDPR',
      summary: 'Came in by letter on Friday; one month to answer, nothing collected yet.',
    },
    { contact: { email: 'anna.weiss@example.com' } },
  ),
  compose(
    'routine',
    'Reach out to Fatima Al-Sayed before her renewal',
    'P3D',
    {
      subject: 'Fatima Al-Sayed, Oasis Travel',
      summary: 'Logins fell by half since the price change; the contract ends in two weeks.',
    },
    { contact: { email: 'fatima@example.com' } },
  ),
  compose(
    'urgent',
    'Call 田中 太郎',
    'PT1H',
    {
      subject: '田中 太郎, 東京商事',
      summary: '見積もりを二度確認し、今日中の電話を希望しています。',
    },
    { contact: { phone: '+81312345678' } },
  ),
  compose(
    'routine',
    'Позвоните Ивану Петрову',
    'PT6H',
    {
      subject: 'Иван Петров, ООО Ромашка',
      summary: 'Дважды сравнил тарифы и спросил о скидке за год.',
    },
    { contact: { phone: '+74951234567' } },
  ),
];

describe('good handoffs', () => {
  test.each(GOOD.map((submission) => [(submission['action'] as Json)['do'], submission]))(
    '%s',
    (_, submission) => {
      const rules = { ...(policyOfDocs as Json), critical: (policyOfDocs as Json)['urgent'] };

      expect(review(submitTo({ 'inbound-sales': rules }, submission))).toEqual([]);
    },
  );

  test.each(['hot-lead', 'quiet-question'])('the sample %s, with the sample files', (name) => {
    const file = (path: string) => join(ROOT, 'config', path);
    const files = { directory: file('directory.yaml'), policies: file('policies.yaml') };
    const organisation = loadOrganisation(files);
    const policies: unknown = parse(readFileSync(files.policies, 'utf8'));
    const submission: unknown = JSON.parse(readFileSync(file(`samples/${name}.json`), 'utf8'));

    expect(review(submitTo(policies, submission), organisation.directory)).toEqual([]);
  });
});

const LONG =
  'Напишите Ивану Петрову и спросите, подходит ли ему доставка сорока стульев в следующую пятницу';
const LONG_ADDRESS =
  'purchasing.department.central.europe@petrov-and-sons-office-furniture-of-perm.example';

describe('bad handoffs get the findings of a careful reviewer', () => {
  const bad: [string, Submitted, RuleId[]][] = [
    [
      'new lead: John Smith',
      submitTo(
        { 'inbound-sales': policyOfDocs },
        {
          policy: 'inbound-sales',
          urgency: 'urgent',
          brief: { subject: 'New lead: John Smith', summary: 'New lead: John Smith' },
          action: { do: 'New lead: John Smith' },
        },
      ),
      ['action-is-no-instruction', 'no-deadline', 'subject-says-nothing', 'summary-says-nothing'],
    ],
    [
      '2,000 characters',
      submit({ brief: { summary: 'word '.repeat(399) } }),
      ['summary-is-a-dump'],
    ],
    [
      'a call without a number',
      submit({ action: { contact: { phone: null } } }),
      ['contact-without-phone'],
    ],
    [
      'a deadline in the past',
      submit({ action: { within: null, by: '2026-11-23T09:55:00-05:00' } }),
      ['deadline-passed'],
    ],
    [
      'a deadline inside quiet hours',
      submit({ action: { within: 'PT3H' } }, {}, AT_NIGHT),
      ['deadline-before-first-notice'],
    ],
    [
      'one person on every tier',
      submit(
        {},
        {
          lastResort: { notify: ['alice'], email: [] },
          urgent: {
            tiers: [
              { notify: ['alice'], ladder: ['sms'], escalateAfter: '5m' },
              { notify: ['alice'], ladder: ['sms'], escalateAfter: '5m' },
            ],
          },
        },
      ),
      ['nobody-else-to-ask'],
    ],
    [
      'handle it',
      submit({
        brief: {
          subject: 'Hot lead!',
          score: { meaning: null },
          facts: [{ label: 'Budget', value: 'N/A' }],
        },
        action: { do: 'Please handle it ASAP' },
      }),
      ['template-left-open', 'action-too-vague', 'subject-says-nothing', 'score-without-meaning'],
    ],
    [
      'urgent, by email, until next week',
      submit(
        { action: { within: 'P6D' } },
        {
          urgent: {
            tiers: [{ notify: ['team:sales'], ladder: ['email'], escalateAfter: '1h' }],
          },
        },
      ),
      ['urgency-without-hurry', 'urgent-without-phone'],
    ],
    [
      'a reply to nobody',
      submit({ action: { do: 'Get back to Maria Lopez', within: null, contact: null } }),
      ['no-deadline', 'contact-not-reachable'],
    ],
    [
      'an alert as it came',
      submit({
        brief: { subject: 'Alert', summary: '{"host":"db-1","disk":97,"severity":"critical"}' },
        action: { do: 'Alert: disk full', contact: null },
      }),
      ['action-is-no-instruction', 'subject-says-nothing', 'summary-is-a-dump'],
    ],
    [
      'a template that nobody filled in',
      submit({
        brief: {
          subject: 'undefined',
          summary: 'Dear {{first_name}}, thank you for your interest.',
        },
        action: { do: 'Call null', contact: null },
      }),
      ['template-left-open', 'template-left-open', 'template-left-open', 'contact-without-phone'],
    ],
    [
      'a call in the night of the contact',
      submit({ action: { contact: { timezone: 'Asia/Tokyo', hours: '09:00-21:00' } } }),
      ['deadline-outside-contact-hours'],
    ],
    [
      'a novel as the action',
      submit({ action: { do: LONG, contact: { phone: null, email: LONG_ADDRESS } } }),
      ['does-not-fit-sms'],
    ],
    [
      'the number in the summary only',
      submit({
        brief: { summary: 'Asked for a call back at (512) 555-0147 before noon.' },
        action: { contact: { phone: null } },
      }),
      ['contact-only-in-text'],
    ],
    ['an assignee who has no phone', submit({ assignee: 'erin' }), ['tier-reaches-nobody']],
    [
      'a transcript, by email, for now',
      submit({
        urgency: 'routine',
        brief: { summary: 'Bot: Hello!\nUser: A price for 40 seats?\nBot: Somebody calls you.' },
        action: { within: 'PT10M' },
      }),
      ['hurry-without-urgency', 'summary-is-a-dump'],
    ],
    [
      'too much for one message',
      submit({
        brief: { summary: 'Asked again whether yearly payment is possible. '.repeat(7) },
      }),
      ['summary-cut-in-sms'],
    ],
    [
      'a score of another scale and hours of nowhere',
      submit({
        brief: { score: { value: 92, outOf: 10 } },
        action: { contact: { timezone: null, hours: '09:00-17:00' } },
      }),
      ['contact-hours-without-timezone', 'score-off-its-scale'],
    ],
  ];

  test.each(bad)('%s', (_, submitted, ids) => {
    expect(listIds(review(submitted))).toEqual(ids);
  });

  test('4,000 characters, which the API refuses before', () => {
    const { handoff, policy } = submit({});
    const brief = { ...handoff.brief, summary: 'word '.repeat(800) };
    const { passed, findings } = reviewHandoff({ ...handoff, brief }, policy, {
      directory,
      first: 'unknown',
    });

    expect([passed, listIds(findings)]).toEqual([true, ['summary-is-a-dump']]);
  });
});

/** Returns what the rules on the action say; it comes with whatever contact it may need. */
function reviewAction(instruction: string, verbs?: readonly string[]): RuleId[] {
  const contact = { phone: '+15125550147', email: 'maria@example.com' };
  const { handoff, policy } = submit({ action: { do: instruction, contact } });
  const world = { directory, first: 'unknown', ...(verbs && { verbs }) } as const;
  return listIds(reviewHandoff(handoff, policy, world).findings).filter((id) =>
    id.startsWith('action-'),
  );
}

describe('what an instruction is', () => {
  test.each([
    'call maria lopez',
    'Please, kindly call Maria',
    'Urgently replace the disk in db-1',
    'URGENT: call Maria Lopez',
    '"Approve" the order of ACME',
    '☎️ Call Maria Lopez',
    'Do not ship order 4711',
    'Don’t release payment 12',
    'Re-run the import of Monday',
    'Reopen ticket 4711',
    'Double-check the dose for Mr. Patel',
    'E-mail Maria the quote',
    'Follow up with Maria Lopez',
    'Handle ticket 4711',
    'Look into the failed payout of Acme',
    'Take over the chat with Tomas',
    'Get in touch with Maria Lopez',
    'Approve or reject the refund',
    'Check whether the payment is held',
    'Find out why order 12 is late',
    'Review request 4711 from Jonas',
    'Sign form W-9 for Acme',
    'Change the tyre of van 12',
    'Report the leak to the city',
    'Make sure that the gate is closed',
    'Let Maria know that the car is ready',
    'Turn off pump 4',
    'Log in to db-1 and free disk space',
    'Book Maria a demo on Thursday',
    'Power-cycle router R2',
    'Rehire Mr. Blum',
    // Verbs that are in no list.
    'Defrost the freezer in lab 2',
    'Suss out why pump 3 stopped',
  ])('%s', (instruction) => {
    expect(reviewAction(instruction)).toEqual([]);
  });

  test.each([
    'Maria Lopez',
    'New lead: John Smith',
    'Hot lead, needs a call',
    'Call from Maria Lopez',
    'Refund request of Jane Doe',
    'Order 8841 is stuck',
    'Order #A-12 has failed',
    'Alert: disk full on db-1',
    'Contact form submission',
    'Customer wants to cancel',
    'The payment should be checked',
    'You need to call Maria',
    'Disk full',
    'Urgent',
    '4711',
    '!!!',
    'Kunden anrufen',
    'Server down in the basement',
    'Invoice 12 overdue',
    'Where is the parcel',
    'In the queue since noon',
    'Waiting for a call',
    'Reminder: call Maria',
  ])('%s tells no one what to do', (instruction) => {
    expect(reviewAction(instruction)).toEqual(['action-is-no-instruction']);
  });

  test.each([
    'Call',
    'Please call asap',
    'Call back',
    'Call him',
    'Handle it',
    'Take a look',
    'Have a look at this, please',
    'Follow up',
    'Follow up with the customer',
    'Look into the issue',
    'Take care of it',
    'Get in touch',
    'Approve or reject',
    'Do the needful',
    'Check',
    'Process the request',
    'Investigate further',
    'Act now',
    'See details below',
  ])('%s says not whom or what', (instruction) => {
    expect(reviewAction(instruction)).toEqual(['action-too-vague']);
  });

  test('other languages can be taught, and other scripts are not judged', () => {
    expect(reviewAction('Rufen Sie Frau Weiß an')).toEqual(['action-is-no-instruction']);
    expect(reviewAction('Rufen Sie Frau Weiß an', ['rufen'])).toEqual([]);
    expect(reviewAction('山田さんに電話する')).toEqual([]);
  });
});

/** Returns what the rules on the contact say of an instruction that comes with this contact. */
function reviewContact(instruction: string, contact: Json | null, say = 'Be quick.'): RuleId[] {
  const { contact: _, ...action } = (base as { action: Json }).action;
  const { handoff, policy } = submitTo(
    { 'inbound-sales': policyOfDocs },
    { ...(base as Json), action: { ...action, do: instruction, say, ...(contact && { contact }) } },
  );
  const { findings } = reviewHandoff(handoff, policy, { directory, first: 'unknown' });
  return listIds(findings).filter((id) => id.startsWith('contact-'));
}

describe('what an instruction needs', () => {
  const [PHONE, EMAIL, ANY] = [
    'contact-without-phone',
    'contact-without-email',
    'contact-not-reachable',
  ] as const;

  test.each<[string, RuleId[]]>([
    ['Call Maria', [PHONE]],
    ['Please ring Maria back', [PHONE]],
    ['Immediately phone Maria', [PHONE]],
    ['Text Maria the code', [PHONE]],
    ['Give Maria a quick call', [PHONE]],
    ['Contact Maria by phone', [PHONE]],
    ['Review the offer and call Maria', [PHONE]],
    ['Check the address, then call the customer', [PHONE]],
    ['Email Maria', [EMAIL]],
    ['Write to Maria', [EMAIL]],
    ['Write Maria that it is granted', [EMAIL]],
    ['Send Maria an email', [EMAIL]],
    ['Reply by email to Maria', [EMAIL]],
    ['Call Maria and email her the offer', [PHONE, EMAIL]],
    ['Call or email Maria', [PHONE]],
    ['Reply to Maria', [ANY]],
    ['Reach out to Maria', [ANY]],
    ['Contact Maria', [ANY]],
    ['Respond to the guest', [ANY]],
    // None of these needs a contact.
    ['Call off the delivery', []],
    ['Call a meeting of the board', []],
    ['Ring the bell at 14 Elm Street', []],
    ['Call 112 and open the gate', []],
    ['Review chat and call logs for fraud', []],
    ['Update the email templates', []],
    ['Mail the new card to the branch', []],
    ['Write a summary for the board', []],
    ['Reply in ticket 4711', []],
    ['Respond to the disk alert', []],
    ['Reach a decision on the loan', []],
    ['Approve the refund requested by email', []],
    ['Confirm the order placed by phone', []],
    ['Phone-screen the candidates', []],
  ])('%s, without a contact', (instruction, ids) => {
    expect(reviewContact(instruction, null)).toEqual(ids);
  });

  test.each<[string, Json, RuleId[]]>([
    ['Call or email Maria', { email: 'maria@example.com' }, []],
    ['Call or email Maria', { phone: '+15125550147' }, []],
    ['Call Maria and email her', { phone: '+15125550147' }, [EMAIL]],
    ['Call Maria', { email: 'maria@example.com' }, [PHONE]],
    ['Email Maria', { phone: '+15125550147' }, [EMAIL]],
    ['Contact Maria', { email: 'maria@example.com' }, []],
    ['Contact Maria', { name: 'Maria' }, [ANY]],
  ])('%s, with %j', (instruction, contact, ids) => {
    expect(reviewContact(instruction, contact)).toEqual(ids);
  });

  test.each<[string, boolean]>([
    ['at +1 512 555 0147', true],
    ['at +15125550147', true],
    ['at (512) 555-0147', true],
    ['at 030 901 820', true],
    ['order 20931884', false],
    ['since 2026-11-23 14:00', false],
    ['40 seats for 3,200 a year', false],
    ['maria@example.com', false],
  ])('%s: a number in the text %j', (say, isNumber) => {
    expect(reviewContact('Call Maria', null, say)).toEqual([
      isNumber ? 'contact-only-in-text' : PHONE,
    ]);
  });
});

/** Returns what is said of a summary or subject, less what an SMS makes of it. */
const reviewBrief = (brief: Json): RuleId[] =>
  listIds(review(submit({ brief }))).filter((id) => id !== 'summary-cut-in-sms');

describe('subjects and summaries', () => {
  test.each([
    'Lead',
    'New lead',
    'ALERT!',
    'test',
    'Handoff',
    'New inbound lead from website',
    'Customer: Jane Doe',
    'Hot lead - Jane Doe',
    'Task 3',
    'Payment',
    'Support request',
    '???',
  ])('%s says nothing', (subject) => {
    const ids: RuleId[] = subject === '???' ? ['template-left-open'] : ['subject-says-nothing'];
    expect(reviewBrief({ subject })).toEqual(ids);
  });

  test.each([
    'Jane Doe',
    'Ticket 4711',
    'Lead: Jane Doe, Acme',
    'Checkout is down',
    '東京商事',
    'Request of Contoso',
    'Customer: refused the delivery',
    'Payment PAY-12',
  ])('%s says who or what', (subject) => {
    expect(reviewBrief({ subject })).toEqual([]);
  });

  test.each<[string, RuleId[]]>([
    ['Hot', ['summary-says-nothing']],
    ['Wants a price', ['summary-says-nothing']],
    ['Please call Maria Lopez of Acme Corp', ['summary-says-nothing']],
    ['Wants a price today', []],
    ['見積もりを二度確認し、今日中の電話を希望しています。', []],
    ['<p>Wants a <b>price</b> for 40 seats today</p>', ['summary-is-a-dump']],
    ['Load < 5 and memory > 90 % since noon today', []],
    ['plan=team seats=40 source=ads term=yearly', ['summary-is-a-dump']],
    ['Set retries=5 on db-1 as the runbook says', []],
    ['2026-11-23T14:00 GET /a\n2026-11-23T14:01 GET /b', ['summary-is-a-dump']],
    ['name;plan;seats\nMaria;Team;40\nTomas;Pro;3', ['summary-is-a-dump']],
    ['14:00 hello\n14:01 hi\n14:02 a price please', ['summary-is-a-dump']],
    ['one\ntwo\nthree\nfour\nfive\nsix\nseven', ['summary-is-a-dump']],
    ['Three things:\n- yearly payment\n- 40 seats\n- start in March', []],
    ['The word "seats" came up; she said "today" twice.', []],
    ['The API returns null for every price since noon.', []],
    ['Fails with TypeError: undefined is not a function.', []],
    ['GET /users/{id} fails for one user in ten.', []],
    ['Hello null, thank you for your order of today', ['template-left-open']],
    ['Asked for a price. Plan: undefined Seats: 40', ['template-left-open']],
    ['N/A', ['template-left-open']],
    ['TODO: write a summary of the call', ['template-left-open']],
    ['Put it on the TODO list of the team', []],
  ])('%j', (summary, ids) => {
    expect(reviewBrief({ summary })).toEqual(ids);
  });
});

describe('a template left open', () => {
  test.each<[Json, string, Severity]>([
    [{ brief: { subject: 'undefined' } }, '/brief/subject', 'error'],
    [{ action: { contact: { name: '{{name}}' } } }, '/action/contact/name', 'error'],
    [{ action: { outcomes: ['reached', 'todo'] } }, '/action/outcomes/1', 'error'],
    [{ brief: { score: { meaning: 'NaN' } } }, '/brief/score/meaning', 'warning'],
    [
      {
        brief: {
          facts: [
            { label: 'Plan', value: 'Team' },
            { label: 'Seats', value: '[object Object]' },
          ],
        },
      },
      '/brief/facts/1/value',
      'warning',
    ],
    [{ brief: { details: 'N/A' } }, '/brief/details', 'warning'],
  ])('%j', (changes, pointer, severity) => {
    expect(review(submit(changes))).toMatchObject([
      { id: 'template-left-open', pointer, severity },
    ]);
  });

  test('is no matter in raw material', () => {
    expect(review(submit({ brief: { details: 'Dear {{name}}, TODO: undefined' } }))).toEqual([]);
  });
});

describe('the first message', () => {
  const { handoff, policy } = submit({ action: { within: 'PT1H' } });
  const reviewFirst = (first: FirstNotice | undefined | 'unknown') =>
    reviewHandoff(handoff, policy, { directory, first }).findings;
  const first = { at: SUBMITTED_AT, name: 'Alice Ng', channel: 'sms' } as const;

  test('is in time', () => {
    expect(reviewFirst(first)).toEqual([]);
    expect(reviewFirst('unknown')).toEqual([]);
  });

  test('is too late: says when, by the clock of the organisation, and why', () => {
    const because = 'quiet hours: Alice Ng until Tue 08:00 (America/New_York)';
    const [late] = reviewFirst({
      ...first,
      at: '2026-11-24T13:00:00.000Z',
      waitsBecause: because,
    });

    expect(late?.id).toBe('deadline-before-first-notice');
    expect(late?.what).toBe(
      `The first message leaves Tue 08:00 (America/New_York), after the deadline, 11:00 (America/New_York) (${because}).`,
    );
  });

  test('leaves at the deadline: too late; in the minute before: too tight', () => {
    const leaves = (at: string) => listIds(reviewFirst({ ...first, at }));

    expect(leaves('2026-11-23T16:00:00.000Z')).toEqual(['deadline-before-first-notice']);
    expect(leaves('2026-11-23T15:59:01.000Z')).toEqual(['deadline-too-tight']);
    expect(leaves('2026-11-23T15:59:00.000Z')).toEqual([]);
  });

  test('never leaves', () => {
    expect(listIds(reviewFirst(undefined))).toEqual(['deadline-before-first-notice']);
  });
});

describe('tiers', () => {
  const people = directorySchema.parse(
    merge(directoryOfDocs, {
      rotations: {
        primary: { team: 'sales', every: '1 week', handover: 'mon 09:00', starts: '2026-11-02' },
        secondary: { team: 'sales', every: '1 day', handover: '09:00', starts: '2026-11-02' },
      },
    }),
  );
  const tier = (...notify: string[]) => ({ notify, ladder: ['sms'], escalateAfter: '5m' });
  const reviewTiers = (...tiers: ReturnType<typeof tier>[]) =>
    listIds(review(submit({}, { urgent: { tiers } }), people));

  test.each<[string, string[][], RuleId[]]>([
    ['a rotation, then its team', [['rotation:primary'], ['team:sales']], []],
    ['two rotations of one team', [['rotation:primary'], ['rotation:secondary']], []],
    ['a rotation, then one of it', [['rotation:primary'], ['bob']], []],
    ['the same rotation twice', [['rotation:primary'], ['rotation:primary']], ['tier-adds-nobody']],
    ['a team, then its rotation', [['team:sales'], ['rotation:primary']], ['tier-adds-nobody']],
    ['one of two is new', [['alice'], ['alice', 'bob']], []],
    ['both were told apart', [['alice'], ['bob'], ['bob', 'alice']], ['tier-adds-nobody']],
  ])('%s', (_, tiers, ids) => {
    expect(reviewTiers(...tiers.map((notify) => tier(...notify)))).toEqual(ids);
  });

  test('an assignee who is in tier 1 too is no duplicate', () => {
    expect(review(submit({ assignee: 'alice' }))).toEqual([]);
  });

  test('nobody reached at all is an error, one tier of two a warning', () => {
    const severities = (...notify: string[]) =>
      review(submit({}, { urgent: { tiers: notify.map((id) => tier(id)) } })).map(
        ({ id, severity }) => [id, severity],
      );

    expect(severities('erin')).toEqual([['tier-reaches-nobody', 'error']]);
    expect(severities('erin', 'bob')).toEqual([['tier-reaches-nobody', 'warning']]);
  });

  test('a mailbox as the last resort is somebody else, unless it is their own', () => {
    const alone = (email: string) =>
      listIds(
        review(
          submit(
            {},
            { lastResort: { notify: [], email: [email] }, urgent: { tiers: [tier('alice')] } },
          ),
        ),
      );

    expect(alone('leads@example.com')).toEqual([]);
    expect(alone('alice@example.com')).toEqual(['nobody-else-to-ask']);
  });
});

describe('any handoff', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }),
    fc.constantFrom(
      'Call',
      'Email',
      'Reply to',
      'and',
      'or',
      'Maria',
      '+1 512 555 0147',
      '{{name}}',
      '{',
      '"a":',
      '<p>',
      'new lead:',
      'null',
      '👨‍👩‍👧',
      'Łódź',
      '\ud83d',
      'x'.repeat(90),
      'https://example.com/?a=1&b=2',
    ),
  );
  const text = (max: number) =>
    fc
      .array(piece, { minLength: 1, maxLength: 40 })
      .map((pieces) => pieces.join(' ').slice(0, max));
  const line = (max: number) => text(max).map((one) => one.replace(/[\r\n]/g, ' '));
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const submission = fc
    .record({
      policy: fc.constant('inbound-sales'),
      urgency: fc.constantFrom('critical', 'urgent', 'routine'),
      assignee: optional(fc.constantFrom('alice', 'erin', 'dana')),
      brief: fc.record({
        subject: line(120),
        summary: text(2_000),
        score: optional(fc.record({ value: fc.double({ noNaN: true }) })),
        origin: optional(line(80)),
        facts: optional(
          fc.array(fc.record({ label: line(40), value: line(200) }), { maxLength: 3 }),
        ),
        details: optional(text(20_000)),
      }),
      action: fc.record({
        do: line(100),
        within: optional(fc.constantFrom('1s', '90s', '5m', '20h', '300d')),
        contact: optional(
          fc.record({
            phone: optional(fc.constantFrom('+15125550147', '+999999999999999')),
            email: optional(fc.constant('maria@example.com')),
            timezone: optional(fc.constantFrom('Asia/Kathmandu', 'America/Chicago')),
            hours: optional(
              fc.constantFrom('08:00-20:00', '22:00-06:00', '00:00-24:00', '08:00-08:00'),
            ),
          }),
        ),
        say: optional(line(300)),
      }),
    })
    .filter((one) => handoffRequestSchema.safeParse(one).success);
  const first = fc.constantFrom<(FirstNotice | undefined | 'unknown')[]>(undefined, 'unknown', {
    at: '2026-11-24T13:00:00.000Z',
    name: 'n'.repeat(60),
    channel: 'email',
    waitsBecause: 'because '.repeat(100),
  });

  test('gets a review, in short texts that quote little', () => {
    fc.assert(
      fc.property(submission, first, (one, notice) => {
        const critical = (policyOfDocs as Json)['urgent'];
        const rules = { ...(policyOfDocs as Json), critical };
        const { handoff, policy } = submitTo({ 'inbound-sales': rules }, one);
        const { passed, findings } = reviewHandoff(handoff, policy, { directory, first: notice });
        const { subject, summary } = handoff.brief;
        const secrets = [subject, summary, handoff.action.do]
          .map((whole) => whole.replace(/\s+/g, ' ').trim())
          .filter((whole) => whole.length > 60)
          .map((whole) => whole.slice(0, 61));

        expect(passed).toBe(!findings.some(({ severity }) => severity === 'error'));
        for (const { id, pointer, what, why, fix } of findings) {
          expect(RULE_IDS).toContain(id);
          expect(pointer).toMatch(/^(\/[a-zA-Z0-9]+)+$/);
          for (const said of [what, why, fix]) {
            expect(said.length).toBeLessThan(200);
            expect(said).not.toBe('');
            for (const secret of secrets) expect(said).not.toContain(secret);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
