import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SimulatedCall } from '../../src/simulator/simulator.ts';
import { alice, bob, connectTwilio, from, startWorld, type World } from './harness.ts';

type CallOrder = Parameters<World['twilio']['calls']['create']>[0];

let world: World;
beforeEach(async () => {
  // A second of a call is so short that nobody waits for it, and so long that a test can press a key in it.
  world = await startWorld({ callSecondMs: 250 });
});
afterEach(() => world.close());

const voiceUrl = (query = ''): string => `${world.baton.url}/webhooks/twilio/voice${query}`;
const statusUrl = (): string => `${world.baton.url}/webhooks/twilio/voice/status`;

async function call(changes: Partial<CallOrder> = {}): Promise<string> {
  const { sid } = await world.twilio.calls.create({ to: alice, from, url: voiceUrl(), ...changes });
  return sid;
}

const read = (sid: string): SimulatedCall => {
  const found = world.simulator.calls.find((one) => one.sid === sid);
  if (!found) throw new Error(`no call ${sid}`);
  return found;
};
const until = (sid: string, fits: (call: SimulatedCall) => boolean): Promise<SimulatedCall> =>
  new Promise((resolve) => {
    const stop = world.simulator.onChange(look);
    function look(): void {
      const found = read(sid);
      if (!fits(found)) return;
      stop();
      resolve(found);
    }
    look();
  });
const untilOver = (sid: string): Promise<SimulatedCall> =>
  until(sid, ({ endTime }) => endTime !== undefined);
const untilKeys = (sid: string): Promise<SimulatedCall> =>
  until(sid, ({ waitingForKeys }) => waitingForKeys);
const heard = ({ transcript }: SimulatedCall): readonly string[] =>
  transcript.map(({ who, text, key }) => `${who}: ${text ?? key ?? ''}`);
const asked = (): readonly string[] =>
  world.baton.webhooks.filter(({ path }) => !path.endsWith('/status')).map(({ path }) => path);
const told = () =>
  world.baton.webhooks.filter(({ path }) => path.endsWith('/status')).map(({ params }) => params);

const say = (text: string): string => `<Response><Say>${text}</Say></Response>`;
const menu =
  '<Response><Gather numDigits="1" timeout="1" finishOnKey="" action="/webhooks/twilio/voice?s=key#rc=2">' +
  '<Say>Press 1.</Say></Gather><Say>Goodbye.</Say></Response>';

describe('the API', () => {
  it('accepts a call as Twilio does', async () => {
    const created = await world.twilio.calls.create({ to: alice, from, url: voiceUrl() });

    expect(created).toMatchObject({
      to: alice,
      from,
      status: 'queued',
      direction: 'outbound-api',
      answeredBy: null,
      duration: null,
      startTime: null,
      endTime: null,
    });
    expect(created.sid).toMatch(/^CA[0-9a-f]{32}$/);
    expect(Date.now() - created.dateCreated.getTime()).toBeLessThan(60_000);
  });

  it.each([
    ['an invalid number', { to: '+15005550001' }, 21217],
    ['a number that cannot be reached', { to: '+15005550002' }, 21214],
    ['a country without permission', { to: '+15005550003' }, 21215],
    ['a blocked number', { to: '+15005550004' }, 21216],
    ['a number that is none', { to: 'alice' }, 21211],
    ['no recipient', { to: '' }, 21201],
    ['no caller', { from: '' }, 21213],
    ['a caller that is no number', { from: '+15005550001' }, 21212],
    ['a caller of somebody else', { from: '+15005550007' }, 21210],
    ['no address', { url: '' }, 21205],
    ['an address that is none', { url: 'nowhere' }, 21205],
    ['a callback that is no URL', { statusCallback: 'nowhere' }, 21609],
  ])('refuses %s', async (_name, change, code) => {
    await expect(call(change)).rejects.toMatchObject({ status: 400, code });
    expect(world.simulator.calls).toEqual([]);
  });

  it('refuses wrong credentials', async () => {
    await expect(
      connectTwilio(world.url, 'wrong').calls.create({ to: alice, from, url: voiceUrl() }),
    ).rejects.toMatchObject({ status: 401, code: 20003 });
  });

  it('fetches and lists calls, newest first, over several pages', async () => {
    world.simulator.setCallBehaviour(bob, 'busy');
    const sids = [await call(), await call({ to: bob }), await call({ from: '+15005550020' })];
    await untilOver(sids[1] ?? '');
    const list = async (filter: object): Promise<readonly string[]> =>
      (await world.twilio.calls.list({ ...filter, pageSize: 2, limit: 20 })).map(({ sid }) => sid);

    expect(await list({})).toEqual([...sids].reverse());
    expect(await list({ to: bob })).toEqual([sids[1]]);
    expect(await list({ to: alice, from })).toEqual([sids[0]]);
    expect(await list({ status: 'busy' })).toEqual([sids[1]]);
    expect(await list({ startTimeAfter: new Date(Date.now() - 60_000) })).toHaveLength(3);
    expect(await list({ startTimeAfter: new Date(Date.now() + 60_000) })).toEqual([]);
    expect(await world.twilio.calls(sids[1] ?? '').fetch()).toMatchObject({ status: 'busy' });
    await expect(world.twilio.calls(`CA${'0'.repeat(32)}`).fetch()).rejects.toMatchObject({
      code: 20404,
    });
  });

  it('cancels a call that rings, and hangs up one that is talked on', async () => {
    const ringing = await call();
    const talking = await call({ twiml: menu, url: '' });
    world.simulator.answerCall(talking);

    expect(await world.twilio.calls(ringing).update({ status: 'canceled' })).toMatchObject({
      status: 'canceled',
    });
    expect(await world.twilio.calls(talking).update({ status: 'canceled' })).toMatchObject({
      status: 'in-progress',
    });
    expect(await world.twilio.calls(talking).update({ status: 'completed' })).toMatchObject({
      status: 'completed',
    });
  });

  it('lets a call go on with other words', async () => {
    const sid = await call({ twiml: menu, url: '' });
    world.simulator.answerCall(sid);
    await untilKeys(sid);

    await world.twilio.calls(sid).update({ twiml: say('Somebody else has it.') });

    expect(heard(await untilOver(sid))).toEqual([
      'baton: Press 1.',
      'baton: Somebody else has it.',
    ]);
    await expect(world.twilio.calls(sid).update({ twiml: menu })).rejects.toMatchObject({
      code: 21220,
    });
  });
});

