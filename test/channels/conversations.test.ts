import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SimulatedCall, SimulatedEmail } from '../../src/simulator/simulator.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { linkIn, pressButton } from '../support/pages.ts';
import { buildSubmission } from '../support/samples.ts';

const ALICE = '+15005550010';
const FAST_REPLIES = 100;

let baton: Baton;

beforeAll(async () => {
  baton = await startBaton({ env: { BATON_CALLS_PER_SECOND: '100' } });
});
afterAll(async () => {
  await baton.stop();
});

interface Open {
  readonly id: string;
  readonly code: string;
  readonly lead: string;
}

const opened: Open[] = [];
afterEach(async () => {
  for (const { id } of opened.splice(0))
    await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
  await delay(300);
  baton.phones.ignoreUnread();
});

let leads = 0;

/** Hands off a lead of its own, so that no message can be taken for another's. */
async function open(policy: string, assignee?: string): Promise<Open> {
  leads += 1;
  const lead = `Lead ${leads} of ${policy}`;
  const { id, code } = await baton.submit(
    buildSubmission({
      policy,
      ...(assignee !== undefined && { assignee }),
      brief: { subject: lead, summary: 'Asked for an offer for 40 people.' },
      action: {
        do: `Call ${lead}`,
        contact: { name: lead, phone: '+15125550147' },
        outcomes: ['reached', 'no-answer'],
      },
    }),
  );
  const one = { id, code, lead };
  opened.push(one);
  return one;
}

const ownerOf = async ({ id }: Open) => (await baton.read(id)).owner?.responder;

/** Waits for what the simulator has now or gets soon. */
async function find<T>(look: () => T | undefined): Promise<T> {
  await expect.poll(look, { timeout: 10_000, interval: 20 }).toBeDefined();
  return look() as T;
}

const findCall = (): Promise<SimulatedCall> =>
  find(() => baton.simulator.calls.find(({ to, status }) => to === ALICE && status === 'ringing'));
const findEmail = ({ lead }: Open): Promise<SimulatedEmail> =>
  find(() =>
    baton.simulator.emails.find(
      ({ subject, to }) => to === 'alice@example.com' && subject.includes(lead),
    ),
  );

describe('three open handoffs for one person', () => {
  async function openThree(policy = 'slow'): Promise<readonly [Open, Open, Open]> {
    const three = [await open(policy), await open(policy), await open(policy)] as const;
    return three;
  }
  const owners = async (three: readonly Open[]) => Promise.all(three.map(ownerOf));

  test('by SMS a bare 1 changes none and lists all three; with its code it takes that one', async () => {
    const alice = baton.phone('alice');
    const three = await openThree();
    for (const { lead } of three) await alice.expectSms(new RegExp(lead));

    const { answers } = await alice.reply('1');
    expect(answers).toHaveLength(1);
    for (const { code, lead } of three) expect(answers[0]).toContain(`1 ${code} - Call ${lead}`);
    expect(await owners(three)).toEqual([undefined, undefined, undefined]);

    const [first, second, third] = three;
    expect((await alice.reply(`1 ${second.code}`)).answers[0]).toMatch(
      `You have it: Call ${second.lead}`,
    );
    expect((await alice.reply(third.code.toLowerCase())).answers[0]).toMatch(
      `You have it: Call ${third.lead}`,
    );
    // "Ok" may mean the answer they have just got; the one that is left is the only one that waits.
    expect((await alice.reply('ok')).answers[0]).toContain(`${first.code} (waiting)`);
    expect((await alice.reply('1')).answers[0]).toMatch(`You have it: Call ${first.lead}`);
    expect(await owners(three)).toEqual(['alice', 'alice', 'alice']);
    expect((await alice.reply('done')).answers[0]).toContain('Which one?');
    expect((await alice.reply(`${second.code} done reached`)).answers[0]).toContain(second.code);
    await baton.waitForStatus(second.id, 'resolved');
    expect((await baton.read(second.id)).ending?.outcome).toBe('reached');
    expect(await owners([first, third])).toEqual(['alice', 'alice']);
  });

  test('by email the answer is about the one whose email it answers', async () => {
    const three = await openThree('email-first');
    const emails = [];
    for (const one of three) emails.push(await findEmail(one));
    const [, second] = three;
    const [, email] = emails;
    if (!email) throw new Error('no email');

    const answer = await baton.simulator.replyByEmail('alice@example.com', email, '1');
    expect(answer.status).toBe(204);
    await baton.waitForStatus(second.id, 'owned');
    expect(await owners(three)).toEqual([undefined, 'alice', undefined]);
    const result = await baton.phone('alice').expectEmail(/^You have it: /);
    expect(result.subject).toContain(second.lead);
    expect(result.headers['References']).toBe(email.headers['References']);

    await baton.simulator.replyByEmail(
      'alice@example.com',
      email,
      'done reached, she wants a demo',
    );
    await baton.waitForStatus(second.id, 'resolved');
  });

  test('by the page it is about the one whose link it is', async () => {
    const three = await openThree();
    const links = [];
    for (const { lead } of three)
      links.push(linkIn((await baton.phone('alice').expectSms(new RegExp(lead))).body));
    const [, , third] = three;

    const { status, html } = await pressButton(links[2] ?? '', /I have it/);
    expect(status).toBe(200);
    expect(html).toContain(third.lead);
    expect(await owners(three)).toEqual([undefined, undefined, 'alice']);
  });

  test('by phone it is about the one that is read out', async () => {
    const one = await open('voice-first');
    const call = await findCall();
    const others = [await open('slow'), await open('slow')] as const;
    baton.simulator.answerCall(call.sid);
    await find(() => (current(call.sid)?.waitingForKeys === true ? true : undefined));
    expect(spoken(call.sid)).toContain(one.lead);

    expect(baton.simulator.pressKey(call.sid, '1')).toBe(true);
    await baton.waitForStatus(one.id, 'owned');
    await expect.poll(() => spoken(call.sid)).toContain('You have it.');
    expect(await owners([one, ...others])).toEqual(['alice', undefined, undefined]);
  });

  test('by the API it is about the one that is named', async () => {
    const three = await openThree();
    const [first] = three;
    const { status } = await baton.call('POST', `/v1/handoffs/${first.id}/take`, {
      responder: 'alice',
    });
    expect(status).toBe(200);
    expect(await owners(three)).toEqual(['alice', undefined, undefined]);
  });
});

