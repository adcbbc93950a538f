/*
 * How long the coverage of a week takes: a policy with three tiers, twenty people in four zones with quiet hours
 * and meetings, all three urgencies. Prints the first run of a fresh process and the median of ten.
 */
import { Agendas } from '../../src/domain/availability/agenda.ts';
import { createSituation, type BusyTime } from '../../src/domain/availability/situation.ts';
import { coverPolicy } from '../../src/domain/coverage.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import { policiesSchema } from '../../src/domain/policy.ts';

const HOUR_MS = 3_600_000;
const ZONES = ['America/New_York', 'Europe/London', 'Asia/Kathmandu', 'Australia/Lord_Howe'];
const ids = Array.from({ length: 20 }, (_, index) => `person${index}`);

const directory = directorySchema.parse({
  organisation: {
    timezone: 'America/New_York',
    quietHours: [
      { days: 'mon-fri', from: '20:00', to: '08:00' },
      { days: 'sat-sun', from: '00:00', to: '24:00' },
    ],
  },
  responders: Object.fromEntries(
    ids.map((id, index) => [
      id,
      { name: id, phone: `+1500555${1000 + index}`, timezone: ZONES[index % ZONES.length] },
    ]),
  ),
  teams: { one: ids.slice(0, 6), two: ids.slice(6, 12), three: ids.slice(12) },
});
const tiers = ['one', 'two', 'three'].map((team) => ({
  notify: [`team:${team}`],
  ladder: ['sms'],
  escalateAfter: '10m',
}));
const lastResort = { notify: ['person0'] };
const { usual } = policiesSchema.parse({
  usual: { lastResort, critical: { tiers }, urgent: { tiers, repeat: 1 }, routine: { tiers } },
});
if (!usual) throw new Error('the policy is missing');

const now = Date.now();
/** Two meetings a day for everybody. */
const times: BusyTime[] = Array.from({ length: 20 }, (_, index) => ({
  from: now + index * 12 * HOUR_MS,
  until: now + index * 12 * HOUR_MS + HOUR_MS,
  kind: 'busy',
}));
const calendars = { busyTimes: () => ({ times }), shifts: () => ({ times: [] }) };

const runs: number[] = [];
for (let run = 0; run < 11; run += 1) {
  const startedAt = performance.now();
  const agendas = new Agendas(directory, createSituation(calendars));
  coverPolicy({ name: 'usual', policy: usual }, agendas, { from: now });
  runs.push(performance.now() - startedAt);
}
const [first = 0, ...others] = runs;
const median = others.sort((one, other) => one - other)[5] ?? 0;
console.log(
  `coverage of a week, 3 tiers, 20 people, 3 urgencies: first ${first.toFixed(0)} ms, then median ${median.toFixed(0)} ms`,
);