describe('faults', () => {
  it.each([
    ['rate-limited', { status: 429, code: 20429 }, 0],
    ['error-before-accepting', { status: 500 }, 0],
    ['error-after-accepting', { status: 500 }, 1],
    ['hang', { code: 'ECONNABORTED' }, 0],
    ['hang-after-accepting', { code: 'ECONNABORTED' }, 1],
  ] as const)('%s', async (kind, error, count) => {
    world.simulator.faults.inject({ channel: 'voice', kind, times: 1 });

    await expect(call()).rejects.toMatchObject(error);
    expect(world.simulator.calls).toHaveLength(count);
    await call();
  });

  it('rejects with a code that a test chooses', async () => {
    world.simulator.faults.inject({ channel: 'voice', kind: 'rejected', code: 13224, times: 1 });

    await expect(call()).rejects.toMatchObject({ status: 400, code: 13224 });
    expect(world.simulator.calls).toEqual([]);
  });
});

describe('a call that is not answered', () => {
  it.each(['busy', 'no-answer', 'failed'] as const)('is %s', async (behaviour) => {
    world.simulator.setCallBehaviour(alice, behaviour);
    const sid = await call({ statusCallback: statusUrl() });

    await expect.poll(told).toMatchObject([{ CallSid: sid, CallStatus: behaviour }]);
    expect(told()[0]).not.toHaveProperty('CallDuration');
    expect(asked()).toEqual([]);
  });

  it('rings for as long as the caller wants', async () => {
    const sid = await call({ timeout: 1 });

    expect(await untilOver(sid)).toMatchObject({ status: 'no-answer', transcript: [] });
  });

  it('is over sooner when a test does not want to wait', async () => {
    const sid = await call();
    await until(sid, ({ status }) => status === 'ringing');
    world.simulator.skipCallWait(sid);

    expect(read(sid).status).toBe('no-answer');
  });

  it('is busy when it is not taken', async () => {
    const [first, second] = [await call(), await call()];
    world.simulator.rejectCall(first);
    world.simulator.hangUp(second);

    expect([read(first).status, read(second).status]).toEqual(['busy', 'busy']);
    expect(() => {
      world.simulator.answerCall(first);
    }).toThrow(/is busy, so nobody can answer it/);
  });
});

describe('status callbacks', () => {
  const events = ['initiated', 'ringing', 'answered', 'completed'];

  it('tell every event that was asked for, signed and in order', async () => {
    world.simulator.setCallBehaviour(alice, 'answer');
    await call({
      statusCallback: `${statusUrl()}#rc=5`,
      statusCallbackEvent: events,
      machineDetection: 'Enable',
    });

    await expect
      .poll(() => told().map(({ CallStatus }) => CallStatus))
      .toEqual(['initiated', 'ringing', 'in-progress', 'completed']);
    expect(told().map(({ SequenceNumber }) => SequenceNumber)).toEqual(['0', '1', '2', '3']);
    expect(told()[3]).toMatchObject({
      From: from,
      To: alice,
      Direction: 'outbound-api',
      AnsweredBy: 'human',
      CallDuration: expect.stringMatching(/^\d+$/) as string,
      Timestamp: expect.stringMatching(/\+0000$/) as string,
    });
    expect(world.baton.webhooks.every(({ isSigned }) => isSigned)).toBe(true);
  });

  it('tell only the end otherwise', async () => {
    world.simulator.setCallBehaviour(alice, 'answer');
    await call({ statusCallback: statusUrl() });

    await expect.poll(told).toHaveLength(1);
    expect(told()[0]).toMatchObject({ CallStatus: 'completed', SequenceNumber: '0' });
    expect(told()[0]).not.toHaveProperty('AnsweredBy');
  });
});