test(`a reply within 50 ms of its message finds the right handoff among three, ${FAST_REPLIES} times`, async () => {
  // In turns: messages to one phone are kept apart.
  const people = ['alice', 'bob', 'carol'] as const;
  const waiting = [];
  for (const person of [...people, ...people]) {
    const one = await open('slow', person);
    await baton.phone(person).expectSms(new RegExp(`${one.lead}\\b`));
    waiting.push(one);
  }
  let right = 0;
  for (let run = 0; run < FAST_REPLIES; run += 1) {
    const person = people[run % people.length] ?? 'alice';
    const sms = new Promise<string>((resolve) => {
      const stop = baton.simulator.onChange((change) => {
        if (change.kind !== 'sms' || !/^URGENT: Call Lead \d+/.test(change.sms.body)) return;
        stop();
        resolve(change.sms.body);
      });
    });
    const one = await open('slow', person);
    const code = /Reply 1 ([A-Z]{2}\d\d) to take/.exec(await sms)?.[1] ?? 'none';
    await delay(Math.floor((run / FAST_REPLIES) * 50));
    const { answers } = await baton.phone(person).reply(`1 ${code}`);
    const isTaken = answers[0]?.startsWith(`You have it: Call ${one.lead}\n`) === true;
    if (isTaken && (await ownerOf(one)) === person) right += 1;
    await baton.phone(person).reply(`done ${code}`);
    await baton.waitForStatus(one.id, 'resolved');
    opened.pop();
  }
  expect(right).toBe(FAST_REPLIES);
  for (const one of waiting) expect(await ownerOf(one)).toBeUndefined();
}, 300_000);

test('a machine that answers each message is answered five times, a person who is late each time', async () => {
  const alice = baton.phone('alice');
  const mine = await open('sms-first');
  const { code } = mine;
  const say = async (text: string): Promise<string> => (await alice.reply(text)).answers[0] ?? '';
  await alice.expectSms(new RegExp(mine.lead));

  expect(await say(`1 ${code}`)).toMatch(/^You have it: /);
  for (let count = 0; count < 5; count += 1)
    expect(await say(`1 ${code}`)).toMatch(/^You have it since /);
  await expect.poll(() => say(`1 ${code}`), { timeout: 10_000 }).toBe('');
  // Whatever brings something about ends that.
  expect(await say(`done ${code}`)).toMatch(/^Done/);
  expect(await say('what is this')).toMatch(/^Reply 1/);

  for (let count = 0; count < 7; count += 1) {
    const other = await open('sms-first');
    const offer = await alice.expectSms(new RegExp(other.lead));
    const [known = ''] = /\b[A-Z]{2}\d{2}\b/.exec(offer.body) ?? [];
    await baton.call('POST', `/v1/handoffs/${other.id}/take`, { responder: 'carol' });
    expect(await say(`1 ${known}`)).toMatch(/^Carol \w+ has it since /);
  }
});

test('R13: a scanner that opens each link of an SMS and an email twice, in every way, changes nothing', async () => {
  const alice = baton.phone('alice');
  const one = await open('email-first');
  const email = await findEmail(one);
  const two = await open('slow');
  const sms = await alice.expectSms(new RegExp(two.lead));
  const links = [
    ...(email.html.match(/href="(http[^"]+)"/g) ?? []).map((found) => found.slice(6, -1)),
    ...(email.text.match(/http:\S+/g) ?? []),
    linkIn(sms.body),
  ];
  expect(links.length).toBeGreaterThanOrEqual(3);
  const before = [await baton.read(one.id), await baton.read(two.id)];
  for (const link of [...links, ...links]) {
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      await fetch(link, {
        method,
        headers: { 'User-Agent': 'Scanner', Purpose: 'prefetch', 'Sec-Purpose': 'prefetch' },
      });
    // Some scanners even send forms, without a button having been pressed.
    await fetch(link, { method: 'POST', body: new URLSearchParams() });
  }
  await delay(500);
  expect([await baton.read(one.id), await baton.read(two.id)]).toEqual(before);
});

function current(sid: string): SimulatedCall | undefined {
  return baton.simulator.calls.find((call) => call.sid === sid);
}

function spoken(sid: string): string {
  return (current(sid)?.transcript ?? []).map(({ text }) => text ?? '').join(' ');
}
