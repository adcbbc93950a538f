import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { choosePort, type TemporalServer } from '../../../src/temporal/server.ts';
import { startBaton, TEST_ACCOUNT, type Baton } from '../../../test/support/baton.ts';
import { describeInBrowser, launchChromium } from '../../../test/support/chromium.ts';
import { makeDataDirectory } from '../../../test/support/development.ts';
import { linkIn } from '../../../test/support/pages.ts';
import { startTestServer } from '../../../test/support/test-server.ts';
import { startBot, type BotProcess } from './support/bot-process.ts';

/** Where pictures go, to be looked at; none are taken without it. */
const PICTURES = process.env['PAGE_PICTURES'];

describeInBrowser('the chat', () => {
  let baton: Baton;
  let temporal: TemporalServer;
  let temporalPort: number;
  let browser: Browser;
  let data: Awaited<ReturnType<typeof makeDataDirectory>>;
  const bots: BotProcess[] = [];

  beforeAll(async () => {
    data = await makeDataDirectory();
    temporalPort = await choosePort();
    temporal = await startTemporal();
    [baton, browser] = await Promise.all([startBaton({ temporal }), launchChromium()]);
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all(bots.map((bot) => bot.stop()));
    // The design test has nothing against what the bot hands off.
    expect(bots.map((bot) => bot.output()).join('\n')).not.toContain('Baton has a finding');
    await baton.stop();
    await temporal.stop();
    await data.remove();
  });

  const startTemporal = () =>
    startTestServer({ databaseFile: join(data.path, 'temporal.db'), port: temporalPort });

  /** Ends Temporal at once, as a crash would. */
  async function killTemporal(): Promise<void> {
    const record = readFileSync(join(data.path, 'temporal.db.server.json'), 'utf8');
    process.kill((JSON.parse(record) as { pid: number }).pid, 'SIGKILL');
    // Resolves once it is gone.
    await temporal.stop();
  }

  async function start(env: Readonly<Record<string, string>>): Promise<BotProcess> {
    const bot = await startBot({
      BATON_URL: baton.url,
      BATON_KEY: TEST_ACCOUNT.apiKey,
      BOT_POLICY: 'slow',
      ...env,
    });
    bots.push(bot);
    return bot;
  }

  async function openPhone(url: string, javaScriptEnabled = true): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      javaScriptEnabled,
    });
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.getByLabel('Your message').fill(text);
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.locator('li.customer', { hasText: text }).waitFor();
  }

  const saidBy = (page: Page, who: 'bot' | 'person', text: string | RegExp) =>
    page.locator(`li.${who}`, { hasText: text }).waitFor();

  /** Returns what axe has against a page, asked in a copy of it, for the page itself runs no foreign script. */
  async function review(page: Page, name: string): Promise<string[]> {
    if (PICTURES !== undefined) {
      await page.screenshot({ path: join(PICTURES, `chat-${name}.png`), fullPage: true });
    }
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      bypassCSP: true,
      storageState: await page.context().storageState(),
    });
    const copy = await context.newPage();
    await copy.goto(page.url());
    expect(await copy.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await copy.evaluate(axe.source);
    const found = await copy.evaluate<{ id: string; nodes: { html: string }[] }[]>(
      'axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations)',
    );
    await context.close();
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  test('a customer is answered, handed off, talked to, and comes back to the bot, while everything crashes', async () => {
    const env = { PORT: String(await choosePort()), BOT_DATA: join(data.path, 'story.db') };
    let bot = await start(env);
    const page = await openPhone(bot.url);
    expect(await review(page, 'empty')).toEqual([]);
    await page.getByLabel('Your name, if you like').fill('Maria Lopez');
    await say(page, 'How much is it for a team?');
    await saidBy(page, 'bot', '9 euros a person a month');
    await say(page, 'can i tlak to a person about 4111 1111 1111 1111 https://evil.example/x');
    await saidBy(page, 'bot', 'I am asking a colleague to come');

    const sms = await baton.phone('alice').expectSms(/Talk to Maria Lopez in the web chat by/);
    expect(sms.body).not.toMatch(/4111|evil|euros/);
    await page.locator('#state', { hasText: 'I am asking Alice Ng.' }).waitFor();
    expect(await review(page, 'waiting')).toEqual([]);

    // The bot dies with a message just kept; what happens meanwhile is not lost.
    await say(page, 'It is about an invoice of March.');
    await bot.kill();
    await baton.worker.kill();
    baton.worker = await baton.startWorker();
    await baton.phone('alice').reply('1');
    bot = await start(env);
    await saidBy(page, 'bot', 'Alice Ng has it now');
    await page.locator('#with', { hasText: 'You are talking to Alice Ng.' }).waitFor();

    const desk = await openPhone(linkIn(sms.body), false);
    const notes = desk.frameLocator('iframe.notes');
    await notes.locator('li', { hasText: 'It is about an invoice of March.' }).waitFor();
    await desk.getByLabel('Write to crm').fill('Hello Maria, which <number> is on it?');
    await desk.getByRole('button', { name: 'Send the note' }).click();
    await saidBy(page, 'person', 'Hello Maria, which <number> is on it?');
    expect(await review(page, 'talking')).toEqual([]);

    // What somebody is writing stays while the frame looks again, by itself or when asked to after an outage.
    await desk.getByLabel('Write to crm').fill('I am still typing');
    await say(page, 'I am looking for it.');
    await notes.locator('li', { hasText: 'I am looking for it.' }).waitFor();
    await Promise.all([baton.api.kill(), baton.worker.kill()]);
    await killTemporal();
    await say(page, 'Number 2207.');
    temporal = await startTemporal();
    [baton.api, baton.worker] = await Promise.all([baton.startApi(), baton.startWorker()]);
    await expect
      .poll(
        async () => {
          await desk.getByRole('link', { name: 'Look for new notes' }).click();
          return await notes.locator('li', { hasText: 'Number 2207.' }).count();
        },
        { timeout: 60_000, interval: 1_000 },
      )
      .toBe(1);
    expect(await desk.getByLabel('Write to crm').inputValue()).toBe('I am still typing');
    if (PICTURES !== undefined) {
      await desk.screenshot({ path: join(PICTURES, 'chat-desk.png'), fullPage: true });
    }
    expect(await page.locator('li.customer', { hasText: 'Number 2207.' }).count()).toBe(1);

    await desk.getByLabel('A note, if it needs one').fill('the invoice is sent again today');
    await desk.getByRole('button', { name: 'Done: solved' }).click();
    await saidBy(page, 'bot', 'What was agreed: solved: the invoice is sent again today');
    await say(page, 'How do I export?');
    await saidBy(page, 'bot', 'An administrator can export everything');
    expect(await page.locator('li.person').count()).toBe(1);
    expect(await review(page, 'after')).toEqual([]);
    const [handedOff] = await baton
      .call('GET', '/v1/handoffs')
      .then(({ body }) => (body as { handoffs: { id: string }[] }).handoffs);
    const view = await baton.read(handedOff?.id ?? '');
    expect(view.brief.details).toMatch(/Maria Lopez|Customer: How much is it for a team\?/);
    await page.context().close();
    await desk.context().close();
  });

  test('nobody comes: the bot says so, and a call is asked for, taken and told of', async () => {
    const bot = await start({
      PORT: '0',
      BOT_DATA: join(data.path, 'nobody.db'),
      BOT_PATIENCE_SECONDS: '1',
    });
    const page = await openPhone(bot.url);
    await say(page, 'agent please');
    await baton.phone('alice').expectSms(/Talk to visitor \w{4} in the web chat/);
    await saidBy(page, 'bot', 'nobody has come so far');
    expect(await review(page, 'nobody')).toEqual([]);

    await page.getByLabel('Your name', { exact: true }).fill('Tom Baker');
    await page.getByLabel('Your phone number').fill('(512) 555-0199');
    await page.getByRole('button', { name: 'Ask for the call' }).click();
    await saidBy(page, 'bot', 'call you at +15125550199');
    const sms = await baton.phone('alice').expectSms(/Call Tom Baker back/);
    expect(sms.body).toContain('+1 512 555 0199');
    const code = /\(?([A-Z]{2}\d{2})\)?/.exec(sms.body)?.[1] ?? '';
    await baton.phone('alice').reply(`1 ${code}`);
    await saidBy(page, 'bot', 'Alice Ng has your request and will call you.');
    await baton.phone('alice').reply(`done ${code} reached`);
    await saidBy(page, 'bot', 'Alice Ng has called you');
    await page.context().close();
  });
});
