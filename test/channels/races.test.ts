import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { amount } from '../support/amount.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

const PEOPLE = 60;
const RACES = [
  [10, amount(5, 100)],
  [PEOPLE, amount(2, 10)],
] as const;
const CLOSE_CALLS = amount(40, 200);
const PACED = amount(10, 50);
const TIER_MS = 5_000;

let folder: string;
let baton: Baton;

const person = (index: number): string => `person-${index % PEOPLE}`;
const phoneOf = (index: number): string => `+1512${2_000_000 + (index % PEOPLE)}`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-races-'));
  const files = {
    directory: join(folder, 'directory.yaml'),
    policies: join(folder, 'policies.yaml'),
  };
  const people = Array.from({ length: PEOPLE }, (_, index) => person(index));
  const everybody = (count: number): string => people.slice(0, count).join(', ');
  writeFileSync(
    files.directory,
    `organisation: { timezone: UTC }
responders:
${people.map((id, index) => `  ${id}: { name: ${id}, phone: '${phoneOf(index)}' }`).join('\n')}
`,
  );
  const policies = [
    ...RACES.map(
      ([count]) =>
        `all-${count}: { lastResort: { notify: [person-0] }, urgent: { whenQuiet: ignore, tiers: [{ notify: [${everybody(count)}], ladder: [sms], escalateAfter: 10m }] } }`,
    ),
    ...people.map(
      (id, index) =>
        `${id}: { lastResort: { notify: [${id}] }, urgent: { whenQuiet: ignore, tiers: [${[id, person(index + 1)].map((one, tier) => `{ notify: [${one}], ladder: [sms], escalateAfter: ${tier === 0 ? `${TIER_MS / 1_000}s` : '10m'} }`).join(', ')}] } }`,
    ),
  ];
  writeFileSync(files.policies, `${policies.join('\n')}\n`);
  baton = await startBaton({ files, env: { BATON_ADMISSION: 'off' } });
});
afterAll(async () => {
  await baton.stop();
  rmSync(folder, { recursive: true });
});

/** Submits a handoff and waits for its message on each phone, which says by which code its reader knows it. */
async function offer(
  policy: string,
  subject: string,
  phones: readonly Phone[],
): Promise<{ id: string; words: RegExp; codes: readonly string[] }> {
  const { id } = await baton.submit(
    buildSubmission({ policy, brief: { subject, summary: 'Asked for an offer.' } }),
  );
  const words = new RegExp(`\\b${subject}\\b`);
  const messages = await Promise.all(
    phones.map((phone) => phone.expectSms(words, { withinMs: 60_000 })),
  );
  const codes = messages.map(({ body }) => /\b[A-Z]{2}\d{2}\b/.exec(body)?.[0] ?? '');
  return { id, words, codes };
}

describe('R8: people take one handoff at the same moment', () => {
  test.each(RACES)(
    'of %i exactly one has it, and each other hears who, %i times',
    async (count, times) => {
      for (let race = 0; race < times; race += 1) {
        const phones = Array.from({ length: count }, (_, index) => baton.phone(person(index)));
        const { id, codes } = await offer(`all-${count}`, `race ${race} of ${count}`, phones);

        const replies = await Promise.all(
          phones.map((phone, index) => phone.reply(`1 ${codes[index] ?? ''}`)),
        );
        // Who waited too long for a worker has been told that it is recorded, and hears the rest by SMS.
        const heard = await Promise.all(
          replies.map(async ({ answers: [answer = ''] }, index) =>
            answer.startsWith('Your reply is recorded')
              ? (await phones[index]?.expectSms(/^You have it|has it since/, { withinMs: 60_000 }))
                  ?.body
              : answer,
          ),
        );

        const { owner, timeline } = await baton.read(id);
        const winners = heard.filter((text) => text?.startsWith('You have it: '));
        expect(winners).toHaveLength(1);
        expect(heard.indexOf(winners[0])).toBe(
          phones.findIndex(({ id: who }) => who === owner?.responder),
        );
        const others = heard.filter((text) =>
          text?.startsWith(`${owner?.name ?? ''} has it since `),
        );
        expect(others).toHaveLength(count - 1);
        expect(timeline.filter(({ what }) => what === 'taken')).toHaveLength(1);
        await baton.call('POST', `/v1/handoffs/${id}/resolve`, { outcome: 'reached' });
        await baton.waitForStatus(id, 'resolved', 60_000);
        baton.phones.ignoreUnread();
      }
    },
    600_000,
  );
});

