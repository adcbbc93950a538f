import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBaton, type Baton } from '../support/baton.ts';
import { describeInBrowser, launchChromium } from '../support/chromium.ts';
import { linkIn } from '../support/pages.ts';
import { buildSubmission } from '../support/samples.ts';

/** Where pictures of each page go, to be looked at; none are taken without it. */
const PICTURES = process.env['PAGE_PICTURES'];

describeInBrowser('the page of a handoff', () => {
  let baton: Baton;
  let browser: Browser;

  beforeAll(async () => {
    [baton, browser] = await Promise.all([startBaton(), launchChromium()]);
  });
  afterAll(async () => {
    await browser.close();
    await baton.stop();
  });

  let leads = 0;
  /** Hands off, and opens Alice's link on a phone without JavaScript. */
  async function open(scheme: 'light' | 'dark' = 'light'): Promise<{ page: Page; id: string }> {
    leads += 1;
    const lead = `Maria Lopez ${leads}`;
    const { id } = await baton.submit(
      buildSubmission({
        brief: {
          subject: `${lead}, Acme Corp`,
          summary: 'Compared Pro and Team twice today; asked about seats for 40 people.',
          score: { value: 92, outOf: 100, meaning: 'top 3 % this month' },
          origin: 'pricing page',
          facts: [
            { label: 'Team size', value: '40' },
            { label: 'Current tool', value: 'spreadsheets' },
          ],
          details: '13:58 opened the pricing page\n14:00 chat: "Do you have seats for 40?"',
        },
        action: {
          do: `Call ${lead}`,
          within: 'PT5M',
          contact: { name: lead, phone: '+15125550147', email: 'maria@acme.example' },
          say: 'Ask about the roll-out for 40 seats.',
          outcomes: ['reached', 'no-answer', 'bad-lead'],
        },
      }),
    );
    const sms = await baton.phone('alice').expectSms(new RegExp(`Call ${lead} by`));
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      colorScheme: scheme,
      javaScriptEnabled: false,
    });
    const page = await context.newPage();
    await page.goto(linkIn(sms.body));
    return { page, id };
  }

  /** Returns what axe has against a page; it is asked in a second context, for the page itself runs no script. */
  async function review(page: Page, name: string, scheme: 'light' | 'dark' = 'light') {
    if (PICTURES !== undefined) {
      await page.screenshot({ path: join(PICTURES, `${name}-${scheme}.png`), fullPage: true });
    }
    const width = await page.evaluate('document.documentElement.scrollWidth').catch(() => 390);
    expect(width).toBeLessThanOrEqual(390);
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      colorScheme: scheme,
      bypassCSP: true,
    });
    const copy = await context.newPage();
    await copy.goto(page.url());
    await copy.evaluate(axe.source);
    const violations = await copy.evaluate<{ id: string; nodes: { html: string }[] }[]>(
      'axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations)',
    );
    await context.close();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  test('is taken, annotated and closed with three presses, by a phone without JavaScript', async () => {
    const { page, id } = await open();
    expect(await page.locator('h1').textContent()).toMatch(
      /^Call Maria Lopez 1 by (\w{3} )?\d\d:\d\d$/,
    );
    expect(await page.locator('a.call').first().getAttribute('href')).toBe('tel:+15125550147');
    expect(await review(page, 'asked')).toEqual([]);

    await page.getByRole('button', { name: 'I have it' }).click();
    expect(await page.getByRole('status').textContent()).toMatch(
      /^You have it: Call Maria Lopez 1/,
    );
    expect((await baton.read(id)).owner).toMatchObject({ responder: 'alice' });
    expect((await baton.read(id)).timeline.map(({ because }) => because)).toContain(
      'Alice Ng took it by link',
    );
    expect(await review(page, 'owned')).toEqual([]);
    await page.reload();
    await page.goBack();
    expect((await baton.read(id)).timeline.filter(({ what }) => what === 'taken')).toHaveLength(1);
    await page.goForward();

    await page.getByLabel('Write to crm').fill('She is in a meeting until two.');
    await page.getByRole('button', { name: 'Send the note' }).click();
    expect(await page.getByRole('status').textContent()).toBe('Sent: crm has your note.');
    const notes = page.frameLocator('iframe');
    await notes.locator('li', { hasText: 'She is in a meeting until two.' }).waitFor();
    await page.getByLabel('Write to crm').fill('still typing');
    await baton.call('POST', `/v1/handoffs/${id}/notes`, { text: 'She is back already.' });
    await notes.locator('li', { hasText: 'She is back already.' }).waitFor();
    expect(await page.getByLabel('Write to crm').inputValue()).toBe('still typing');
    expect(await review(page, 'talking')).toEqual([]);

    await page.getByLabel('A note').fill('wants a demo on Friday');
    await page.getByRole('button', { name: 'Done: reached' }).click();
    expect(await page.getByRole('status').textContent()).toContain('Done (reached)');
    const view = await baton.waitForStatus(id, 'resolved');
    expect(view.ending).toMatchObject({ outcome: 'reached', note: 'wants a demo on Friday' });
    expect(await page.locator('body').textContent()).not.toContain('555 0147');
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await review(page, 'closed')).toEqual([]);
    await page.context().close();
  });

  test('in the dark: later, then somebody else takes it, then it is taken over', async () => {
    const { page, id } = await open('dark');
    expect(await review(page, 'asked', 'dark')).toEqual([]);
    await page.getByRole('button', { name: 'Later: 15 min' }).click();
    expect(await page.getByRole('status').textContent()).toMatch(/^Later: you are asked again at/);

    await baton.call('POST', `/v1/handoffs/${id}/take`, { responder: 'bob' });
    await page.reload();
    expect(await page.locator('.state').textContent()).toMatch(/^Bob Diaz has it since/);
    expect(await review(page, 'taken', 'dark')).toEqual([]);
    await page.getByRole('button', { name: 'Take it over' }).click();
    expect((await baton.read(id)).owner).toMatchObject({ responder: 'alice' });
    expect(await review(page, 'owned', 'dark')).toEqual([]);

    await page.getByRole('button', { name: 'Pass it on' }).click();
    expect(await page.getByRole('status').textContent()).toMatch(/^Passed on/);
    expect((await baton.read(id)).owner).toBeUndefined();
    await page.context().close();
  });

  test('a wrong link says so, and what to do', async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    await page.goto(`${baton.url}/h/alice.wrong`);
    expect(await page.locator('h1').textContent()).toBe('No such page');
    expect(await review(page, 'wrong')).toEqual([]);
    await context.close();
  });
});
