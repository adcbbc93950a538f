import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { choosePort, type TemporalServer } from '../../../src/temporal/server.ts';
import {
  startBaton,
  TEST_ACCOUNT,
  TEST_FILES,
  TEST_SECRET,
  type Baton,
} from '../../../test/support/baton.ts';
import { describeInBrowser, launchChromium } from '../../../test/support/chromium.ts';
import { makeDataDirectory } from '../../../test/support/development.ts';
import { startTestServer } from '../../../test/support/test-server.ts';
import { openStore } from '../src/store.ts';
import { startLeads, type LeadsProcess } from './processes.ts';

/** Where pictures go, to be looked at; none are taken without it. */
const PICTURES = process.env['PAGE_PICTURES'];
const SOON = { timeout: 30_000 };

describeInBrowser('lead scoring beside Baton', () => {
  let data: Awaited<ReturnType<typeof makeDataDirectory>>;
  let temporal: TemporalServer;
  let temporalPort: number;
  let baton: Baton;
  let browser: Browser;
  let leads: LeadsProcess;
  let page: Page;
  let env: Readonly<Record<string, string>>;

  const startTemporal = () =>
    startTestServer({ databaseFile: join(data.path, 'temporal.db'), port: temporalPort });

  beforeAll(async () => {
    data = await makeDataDirectory();
    temporalPort = await choosePort();
    temporal = await startTemporal();
    const policies = fileURLToPath(new URL('./policies.yaml', import.meta.url));
    [baton, browser] = await Promise.all([
      startBaton({ temporal, files: { ...TEST_FILES, policies } }),
      launchChromium(),
    ]);
    env = {
      PORT: String(await choosePort()),
      BATON_URL: baton.url,
      BATON_KEY: TEST_ACCOUNT.apiKey,
      BATON_SECRET: TEST_SECRET,
      LEADS_POLICY: 'leads',
      LEADS_DATABASE: join(data.path, 'leads.db'),
      LEADS_EXPLORE: '0',
    };
    leads = await startLeads(env);
    page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  });
  afterAll(async () => {
    await browser.close();
    await leads.stop();
    await baton.stop();
    await temporal.stop();
    await data.remove();
  });

  /** Has a hot visitor come, by the button of the page. */
  async function comeHot(): Promise<void> {
    await page.goto(leads.url);
    await page.getByRole('button', { name: 'A hot visitor comes' }).click();
    await page.getByText('Maria Lopez').first().waitFor();
  }
  const latest = async (): Promise<string> => {
    await page.goto(leads.url);
    return page.locator('li').first().innerText();
  };
  const readLabels = () => {
    const store = openStore(join(data.path, 'leads.db'));
    try {
      return store.labels().filter(({ key }) => key.startsWith('handoff:'));
    } finally {
      store.close();
    }
  };
  const answer = async (text: string): Promise<string> =>
    (await baton.phone('alice').reply(text)).answers.join('\n');
  const codeIn = (text: string): string => /\b[A-Z]{2}\d\d\b/.exec(text)?.[0] ?? '';

  async function picture(name: string): Promise<void> {
    if (PICTURES === undefined) return;
    await page.screenshot({ path: join(PICTURES, `leads-${name}.png`), fullPage: true });
  }

  test('score, SMS, reply, outcome, label', async () => {
    expect(leads.output()).toMatch(/10000 leads are invented[^]*the new model/);
    await page.goto(leads.url);
    await picture('empty');
    await comeHot();
    const alice = baton.phone('alice');
    const sms = await alice.expectSms(/Call Maria Lopez by/);
    expect(sms.body).toContain('+1 512 555 0147');
    expect(sms.body).toMatch(/Score \d\d\/100/);
    expect(await latest()).toMatch(/urgent: handed off/);
    expect(await answer('1')).toMatch(/You have it/);
    await expect.poll(latest, SOON).toMatch(/urgent: taken by Alice Ng/);
    await picture('taken');
    expect(await answer('done bad-lead')).toMatch(/bad-lead/);
    await expect.poll(latest, SOON).toMatch(/bad-lead/);
    await picture('done');
    expect(readLabels()).toMatchObject([{ outcome: 'bad-lead' }]);
    expect(await page.locator('dl').innerText()).toMatch(/of which 1 came back from people/);

    const copy = await browser.newPage({ viewport: { width: 390, height: 844 }, bypassCSP: true });
    await copy.goto(leads.url);
    await copy.evaluate(axe.source);
    const found = await copy.evaluate<{ id: string }[]>(
      'axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations)',
    );
    expect(found.map(({ id }) => id)).toEqual([]);
    expect(await copy.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await copy.close();
  });

  test('goes on when Baton was away, when it is killed itself, and when Temporal is', async () => {
    const alice = baton.phone('alice');
    await baton.api.kill();
    await comeHot();
    expect(await latest()).toMatch(/Baton is being told/);
    await leads.kill();
    baton.api = await baton.startApi();
    leads = await startLeads(env);
    const sms = await alice.expectSms(/Call Maria Lopez by/);
    const code = codeIn(sms.body);

    const { pid } = JSON.parse(
      readFileSync(join(data.path, 'temporal.db.server.json'), 'utf8'),
    ) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await temporal.stop();
    await baton.worker.kill();
    temporal = await startTemporal();
    baton.worker = await baton.startWorker();

    // The outcome comes while nobody listens for it.
    await leads.kill();
    expect(await answer(`1 ${code}`)).toMatch(/You have it/);
    expect(await answer(`${code} done reached`)).toMatch(/reached/);
    leads = await startLeads(env);
    await expect
      .poll(() => readLabels().map(({ outcome }) => outcome), SOON)
      .toEqual(['bad-lead', 'reached']);
    expect(await latest()).toMatch(/reached/);
  });
});