describe('a call that is answered', () => {
  it.each([
    ['human', 'Enable', 'human'],
    ['machine', 'Enable', 'machine_start'],
    ['machine', 'DetectMessageEnd', 'machine_end_beep'],
    ['unknown', 'Enable', 'unknown'],
    ['machine', undefined, undefined],
  ] as const)('by a %s with %s is answered by %s', async (as, machineDetection, answeredBy) => {
    world.baton.twiml = say('Hello');
    const sid = await call(machineDetection === undefined ? {} : { machineDetection });
    world.simulator.answerCall(sid, { as });

    expect(heard(await untilOver(sid))).toEqual(['baton: Hello']);
    expect(read(sid).answeredBy).toBe(answeredBy);
    expect(world.baton.webhooks[0]?.params['AnsweredBy']).toBe(answeredBy);
    expect(world.baton.webhooks[0]).toMatchObject({
      method: 'POST',
      isSigned: true,
      params: { CallSid: sid, CallStatus: 'in-progress', From: from, To: alice },
    });
    expect((await world.twilio.calls(sid).fetch()).answeredBy).toBe(answeredBy ?? null);
  });

  it('leaves a voicemail', async () => {
    world.simulator.setCallBehaviour(alice, 'voicemail');
    world.baton.twiml = say('Please call back.');
    const sid = await call({ machineDetection: 'Enable' });

    expect(await untilOver(sid)).toMatchObject({ takenBy: 'machine', status: 'completed' });
  });

  it('tells the key to the action of the Gather, and says what it answers', async () => {
    world.baton.twimlFor = ({ params }) =>
      params['Digits'] === undefined ? menu : say(`You pressed ${params['Digits']}.`);
    const sid = await call({ url: voiceUrl('?h=1') });
    world.simulator.answerCall(sid);
    await untilKeys(sid);

    expect(world.simulator.pressKey(sid, '1')).toBe(true);

    expect(heard(await untilOver(sid))).toEqual([
      'baton: Press 1.',
      'person: 1',
      'baton: You pressed 1.',
    ]);
    expect(asked()).toEqual(['/webhooks/twilio/voice?h=1', '/webhooks/twilio/voice?s=key']);
    expect(world.baton.webhooks[1]?.isSigned).toBe(true);
  });

  it('goes on after the Gather when no key is pressed', async () => {
    world.baton.twiml = menu;
    const sid = await call();
    world.simulator.answerCall(sid);

    expect(heard(await untilOver(sid))).toEqual(['baton: Press 1.', 'baton: Goodbye.']);
  });

  it('tells that no key was pressed, when it is asked to', async () => {
    world.baton.twimlFor = ({ params }) =>
      params['Digits'] === undefined
        ? '<Response><Gather actionOnEmptyResult="true" action="?none=1"/></Response>'
        : say(`Keys: "${params['Digits']}"`);
    const sid = await call();
    world.simulator.answerCall(sid);
    await untilKeys(sid);
    world.simulator.skipCallWait(sid);

    expect(heard(await untilOver(sid))).toEqual(['baton: Keys: ""']);
    expect(asked()).toEqual(['/webhooks/twilio/voice', '/webhooks/twilio/voice?none=1']);
  });

  it('collects several keys until the one that finishes', async () => {
    world.baton.twimlFor = ({ params }) =>
      params['Digits'] === undefined
        ? '<Response><Gather timeout="20"/></Response>'
        : say(`${params['Digits']} ${params['FinishedOnKey'] ?? ''}`);
    const sid = await call();
    world.simulator.answerCall(sid);
    await untilKeys(sid);
    world.simulator.pressKey(sid, '47');
    world.simulator.pressKey(sid, '11#');

    expect(heard(await untilOver(sid)).at(-1)).toBe('baton: 4711 #');
  });

  it('cuts words short at the first key', async () => {
    world.baton.twimlFor = ({ params }) =>
      params['Digits'] === undefined
        ? '<Response><Gather numDigits="1"><Pause length="60"/><Say>Never heard</Say></Gather></Response>'
        : '<Response/>';
    const sid = await call();
    world.simulator.answerCall(sid);
    await untilKeys(sid);
    world.simulator.pressKey(sid, '*');

    expect(heard(await untilOver(sid))).toEqual(['person: *']);
    expect(world.baton.webhooks[1]?.params['Digits']).toBe('*');
  });

  it('does not count a key for which nobody has asked', async () => {
    world.baton.twiml = '<Response><Pause length="60"/></Response>';
    const sid = await call();
    world.simulator.answerCall(sid);

    expect(world.simulator.pressKey(sid, '1')).toBe(false);
    expect(() => world.simulator.pressKey(sid, 'one')).toThrow(/no keys for "one"/);
    world.simulator.hangUp(sid);
    expect(() => world.simulator.pressKey(sid, '1')).toThrow(/is completed, so nobody can/);
  });

  it('follows a redirect, asks with GET if it is told so, and ends at Hangup', async () => {
    world.baton.twimlFor = ({ path }) =>
      path.includes('next')
        ? '<Response><Say language="de-DE">Hallo</Say><Hangup/><Say>Never</Say></Response>'
        : '<Response><Redirect method="GET">voice?next=1</Redirect></Response>';
    const sid = await call();
    world.simulator.answerCall(sid);

    expect((await untilOver(sid)).transcript).toMatchObject([{ text: 'Hallo', language: 'de-DE' }]);
    expect(world.baton.webhooks[1]).toMatchObject({ method: 'GET', isSigned: true });
  });

  it('ends by its time limit when it would never end', async () => {
    world.baton.twiml = '<Response><Redirect/></Response>';
    const sid = await call({ timeLimit: 1 });
    world.simulator.answerCall(sid);

    expect(await untilOver(sid)).toMatchObject({ status: 'completed' });
  });

  it('says one sentence again and again, until somebody hangs up', async () => {
    world.baton.twiml = '<Response><Say loop="0">Hello?</Say></Response>';
    const sid = await call();
    world.simulator.answerCall(sid);
    await until(sid, ({ transcript }) => transcript.length >= 2);
    world.simulator.hangUp(sid);

    expect(read(sid)).toMatchObject({ status: 'completed', waitingForKeys: false });
  });

  it('takes as long as the words', async () => {
    await world.close();
    world = await startWorld({ callWordMs: 40 });
    world.baton.twiml = say('one two three four');
    const sid = await call();
    world.simulator.answerCall(sid);
    await until(sid, ({ transcript }) => transcript.length === 1);

    expect(read(sid).status).toBe('in-progress');
    expect((await untilOver(sid)).status).toBe('completed');
  });
});

