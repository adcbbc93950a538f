import { randomUUID } from 'node:crypto';
import { readPayload, type Incoming } from './events.ts';

/** How promising an invented visitor is. */
export const TEMPERATURES = ['hot', 'warm', 'cold'] as const;
export type Temperature = (typeof TEMPERATURES)[number];

const PEOPLE = {
  hot: {
    name: 'Maria Lopez',
    email: 'maria@acme.example',
    title: 'Head of Operations',
    phone: '+15125550147',
    company: { name: 'Acme Corp', employees: 240 },
  },
  warm: {
    name: 'Tomas Berg',
    email: 'tomas@nordlys.example',
    title: 'Analyst',
    phone: '+12125550133',
    company: { name: 'Nordlys AS', employees: 30 },
  },
  cold: {
    name: 'Sam Reed',
    email: 'sam.reed@gmail.com',
    title: 'Student',
    phone: '+13035550161',
  },
} as const;

const pricing = { event: 'Page Viewed', properties: { path: '/pricing' } };
const VISITS = {
  hot: [
    ...[
      pricing,
      pricing,
      pricing,
      { event: 'Plans Compared', properties: { plans: ['Pro', 'Team'] } },
    ],
    ...[{ event: 'Demo Requested', properties: { seats: 40 } }],
  ],
  warm: [
    ...[pricing, pricing, { event: 'Plans Compared', properties: { plans: ['Free', 'Pro'] } }],
    ...[
      { event: 'Trial Started', properties: {} },
      { event: 'Feature Used', properties: {} },
    ],
  ],
  cold: [{ event: 'Page Viewed', properties: { path: '/careers' } }],
} as const;

/** Returns what a visitor did in the last minutes, as Segment would send it. They may be called: it is day where they are. */
export function inventVisit(temperature: Temperature, now: Date): readonly Incoming[] {
  const userId = `demo-${temperature}-${randomUUID().slice(0, 8)}`;
  const at = now.toISOString();
  const minutesAgo = (minutes: number): string =>
    new Date(now.getTime() - minutes * 60_000).toISOString();
  const visit = VISITS[temperature];
  return [
    readPayload(
      {
        type: 'identify',
        userId,
        traits: { ...PEOPLE[temperature], timezone: zoneAtNoon(now) },
        timestamp: minutesAgo(visit.length + 1),
      },
      at,
    ),
    ...visit.map((one, index) =>
      readPayload(
        { type: 'track', userId, ...one, timestamp: minutesAgo(visit.length - index) },
        at,
      ),
    ),
  ];
}

/** Etc/GMT-3 is three hours ahead of Greenwich, not behind. */
function zoneAtNoon(now: Date): string {
  const ahead = 12 - now.getUTCHours();
  return ahead === 0 ? 'Etc/GMT' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
}
