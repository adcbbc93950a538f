import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createBatonClient } from 'baton/client';
import { createApp } from './app.ts';
import { createBot } from './bot.ts';
import { startCourier } from './courier.ts';
import { createKnowledge, readArticles } from './knowledge.ts';
import { readSettings } from './settings.ts';
import { openStore } from './store.ts';
import { sayAsWritten, wordWithModel } from './wording.ts';

const settings = readSettings(process.env);
const store = openStore(settings.BOT_DATA);
const knowledge = createKnowledge(
  readArticles(fileURLToPath(new URL('../articles', import.meta.url))),
);
const changes = new EventEmitter().setMaxListeners(0);
const changed = (conversation: string): void => {
  changes.emit(conversation);
};

const { BOT_MODEL: model } = settings;
const bot = createBot({
  store,
  knowledge,
  word:
    model === undefined
      ? sayAsWritten
      : wordWithModel({
          model,
          host: settings.OLLAMA_HOST,
          report: (why) => {
            console.error(why);
          },
        }),
  policy: settings.BOT_POLICY,
  callbackPolicy: settings.BOT_CALLBACK_POLICY ?? settings.BOT_POLICY,
  changed,
  wake: () => {
    courier.wake();
  },
});
const courier = startCourier({
  store,
  baton: createBatonClient({ baseUrl: settings.BATON_URL, apiKey: settings.BATON_KEY }),
  patienceMs: settings.BOT_PATIENCE_SECONDS * 1_000,
  nudgeMs: settings.BOT_NUDGE_SECONDS * 1_000,
  policy: settings.BOT_POLICY,
  changed,
  resume: () => {
    bot.resume();
  },
});
bot.resume();

const app = createApp({
  store,
  bot,
  courier,
  changes,
  policy: settings.BOT_POLICY,
  country: settings.BOT_COUNTRY,
  timezone: settings.BOT_TIMEZONE,
});
const server = createServer(app);
server.listen(settings.PORT, settings.HOST);
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
console.log(`The chat is at http://${settings.HOST}:${port}
Baton is at ${settings.BATON_URL}; answers are ${model === undefined ? 'the articles as written' : `worded by ${model}`}.
Ctrl-C stops the bot; the conversations stay in ${settings.BOT_DATA}.`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    void Promise.all([bot.settled(), courier.stop()]).finally(() => {
      store.close();
      process.exit();
    });
  });
}