describe('what Baton gets wrong', () => {
  const apology = 'twilio: We are sorry, an application error has occurred. Goodbye.';

  async function trouble(): Promise<unknown> {
    const state = (await (await fetch(`${world.url}/simulator/state`)).json()) as {
      readonly trouble: unknown;
    };
    return state.trouble;
  }

  it('is heard when it does not answer with TwiML', async () => {
    world.baton.twiml = 'Oops';
    const sid = await call();
    world.simulator.answerCall(sid);

    expect(heard(await untilOver(sid))).toEqual([apology]);
    expect(read(sid)).toMatchObject({ status: 'completed', errorCode: 12100 });
    expect(await trouble()).toMatchObject({
      url: voiceUrl(),
      status: 200,
      problem: expect.stringMatching(/^TwiML: There is text outside/) as string,
    });
  });

  it('is heard when it answers with an error, and not forgotten when another webhook works', async () => {
    world.baton.webhookStatus = 500;
    const sid = await call({ statusCallback: statusUrl() });
    const accepted = until(sid, ({ errorCode }) => errorCode !== undefined).then(() => {
      world.baton.webhookStatus = 200;
    });
    world.simulator.answerCall(sid);
    await accepted;

    expect(heard(await untilOver(sid))).toEqual([apology]);
    expect(read(sid).errorCode).toBe(11200);
    await expect.poll(told).toHaveLength(1);
    expect(await trouble()).toMatchObject({ url: voiceUrl(), status: 500 });
  });

  it('is heard when its TwiML leads nowhere', async () => {
    const sid = await call({
      url: '',
      twiml: '<Response><Redirect>/relative</Redirect></Response>',
    });
    world.simulator.answerCall(sid);

    expect(await untilOver(sid)).toMatchObject({ errorCode: 11100 });
  });
});

it('closes although a call waits for ten minutes', async () => {
  world.baton.twiml = '<Response><Pause length="600"/></Response>';
  const sid = await call();
  world.simulator.answerCall(sid);
  await expect.poll(asked).toHaveLength(1);

  await expect(world.simulator.close()).resolves.toBeUndefined();
});
