import { readVoiceTwiml, type GatherVerb, type SpokenVerb, type VoiceVerb } from './twiml.ts';
import type { WebhookAnswer } from './webhook.ts';

/** Says where the next TwiML of a call comes from: a webhook, or the text that came with the call. */
export type TwimlSource =
  { readonly url: string; readonly method: 'GET' | 'POST' } | { readonly twiml: string };

/** Describes words that are spoken to a person. */
export interface SpokenWords {
  readonly who: 'baton' | 'twilio';
  readonly text: string;
  readonly language?: string;
}

/** Stands for the line to one person, from the moment they have answered. */
export interface TelephoneLine {
  /** Tells whether nobody listens any more, or Twilio was told to go on elsewhere. */
  isOver(): boolean;
  /** Speaks, for as long as it takes; ends sooner when `until` becomes true. */
  speak(words: SpokenWords, until?: () => boolean): Promise<void>;
  /** Waits for so many seconds of the call; ends sooner when `until` becomes true. */
  wait(seconds: number, until?: () => boolean): Promise<void>;
  /** Hands every key that is pressed to `onKey`, until it is called with undefined. */
  listen(onKey: ((key: string) => void) | undefined): void;
  /** Asks Baton what comes next; `params` are added to what Twilio always tells. */
  ask(
    target: { readonly url: string; readonly method: 'GET' | 'POST' },
    params: Readonly<Record<string, string>>,
  ): Promise<WebhookAnswer>;
  /** Notes that what was asked of Baton cannot be used, and why. */
  report(url: string, status: number, problem: string): void;
}

interface Step {
  readonly source: TwimlSource;
  readonly params: Readonly<Record<string, string>>;
}

// Sources: https://www.twilio.com/docs/api/errors/11200 (HTTP retrieval), /12100 (document parse), /11100 (URL)
const notRetrieved = 11200;
const notParsed = 12100;
const invalidUrl = 11100;

/**
 * Speaks TwiML to a person until it ends, and asks Baton for more as it says. Returns Twilio's error code when
 * Baton's answer could not be used, after the words that Twilio has for it. Never throws.
 */
export async function converse(
  line: TelephoneLine,
  start: TwimlSource,
  params: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  let step: Step | undefined = { source: start, params };
  while (step && !line.isOver()) {
    const here: string = 'url' in step.source ? step.source.url : '';
    const verbs = await retrieve(line, step);
    if (line.isOver()) return undefined;
    const next: Step | number | undefined =
      typeof verbs === 'number' ? verbs : await perform(line, verbs, here);
    if (typeof next === 'number') {
      await line.speak({
        who: 'twilio',
        text: 'We are sorry, an application error has occurred. Goodbye.',
      });
      return next;
    }
    step = next;
  }
  return undefined;
}

/** Returns the verbs of a document, or the error code for it. */
async function retrieve(
  line: TelephoneLine,
  { source, params }: Step,
): Promise<readonly VoiceVerb[] | number> {
  let twiml: string;
  if ('twiml' in source) {
    ({ twiml } = source);
  } else {
    const { status, body } = await line.ask(source, params);
    if (status < 200 || status > 299) return notRetrieved;
    twiml = body;
  }
  try {
    return readVoiceTwiml(twiml);
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'it cannot be read';
    line.report('url' in source ? source.url : 'Twiml', 200, `TwiML: ${problem}`);
    return notParsed;
  }
}

/** Returns where the call goes on; undefined when it has ended, and an error code when nobody can tell. */
async function perform(
  line: TelephoneLine,
  verbs: readonly VoiceVerb[],
  here: string,
): Promise<Step | number | undefined> {
  for (const verb of verbs) {
    if (line.isOver()) return undefined;
    switch (verb.verb) {
      case 'Say':
      case 'Pause':
        await hear(line, verb, () => false);
        break;
      case 'Gather': {
        const answered = await gather(line, verb);
        if (line.isOver()) return undefined;
        if (answered === undefined) break;
        return goTo(line, here, verb.action ?? here, verb.method, answered);
      }
      case 'Redirect':
        return goTo(line, here, verb.url === '' ? here : verb.url, verb.method, {});
      case 'Hangup':
        return undefined;
      case 'ignored':
        await line.speak({ who: 'twilio', text: `(<${verb.name}> is not simulated)` });
        break;
    }
  }
  return undefined;
}

function goTo(
  line: TelephoneLine,
  here: string,
  target: string,
  method: 'GET' | 'POST',
  params: Readonly<Record<string, string>>,
): Step | number {
  const url = resolve(target, here);
  if (url !== undefined) return { source: { url, method }, params };
  line.report(target, 0, `TwiML leads to "${target}", which is no URL`);
  return invalidUrl;
}

/** Returns an absolute URL exactly as it is written, because Twilio signs it so. */
function resolve(target: string, here: string): string | undefined {
  if (/^https?:\/\//i.test(target)) return target;
  return URL.canParse(target, here) ? new URL(target, here).href : undefined;
}

async function hear(line: TelephoneLine, verb: SpokenVerb, until: () => boolean): Promise<void> {
  if (verb.verb === 'Pause') {
    await line.wait(verb.seconds, until);
    return;
  }
  const { text, language, loop } = verb;
  if (text === '') return;
  const isEndless = loop === 0;
  for (let times = 0; isEndless || times < loop; times += 1) {
    if (line.isOver() || until()) return;
    await line.speak(
      { who: 'baton', text, ...(language === undefined ? {} : { language }) },
      until,
    );
    // Spoken words may take no time here, and what is said for ever must not stop everything else.
    if (isEndless) await line.wait(1, until);
  }
}

/** Returns what is told to the action; undefined when no key was pressed, so that the next verb follows. */
async function gather(
  line: TelephoneLine,
  verb: GatherVerb,
): Promise<Readonly<Record<string, string>> | undefined> {
  let digits = '';
  let pressed = 0;
  let finishedOnKey: string | undefined;
  const isDone = (): boolean => finishedOnKey !== undefined || digits.length >= verb.numDigits;
  if (verb.hasKeys) {
    line.listen((key) => {
      if (isDone()) return;
      pressed += 1;
      if (key === verb.finishOnKey) finishedOnKey = key;
      else digits += key;
    });
  }
  try {
    for (const said of verb.said) {
      // The first key cuts the words short.
      if (pressed > 0 || line.isOver()) break;
      await hear(line, said, () => pressed > 0);
    }
    for (let heard = -1; !isDone() && heard < pressed && !line.isOver();) {
      heard = pressed;
      await line.wait(verb.timeoutSeconds, () => pressed > heard || isDone());
    }
  } finally {
    line.listen(undefined);
  }
  if (digits === '' && !verb.actionOnEmptyResult) return undefined;
  return {
    Digits: digits,
    msg: 'Gather End',
    ...(finishedOnKey === undefined ? {} : { FinishedOnKey: finishedOnKey }),
  };
}
