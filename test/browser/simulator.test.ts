import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { alice, from, startWorld, type World } from '../simulator/harness.ts';
import { describeInBrowser, launchChromium } from '../support/chromium.ts';

const SOON = { timeout: 10_000 };
/** Where pictures of the page go, when somebody wants to look at them. */
const PICTURES = process.env['SIMULATOR_PICTURES'];

describeInBrowser('the simulator', () => {
  let browser: Browser;
  let page: Page;
  let world: World;
  const troubles: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    world = await startWorld({ samples: [{ name: 'hot-lead', label: 'Hot lead', body: {} }] });
    world.baton.twimlFor = speak;
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') troubles.push(message.text());
    });
    await page.goto(world.url);
  });
  afterEach(async () => {
    await page.close();
    await world.close();
    expect(troubles.splice(0)).toEqual([]);
  });

  const id = (testId: string): ReturnType<Page['getByTestId']> => page.getByTestId(testId);
  const text = (testId: string): Promise<string> => id(testId).innerText();

  const call = async (to = alice): Promise<string> => {
    const { sid } = await world.twilio.calls.create({
      to,
      from,
      url: `${world.baton.url}/webhooks/twilio/voice`,
      machineDetection: 'Enable',
    });
    await expect.poll(() => text(`call-${sid}`), SOON).toContain('Ringing');
    return sid;
  };
  const mail = async (): Promise<string> => {
    await world.sendgrid.send({
      to: 'alice@example.com',
      from: { email: 'baton@example.com', name: 'Baton' },
      replyTo: 'r+abc@reply.example.com',
      subject: 'URGENT: Call Maria Lopez by Mon 23 Nov 10:05 (KM47)',
      text: 'Call Maria Lopez by 10:05\n\nReply 1 to take it.',
      html: `<h1 style="font:600 20px sans-serif">Call Maria Lopez by 10:05</h1>
        <p><a href="${world.baton.url}/v1/take?token=abc">Take it or pass</a></p><script>parent.hacked = 1</script>`,
    });
    return world.simulator.emails.at(-1)?.id ?? '';
  };

  describe.each([
    ['a desk', 1280],
    ['a phone', 390],
  ])('on %s', (_, width) => {
    const look = async (what: string): Promise<void> => {
      if (PICTURES !== undefined)
        await page.screenshot({ path: `${PICTURES}/${what}-${width}.png` });
    };
    const expectNoSideways = async (): Promise<void> => {
      const [all, visible] = await page.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      );
      expect(all).toBe(visible);
    };
    beforeEach(() => page.setViewportSize({ width, height: 844 }));

    test('a call rings, is answered, is heard and given a key', async () => {
      await world.twilio.messages.create({
        to: alice,
        from,
        body: 'URGENT: Call Maria Lopez by 10:05. Reply 1 to take, 2 to pass. (KM47)',
      });
      const sid = await call();
      expect(await page.title()).toBe('☎ Alice Ng');
      await look('ringing');

      await id(`answer-${sid}`).click();
      await expect.poll(() => text(`call-${sid}`), SOON).toContain('Urgent for Alice');
      expect(await text(`call-${sid}`)).toContain('Baton listens for a key');
      await look('talking');
      await expectNoSideways();

      await id(`key-${sid}-1`).click();
      await expect.poll(() => text(`call-${sid}`), SOON).toContain('You have it.');
      expect(await text(`call-${sid}`)).toMatch(/was answered · 0:0\d/);
      expect(await text(`call-${sid}`)).toContain('pressed 1');
      expect(world.baton.webhooks.at(-1)).toMatchObject({ params: { Digits: '1' } });
      expect(await page.title()).toBe('Baton simulator');
      // The latest is in view, although the call took room and gave it back.
      await expect
        .poll(
          () =>
            page.evaluate<number>(
              `(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(
                document.querySelector('[data-testid="phone-alice"] .messages'))`,
            ),
          SOON,
        )
        .toBeLessThan(2);
      await look('called');
    });

    test('an email is opened, its link works, and its answer reaches Baton', async () => {
      const mailId = await mail();
      await id(`mail-${mailId}`).click();
      await expect.poll(() => text('mail'), SOON).toContain('delivered');

      const [opened] = await Promise.all([
        page.context().waitForEvent('page'),
        page.frameLocator('#mail-html').getByRole('link').click(),
      ]);
      expect(opened.url()).toBe(`${world.baton.url}/v1/take?token=abc`);
      await opened.close();
      expect(await page.evaluate('window.hacked')).toBeUndefined();
      // What the browser says of the script in the email.
      expect(troubles.splice(0).filter((trouble) => !/sandbox|401/i.test(trouble))).toEqual([]);

      await id(`mail-reply-${mailId}`).fill('1');
      await look('mail');
      await expectNoSideways();
      // What comes meanwhile takes nothing away.
      await world.twilio.messages.create({ to: alice, from, body: 'Another one' });
      await expect.poll(() => page.getByText('Another one').count(), SOON).toBe(1);
      expect(await id(`mail-reply-${mailId}`).inputValue()).toBe('1');

      await id(`mail-send-${mailId}`).click();
      await expect.poll(() => text('mail'), SOON).toContain('Baton answered 200');
      expect(await id(`mail-reply-${mailId}`).inputValue()).toBe('');
      const reply = world.baton.webhooks.find(({ path }) => path.endsWith('/inbound'));
      expect(reply?.body.toString()).toMatch(/name="text"\r\n\r\n1\r\n/);
      await look('answered');
    });

    test('fits, with everything at once', async () => {
      await id('reception-alice').locator('summary').click();
      await page.getByTestId('email-of-alice').selectOption('bounce');
      await expect.poll(() => text('reception-alice'), SOON).toContain('email bounces');
      await mail();
      await world.simulator.reply(alice, 'STOP');
      await expect.poll(() => id('start-alice').isVisible(), SOON).toBe(true);
      await look('all');
      await expectNoSideways();
      await page.emulateMedia({ colorScheme: 'dark' });
      await look('dark');
    });
  });

  test('a call goes to voicemail, is refused, or is hung up', async () => {
    const machine = await call();
    await id(`voicemail-${machine}`).click();
    await expect.poll(() => text(`call-${machine}`), SOON).toContain('answering machine');
    await id(`hangup-${machine}`).click();
    await expect.poll(() => text(`call-${machine}`), SOON).toContain('went to voicemail');

    const refused = await call();
    await id(`busy-${refused}`).click();
    await expect.poll(() => text(`call-${refused}`), SOON).toContain('busy');
    expect(world.simulator.calls.map(({ status }) => status)).toEqual(['completed', 'busy']);
  });

  test('the keys of a keyboard are the keys of the phone', async () => {
    const sid = await call();
    await id(`answer-${sid}`).click();
    await expect.poll(() => text(`call-${sid}`), SOON).toContain('listens for a key');
    await page.keyboard.press('2');
    await expect.poll(() => text(`call-${sid}`), SOON).toContain('pressed 2');
  });

  test('a phone does as it was told when it is called, and SMS are lost', async () => {
    await id('reception-alice').locator('summary').click();
    await id('calls-of-alice').selectOption('busy');
    await id('sms-of-alice').selectOption('undelivered');
    await expect.poll(() => text('reception-alice'), SOON).toContain('Busy · SMS undelivered');

    await world.twilio.calls.create({ to: alice, from, twiml: '<Response/>' });
    await world.twilio.messages.create({ to: alice, from, body: 'Hello' });
    await expect.poll(() => text('phone-alice'), SOON).toContain('Call declined: busy');
    await expect.poll(() => text('phone-alice'), SOON).toContain('not delivered · 30003');
  });

  test('a lost email says why, and cannot be answered', async () => {
    world.simulator.faults.inject({ channel: 'email', kind: 'bounce', times: 1 });
    const mailId = await mail();
    await expect.poll(() => text(`mail-${mailId}`), SOON).toContain('bounced');
    await id(`mail-${mailId}`).click();
    expect(await text('mail')).toContain('bounced: 550 5.1.1');
    expect(await id(`mail-send-${mailId}`).isVisible()).toBe(false);
    troubles.length = 0;
  });

  test('who texted STOP sees so, and texts START by a button', async () => {
    await id('reply-alice').fill('STOP');
    await id('send-alice').click();
    await expect.poll(() => text('phone-alice'), SOON).toContain('no SMS reaches this phone');
    await id('start-alice').click();
    await expect.poll(() => id('start-alice').isVisible(), SOON).toBe(false);
    expect(world.simulator.sms.map(({ body }) => body)).toContain('START');
  });
});

/** Answers the calls' webhooks as Baton does, in short. */
function speak({ params }: { readonly params: Readonly<Record<string, string>> }): string {
  if (params['CallSid'] === undefined) return '<Response/>';
  if (params['Digits'] === '1')
    return '<Response><Say language="en-US">You have it. The number is in your messages.</Say><Hangup/></Response>';
  return `<Response><Gather numDigits="1" timeout="60" action="/webhooks/twilio/voice"><Say language="en-US">Urgent for
    Alice Ng. Call Maria Lopez by 2:05 PM. Acme Corp. Score 92 of 100, top 3 percent this month. Compared Pro and Team
    twice today. Press 1 to take it, 2 to pass, 3 for later, star to repeat.</Say></Gather></Response>`;
}
