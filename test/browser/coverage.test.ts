import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALONE_KEY, startApiAlone, type LonelyApi } from '../support/api-alone.ts';
import { describeInBrowser, launchChromium } from '../support/chromium.ts';
import { makeDataDirectory } from '../support/development.ts';

const DIRECTORY = `organisation:
  timezone: America/New_York
  quietHours:
    - { days: mon-fri, from: '20:00', to: '08:00' }
    - { days: sat-sun, from: '00:00', to: '24:00' }
responders:
  alice: { name: Alice Ng, phone: '+15005550010', email: alice@example.com }
  bob: { name: Bob Diaz, phone: '+15005550011', timezone: America/Chicago }
  carol: { name: Carol Okafor, phone: '+15005550012', email: carol@example.com, timezone: Europe/London }
`;
const POLICIES = `inbound-sales:
  lastResort: { notify: [carol], email: [sales-leads@example.com] }
  urgent:
    tiers:
      - { notify: [alice], ladder: [sms], escalateAfter: 5m }
      - { notify: [bob], ladder: [sms], escalateAfter: 5m }
      - { notify: [carol], ladder: [sms], escalateAfter: 10m }
  routine:
    tiers:
      - { notify: [alice], ladder: [email], escalateAfter: 4h }
`;

describeInBrowser('the coverage page', () => {
  let data: Awaited<ReturnType<typeof makeDataDirectory>>;
  let api: LonelyApi;
  let browser: Browser;

  beforeAll(async () => {
    data = await makeDataDirectory();
    const files = {
      directory: join(data.path, 'directory.yaml'),
      policies: join(data.path, 'policies.yaml'),
    };
    await Promise.all([writeFile(files.directory, DIRECTORY), writeFile(files.policies, POLICIES)]);
    [api, browser] = await Promise.all([startApiAlone(files), launchChromium()]);
  });
  afterAll(async () => {
    await browser.close();
    await api.stop();
    await data.remove();
  });

  test.each([
    ['a desk', 1280],
    ['a phone', 390],
  ])('opens on %s with the key as password, and only the grid scrolls', async (_, width) => {
    const page = await browser.newPage({
      viewport: { width, height: 844 },
      httpCredentials: { username: 'me', password: ALONE_KEY },
    });
    const troubles: string[] = [];
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('console', (message) => {
      // Chromium reports the challenge to which it then sends the password.
      if (message.type() === 'error' && !message.text().includes('401')) {
        troubles.push(message.text());
      }
    });

    await page.goto(`${api.url}/v1/policies/inbound-sales/coverage`);
    expect(await page.locator('h1').innerText()).toBe('inbound-sales');
    expect(await page.locator('.verdict').innerText()).toMatch(/\d gaps\n[^]*urgent: /);
    expect(await page.locator('table').count()).toBe(2);
    const [body, visible, colour] = await page.evaluate<[number, number, string]>(
      `[document.documentElement.scrollWidth, document.documentElement.clientWidth,
        getComputedStyle(document.querySelector('td.gap')).backgroundColor]`,
    );
    expect(body).toBe(visible);
    // The style sheet is in the page: the security policy lets it in.
    expect(colour).toBe('rgb(179, 54, 43)');
    expect(troubles).toEqual([]);
    await page.close();
  });
});
