import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { wallAt } from '../../src/domain/availability/zoned.ts';
import { amount } from '../support/amount.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

const ZONE = 'America/New_York';
const MINUTE_MS = 60_000;
const PEOPLE = 10;
const EACH = amount(20, 50);
/** All are submitted before the night is over, with a minute to spare on a busy machine. */
const SUBMIT_MS = amount(40_000, 75_000);

let folder: string;
let baton: Baton;
let morning: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-release-'));
  morning = Math.ceil((Date.now() + SUBMIT_MS) / MINUTE_MS) * MINUTE_MS;
  const clock = (at: number): string => new Date(wallAt(at, ZONE)).toISOString().slice(11, 16);
  const responders = Object.fromEntries(
    Array.from({ length: PEOPLE }, (_, index) => [
      `p${index}`,
      {
        name: `Person ${index}`,
        phone: `+1500555${String(100 + index).padStart(4, '0')}`,
        email: `p${index}@example.com`,
      },
    ]),
  );
  const files = {
    directory: join(folder, 'directory.yaml'),
    policies: join(folder, 'policies.yaml'),
  };
  const quietHours = [{ from: clock(morning - 3_600_000), to: clock(morning) }];
  await writeFile(
    files.directory,
    stringify({ organisation: { timezone: ZONE, quietHours }, responders }),
  );
  const tiers = (channel: string) => [{ notify: ['p0'], ladder: [channel], escalateAfter: '10m' }];
  await writeFile(
    files.policies,
    stringify({
      desk: {
        lastResort: { notify: ['p0'] },
        urgent: { whenQuiet: 'ignore', tiers: tiers('sms') },
        routine: { tiers: tiers('email') },
      },
    }),
  );
  baton = await startBaton({ files, env: { LOG_LEVEL: 'info' } });
});
afterAll(async () => {
  baton.phones.ignoreUnread();
  await baton.stop();
  await rm(folder, { recursive: true });
});

test(`${PEOPLE * EACH} routine handoffs of one morning are one email for each of ${PEOPLE} people, and an urgent one between is not late`, async () => {
  const codes = new Map<string, string[]>();
  const submitted = Date.now();
  for (let round = 0; round < EACH; round += 1) {
    const found = await Promise.all(
      Array.from({ length: PEOPLE }, (_, index) =>
        baton.submit(
          buildSubmission({
            policy: 'desk',
            urgency: 'routine',
            assignee: `p${index}`,
            action: { do: `Write to lead ${index}-${round}`, outcomes: [] },
          }),
        ),
      ),
    );
    found.forEach(({ code }, index) => {
      codes.set(`p${index}`, [...(codes.get(`p${index}`) ?? []), code]);
    });
  }
  const spare = morning - Date.now();
  expect(spare, 'all were submitted in the night').toBeGreaterThan(0);
  expect(baton.simulator.emails).toEqual([]);

  await delay(morning - Date.now() + 5_000);
  const urgentAt = Date.now();
  const urgent = await baton.submit(
    buildSubmission({
      policy: 'desk',
      assignee: 'p3',
      action: { do: 'Call the urgent one', outcomes: [] },
    }),
  );
  await baton.phone('p3').expectSms(/^URGENT: Call the urgent one/);
  const tookMs = Date.now() - urgentAt;
  expect(tookMs).toBeLessThan(2_000);

  for (let index = 0; index < PEOPLE; index += 1) {
    const mail = await baton
      .phone(`p${index}`)
      .expectEmail(new RegExp(`^${EACH} handoffs for you`), { withinMs: 120_000 });
    for (const code of codes.get(`p${index}`) ?? []) expect(mail.text).toContain(code);
  }
  expect(baton.simulator.emails).toHaveLength(PEOPLE);
  const last = Math.max(...baton.simulator.emails.map(({ at }) => Date.parse(at)));
  // The figure of the README.
  // oxlint-disable-next-line no-console
  console.log(
    `${PEOPLE * EACH} released: submitted in ${Math.round((morning - spare - submitted) / 1_000)} s, ` +
      `${PEOPLE} emails, the last ${Math.round((last - morning) / 1_000)} s after the night; urgent between: ${tookMs} ms`,
  );
  expect(urgent.id).toMatch(/^hof_/);
}, 300_000);
