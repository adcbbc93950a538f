import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInBrowser, launchChromium } from '../support/chromium.ts';
import { makeDataDirectory, startDevelopment, type Development } from '../support/development.ts';

const LATER = { timeout: 20_000 };

describeInBrowser('the phones page', () => {
  let data: Awaited<ReturnType<typeof makeDataDirectory>>;
  let development: Development;
  let browser: Browser;
  let page: Page;
  const troubles: string[] = [];

  beforeAll(async () => {
    data = await makeDataDirectory();
    [development, browser] = await Promise.all([startDevelopment(data.path), launchChromium()]);
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') troubles.push(message.text());
    });
  });
  afterAll(async () => {
    await browser.close();
    await development.entry.stop();
    await data.remove();
  });

  test('shows a lead delivered, escalated, taken by a reply and resolved, and its timeline', async () => {
    const text = (id: string): Promise<string> => page.getByTestId(id).innerText();
    await page.goto(development.phones);

    await page.getByTestId('sample-hot-lead').click();
    await expect
      .poll(() => text('phone-alice'), LATER)
      .toMatch(/URGENT: Call Maria Lopez (from .+ )?by/);
    await expect.poll(() => text('phone-bob'), LATER).toContain('Alice Ng has not answered');

    await page.getByTestId('quick-bob-1').click();
    await expect.poll(() => text('phone-bob'), LATER).toContain('You have it: Call Maria Lopez');
    await expect.poll(() => text('phone-alice'), LATER).toContain('Stand down: Bob Diaz has it');

    await page.getByTestId('reply-bob').fill('done reached');
    await page.getByTestId('send-bob').click();
    await expect.poll(() => text('phone-bob'), LATER).toContain('Done (reached): Maria Lopez');

    await page.locator('[data-testid^="handoff-hof_"]').first().click();
    await expect.poll(() => text('timeline'), LATER).toMatch(/Bob Diaz/);
    await expect.poll(() => text('timeline'), LATER).toContain('resolved');
    expect(await text('timeline')).toContain('Alice Ng has not answered');
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
    await expect.poll(() => docs.locator('body').innerText(), LATER).toContain('/v1/handoffs');
    expect(errors).toEqual([]);
    await docs.close();
  });
});
