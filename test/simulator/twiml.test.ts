import { describe, expect, it } from 'vitest';
import { readTwimlMessages, readVoiceTwiml } from '../../src/simulator/twiml.ts';

describe('voice', () => {
  it('reads verbs with their defaults', () => {
    expect(
      readVoiceTwiml('<Response><Say>Hi</Say><Pause/><Gather/><Redirect>/x</Redirect></Response>'),
    ).toEqual([
      { verb: 'Say', text: 'Hi', language: undefined, voice: undefined, loop: 1 },
      { verb: 'Pause', seconds: 1 },
      {
        verb: 'Gather',
        hasKeys: true,
        numDigits: Infinity,
        timeoutSeconds: 5,
        action: undefined,
        method: 'POST',
        actionOnEmptyResult: false,
        finishOnKey: '#',
        said: [],
      },
      { verb: 'Redirect', url: '/x', method: 'POST' },
    ]);
  });

  it('reads what is written between tags: entities, CDATA, comments, SSML', () => {
    const twiml = `<?xml version="1.0" encoding="UTF-8"?>
      <!-- <Say>not me</Say> -->
      <Response>
        <Say language='de-DE' voice="Polly.Vicki" loop="2">
          It&#39;s &lt;Maria&gt; &amp; <break time="1s"/><![CDATA[<b>]]> &#x1F44D;
        </Say>
        <Play>https://example.com/a.mp3</Play><Dial>+15125550147</Dial><Hangup></Hangup>
      </Response>`;

    expect(readVoiceTwiml(twiml)).toEqual([
      {
        verb: 'Say',
        text: "It's <Maria> & <b> 👍",
        language: 'de-DE',
        voice: 'Polly.Vicki',
        loop: 2,
      },
      { verb: 'ignored', name: 'Dial' },
      { verb: 'Hangup' },
    ]);
  });

  it('reads a Gather with what it says', () => {
    const twiml =
      '<Response><Gather input="dtmf speech" numDigits="1" timeout="8" finishOnKey="" method="get"' +
      ' action="/k?a=1&amp;b=2#rc=2" actionOnEmptyResult="true"><Say>Press 1</Say><Pause length="3"/></Gather></Response>';

    expect(readVoiceTwiml(twiml)).toMatchObject([
      {
        hasKeys: true,
        numDigits: 1,
        timeoutSeconds: 8,
        finishOnKey: '',
        method: 'GET',
        action: '/k?a=1&b=2#rc=2',
        actionOnEmptyResult: true,
        said: [{ text: 'Press 1' }, { seconds: 3 }],
      },
    ]);
  });

  it.each([
    ['nothing', ''],
    ['JSON', '{"a":1}'],
    ['another root', '<html></html>'],
    ['an open element', '<Response><Say>Hi</Response>'],
    ['a second root', '<Response/><Response/>'],
    ['text after the end', '<Response/>Hi'],
    ['an unclosed root', '<Response>'],
    ['an attribute without quotes', '<Response><Pause length=1/></Response>'],
    ['a DOCTYPE', '<!DOCTYPE x [<!ENTITY a "b">]><Response/>'],
  ])('refuses %s', (_name, twiml) => {
    expect(() => readVoiceTwiml(twiml)).toThrow(expect.objectContaining({ name: 'XmlError' }));
  });
});

it('reads no messages out of what is no TwiML', () => {
  expect(readTwimlMessages('<Response><Message>Hi')).toEqual([]);
});
