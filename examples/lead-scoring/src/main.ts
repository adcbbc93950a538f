/*
 * Lead scoring that hands off: `npm start`. Every part is in a file of its own; this one puts them together.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBatonClient } from 'baton/client';
import { createApp } from './app.ts';
import { readConfig } from './config.ts';
import { openDesk } from './desk.ts';
import { inventLeads } from './generator.ts';
import { describeTraining, retrain } from './retrain.ts';
import { createScoring } from './scoring.ts';
import { openStore, type Store } from './store.ts';

const INVENTED = 10_000;

const config = readConfig(process.env);
const log = (line: string): void => {
  console.log(line);
};
const store = openStore(config.LEADS_DATABASE);
const isDemo = config.LEADS_DEMO === 'on';
if (isDemo && !store.currentModel()) {
  if (store.countLabels().all === 0) inventHistory(store);
  log(describeTraining(retrain(store)));
}

const server = createServer();
server.listen(config.PORT, config.HOST);
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const url = `http://${config.HOST}:${port}`;

const desk = openDesk({
  store,
  baton: createBatonClient({ baseUrl: config.BATON_URL, apiKey: config.BATON_KEY, maxAttempts: 3 }),
  log,
});
const scoring = createScoring({
  store,
  policy: config.LEADS_POLICY,
  callbackUrl: `${config.LEADS_URL ?? url}/hooks/baton`,
  hours: config.LEADS_HOURS,
  urgentFrom: config.LEADS_URGENT,
  routineFrom: config.LEADS_ROUTINE,
  explore: config.LEADS_EXPLORE,
  timezone: config.LEADS_TIMEZONE,
  country: config.LEADS_COUNTRY,
  onErrand: () => {
    desk.wake();
  },
});
server.on(
  'request',
  createApp({
    store,
    scoring,
    desk,
    secrets: config.BATON_SECRET.split(','),
    writeKey: config.LEADS_WRITE_KEY,
    isDemo,
  }),
);
log(`
Leads are scored.

  Leads      ${url}/
  Baton      ${config.BATON_URL}
  Model      ${store.currentModel()?.version ?? 'none yet: npm run import, then npm run train'}
${
  isDemo
    ? `
Press "A hot visitor comes" there, or send events as Segment does:

  curl -u ${config.LEADS_WRITE_KEY}: -H 'Content-Type: application/json' ${url}/v1/batch -d @${new URL('../samples/hot-visit.json', import.meta.url).pathname}
`
    : ''
}
Ctrl-C ends it; what came in is kept, and it goes on at the next start.`);

await new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      resolve();
    });
});
server.closeAllConnections();
server.close();
await desk.stop();
store.close();

/** Something to learn from, so that there is a model at the first start. */
function inventHistory(into: Store): void {
  log(`There are no outcomes yet: ${INVENTED} leads are invented to learn from.`);
  into.together(() => {
    const until = new Date(Date.now() - 86_400_000 * 3).toISOString();
    for (const { events, label } of inventLeads({ seed: 1, count: INVENTED, until, days: 45 })) {
      for (const event of events) into.addEvent({ event });
      into.addLabel(label);
    }
  });
}
