import { fileURLToPath } from 'node:url';
import type { Submission } from 'baton/client';
import { expect, test } from 'vitest';
import { loadOrganisation } from '../../../src/directory/load.ts';
import { Agendas } from '../../../src/domain/availability/agenda.ts';
import { createSituation } from '../../../src/domain/availability/situation.ts';
import { acceptRequest, handoffRequestSchema } from '../../../src/domain/handoff.ts';
import { snapshotPolicy } from '../../../src/domain/policy.ts';
import { reviewSubmission } from '../../../src/domain/preview.ts';
import { briefCallback, briefTalk, CALL_TIMES, type CallTime, type Talk } from '../src/brief.ts';
import type { Reason } from '../src/decide.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** The one of `npm run dev`. */
const { directory, policies } = loadOrganisation({
  directory: `${root}config/directory.yaml`,
  policies: `${root}config/policies.yaml`,
});

function review(submission: Submission) {
  const request = handoffRequestSchema.parse(submission);
  const rules = policies[request.policy];
  const policy = rules && snapshotPolicy(request.policy, rules, request);
  if (!policy) throw new Error('no policy');
  const accepted = {
    id: 'hof_1',
    code: 'KM47',
    source: 'bot',
    submittedAt: '2026-11-23T15:00:00Z',
  };
  const handoff = acceptRequest(request, accepted);
  const agendas = new Agendas(directory, createSituation());
  return reviewSubmission({ handoff, policy }, agendas).findings;
}

function talk(texts: readonly string[], name: string | null = 'Maria Lopez'): Talk {
  return {
    conversation: {
      id: '4f2a'.repeat(8),
      phase: 'bot',
      name,
      memory: { unsure: 0, mood: 'calm', tried: [] },
      answeredUpTo: 0,
    },
    messages: texts.map((text, index) => ({
      id: index,
      author: index % 2 === 0 ? ('customer' as const) : ('bot' as const),
      name: null,
      text,
      at: '2026-11-23T14:58:00.000Z',
    })),
    tried: ['What Fernhill costs'],
  };
}

const TALKS: readonly (readonly [string, Talk, Reason])[] = [
  ['a question', talk(['How much is it for a team?', '9 euros', 'a person']), 'asked-for-a-person'],
  ['one word', talk(['human']), 'asked-for-a-person'],
  ['nobody knows who', talk(['can it sing', 'no', 'can it dance'], null), 'unsure-twice'],
  ['a number of seats', talk(['We need Fernhill for 60 people']), 'high-value'],
  ['shouting', talk(['WHY DOES NOTHING WORK HERE!!!']), 'frustrated'],
  ['code and markup', talk(['{"a": 1} <b>help</b> a=1&b=2&c=3&d=4&e=5']), 'frustrated'],
  [
    'a pasted talk',
    talk(['customer: hi bot: hello customer: help agent: no user: why']),
    'frustrated',
  ],
  ['a template', talk(['Dear {{name}}, <hello>']), 'unsure-twice'],
  ['signs only', talk(['???!!!']), 'frustrated'],
  ['a very long one', talk(['x'.repeat(1_000), 'y'.repeat(1_000)]), 'unsure-twice'],
  [
    'a long conversation',
    talk(Array.from({ length: 60 }, () => 'word '.repeat(150))),
    'frustrated',
  ],
];

test.each(TALKS)('the design test has nothing against a talk: %s', (_what, one, reason) => {
  const because = 'asked for a person';
  const submission = briefTalk(one, { id: 'talk-1', policy: 'inbound-sales', reason, because });
  expect(review(submission)).toEqual([]);
});

test.each(
  TALKS.flatMap(([what, one]) =>
    (Object.keys(CALL_TIMES) as CallTime[]).map((when) => [what, when, one] as const),
  ),
)('nor against a call: %s, %s', (_what, when, one) => {
  const wish = { name: 'Tom Baker', phone: '+15125550199', when };
  const submission = briefCallback(one, { id: 'call-1', policy: 'inbound-sales', wish });
  expect(review(submission)).toEqual([]);
});

test('what an SMS shows has no link, address or long number of a stranger; the transcript has', () => {
  const text =
    'my card 4111 1111 1111 1111, mail me at m@evil.example or see https://evil.example/x';
  const { brief } = briefTalk(talk([text]), {
    id: 'talk-1',
    policy: 'inbound-sales',
    reason: 'frustrated',
    because: 'is frustrated',
  });
  expect(brief?.summary).toContain('my card (number), mail me at (address) or see (link)');
  expect(JSON.stringify({ ...brief, details: '' })).not.toMatch(/4111|evil/);
  expect(brief?.details).toContain(text);
});
