import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { describeInBrowser, launchChromium } from '../support/chromium.ts';
import { makeDataDirectory, startDevelopment, type Development } from '../support/development.ts';

describeInBrowser('the phones page', () => {
  const stops: (() => Promise<void>)[] = [];
  let development: Development;
  let browser: Browser;
  let page: Page;
  const troubles: string[] = [];

  // One after the other: what came up is stopped also when the next one does not.
  beforeAll(async () => {
    const data = await makeDataDirectory();
    stops.push(data.remove);
    browser = await launchChromium();
    stops.push(() => browser.close());
    development = await startDevelopment(data.path);
    stops.push(() => development.entry.stop());
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') troubles.push(message.text());
    });
  });
  afterAll(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  test('shows a lead delivered, escalated, taken by a reply and resolved, and its timeline', async () => {
    const text = (id: string): Promise<string> => page.getByTestId(id).innerText();
    onTestFailed(async () => {
      process.stderr.write(`${development.entry.output()}\n${troubles.join('\n')}\n`);
      process.stderr.write(`The page shows:\n${await page.locator('body').innerText()}\n`);
    });
    await page.goto(development.phones);

    await page.getByTestId('sample-hot-lead').click();
    await expect.poll(() => text('phone-alice')).toMatch(/URGENT: Call Maria Lopez (from .+ )?by/);
    await expect.poll(() => text('phone-bob')).toContain('Alice Ng has not answered');

    await page.getByTestId('quick-bob-1').click();
    await expect.poll(() => text('phone-bob')).toContain('You have it: Call Maria Lopez');
    await expect.poll(() => text('phone-alice')).toContain('Stand down: Bob Diaz has it');

    await page.getByTestId('reply-bob').fill('done reached');
    await page.getByTestId('send-bob').click();
    await expect.poll(() => text('phone-bob')).toContain('Done (reached): Maria Lopez');

    await page.locator('[data-testid^="handoff-hof_"]').first().click();
    await expect.poll(() => text('timeline')).toMatch(/Bob Diaz/);
    await expect.poll(() => text('timeline')).toContain('resolved');
    await expect.poll(() => text('timeline')).toContain('Alice Ng has not answered');
    expect(troubles).toEqual([]);
  });

  test('fits a phone: nothing is wider than the screen', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const widths = await page.evaluate<number[]>(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    );
    expect(widths[0]).toBe(widths[1]);
  });

  test('shows the API docs without an error', async () => {
    const docs = await browser.newPage();
    const errors: string[] = [];
    docs.on('pageerror', (error) => errors.push(error.message));
    await docs.goto(development.docs);
    await expect.poll(() => docs.locator('body').innerText()).toContain('/v1/handoffs');
    expect(errors).toEqual([]);
    await docs.close();
  });
});