test(`R11: whoever takes it within 50 ms of its tier's end has it, ${CLOSE_CALLS} times`, async () => {
  const late: number[] = [];
  const takeClose = async (index: number): Promise<void> => {
    const first = person(index);
    const { id, words } = await offer(first, `close call ${index}`, [baton.phone(first)]);
    const { next } = await baton.read(id);
    const endsAt = Date.parse(next?.at ?? '');
    await delay(endsAt - Date.now() - 50 + (index * 100) / CLOSE_CALLS);
    const { status, body } = await baton.call('POST', `/v1/handoffs/${id}/take`, {
      responder: first,
    });

    expect(status).toBe(200);
    expect(body).toMatchObject({ effect: 'taken' });
    const { owner, timeline } = await baton.read(id);
    expect(owner?.responder).toBe(first);
    const isEscalated = timeline.some(({ what }) => what === 'escalated');
    if (isEscalated) late.push(index);
    const texts = () =>
      baton.simulator.sms
        .filter((sms) => sms.to === phoneOf(index + 1) && words.test(sms.body))
        .map((sms) => sms.body);
    // Whoever was asked for nothing hears so; whoever was not hears nothing at all.
    await delay(500);
    if (texts().some((text) => text.startsWith('URGENT')))
      await expect
        .poll(texts, { timeout: 30_000 })
        .toContainEqual(expect.stringMatching(/^Stand down/));
    await baton.call('POST', `/v1/handoffs/${id}/resolve`, { outcome: 'reached' });
  };
  // A few at a time: 50 ms are not meant to be spent in a queue.
  const numbers = Array.from({ length: CLOSE_CALLS }, (_, index) => index);
  const lanes = Array.from({ length: 8 }, async () => {
    for (let index = numbers.shift(); index !== undefined; index = numbers.shift())
      await takeClose(index);
  });
  await Promise.all(lanes);
  process.stdout.write(`taken after the next tier had begun: ${late.length} of ${CLOSE_CALLS}\n`);
  baton.phones.ignoreUnread();
}, 600_000);

test(`nobody is asked after its source was told that it is withdrawn, although the message waited for the one before, ${PACED} times`, async () => {
  const LATER = 2;
  const withdrawn: { subject: string; at: number }[] = [];
  await Promise.all(
    Array.from({ length: PACED }, async (_, index) => {
      const ids = await Promise.all(
        Array.from({ length: 1 + LATER }, (__, number) =>
          baton.submit(
            buildSubmission({
              policy: person(index),
              brief: { subject: `paced ${index}-${number}`, summary: 'Asked for an offer.' },
            }),
          ),
        ),
      );
      // Two messages to one phone are over a second apart.
      const first = await baton.phone(person(index)).expectSms(/paced/);
      await delay(300);
      for (const [number, { id }] of ids.entries()) {
        const subject = `paced ${index}-${number}`;
        if (first.body.includes(subject)) continue;
        const { status } = await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
        expect(status).toBe(200);
        withdrawn.push({ subject, at: Date.now() });
      }
    }),
  );
  await delay(5_000);
  const asked = withdrawn.flatMap(({ subject, at }) =>
    baton.simulator.sms
      .filter(({ body }) => body.startsWith('URGENT') && body.includes(subject))
      .map(({ dateCreated }) => ({ subject, msAfter: Date.parse(dateCreated) - at }))
      .filter(({ msAfter }) => msAfter > 0),
  );
  expect(asked).toEqual([]);
  baton.phones.ignoreUnread();
});

type Phone = ReturnType<Baton['phone']>;
