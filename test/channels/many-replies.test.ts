import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBaton, type Baton } from '../support/baton.ts';
import { writeCrowd } from '../support/crowd.ts';
import { buildSubmission } from '../support/samples.ts';

const PEOPLE = 100;
const REPLIES = 400;
const AT_ONCE = 300;

let baton: Baton;
const { files, people } = writeCrowd(PEOPLE);

beforeAll(async () => {
  baton = await startBaton({ files, env: { BATON_ADMISSION: 'off' } });
});
afterAll(async () => {
  await baton.stop();
});

test(`fault 1: of ${REPLIES} replies, ${AT_ONCE} at a time, each is recorded, carried out and truly answered`, async () => {
  const offers: Offered[] = [];
  await inLanes(
    16,
    Array.from({ length: REPLIES }, (_, index) => index),
    async (index) => {
      const subject = `Lead ${index + 1} of many`;
      const person = people[index % PEOPLE] ?? '';
      const { id } = await baton.submit(
        buildSubmission({ policy: person, brief: { subject, summary: 'Asked for an offer.' } }),
      );
      const sms = await baton
        .phone(person)
        .expectSms(new RegExp(`\\b${subject}\\b`), { withinMs: 60_000 });
      const [code = ''] = /\b[A-Z]{2}\d{2}\b/.exec(sms.body) ?? [];
      offers.push({ id, person, code });
    },
  );

  const told = { atOnce: 0, later: 0, uncertain: 0 };
  await inLanes(AT_ONCE, offers, async ({ person, code }) => {
    const phone = baton.phone(person);
    const [answer = ''] = (await phone.reply(`1 ${code}`)).answers;
    if (/^Your reply is recorded|^It is not certain that your reply is recorded/.test(answer)) {
      told[answer.startsWith('It') ? 'uncertain' : 'later'] += 1;
      const words = new RegExp(`^You have it: [^]*\\b${code}\\b`);
      await phone.expectSms(words, { withinMs: 120_000 });
    } else {
      told.atOnce += 1;
      expect(answer).toMatch(/^You have it: /);
    }
  });

  process.stdout.write(
    `answered at once ${told.atOnce}, by SMS ${told.later}, uncertain and by SMS ${told.uncertain}\n`,
  );
  for (const { id, person } of offers) expect((await baton.read(id)).owner?.responder).toBe(person);
  baton.phones.ignoreUnread();
}, 600_000);

interface Offered {
  readonly id: string;
  readonly person: string;
  readonly code: string;
}

/** Does something with each, so many at a time. */
async function inLanes<T>(
  count: number,
  all: readonly T[],
  work: (one: T) => Promise<void>,
): Promise<void> {
  const left = [...all];
  const lane = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: count }, lane));
}
