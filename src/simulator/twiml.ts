import { elementsOf, parseXml, textOf, XmlError, type XmlElement } from './xml.ts';

/** Describes what is heard: in a call, or inside a `<Gather>` until a key is pressed. */
export type SpokenVerb =
  | {
      readonly verb: 'Say';
      readonly text: string;
      readonly language: string | undefined;
      readonly voice: string | undefined;
      /** How often it is said; 0 means until the call ends. */
      readonly loop: number;
    }
  | { readonly verb: 'Pause'; readonly seconds: number };

/** Describes a `<Gather>` of keys; what is not given has Twilio's defaults. */
export interface GatherVerb {
  readonly verb: 'Gather';
  /** Whether keys are listened to at all: `input="speech"` alone is not simulated. */
  readonly hasKeys: boolean;
  readonly numDigits: number;
  readonly timeoutSeconds: number;
  /** Where the keys are told; undefined: the address of the document itself. */
  readonly action: string | undefined;
  readonly method: 'GET' | 'POST';
  readonly actionOnEmptyResult: boolean;
  /** Empty: no key ends it. */
  readonly finishOnKey: string;
  readonly said: readonly SpokenVerb[];
}

/** Describes one verb of a voice document, as far as the simulator knows it. */
export type VoiceVerb =
  | SpokenVerb
  | GatherVerb
  | { readonly verb: 'Redirect'; readonly url: string; readonly method: 'GET' | 'POST' }
  | { readonly verb: 'Hangup' }
  | { readonly verb: 'ignored'; readonly name: string };

/**
 * Returns the verbs of a voice document in their order; throws an {@link XmlError} where Twilio would report 12100.
 * Source: https://www.twilio.com/docs/voice/twiml
 */
export function readVoiceTwiml(twiml: string): readonly VoiceVerb[] {
  return elementsOf(readResponse(twiml)).flatMap(toVerb);
}

/**
 * Returns the texts of the `<Message>` elements of a TwiML answer, and nothing else of it; none if it cannot be read.
 * Source: https://www.twilio.com/docs/messaging/twiml/message
 */
export function readTwimlMessages(twiml: string): readonly string[] {
  let response: XmlElement;
  try {
    response = readResponse(twiml);
  } catch {
    return [];
  }
  return elementsOf(response)
    .filter(({ name, children }) => name === 'Message' && children.length > 0)
    .map((message) => {
      const body = elementsOf(message).find(({ name }) => name === 'Body');
      return textOf(body ?? message).trim();
    });
}

function readResponse(twiml: string): XmlElement {
  const root = parseXml(twiml);
  if (root.name !== 'Response')
    throw new XmlError(`The root of TwiML is <Response>, not <${root.name}>`);
  return root;
}

function toVerb(element: XmlElement): readonly VoiceVerb[] {
  const { name, attributes } = element;
  switch (name) {
    case 'Say':
    case 'Pause':
    case 'Play':
      return toSpoken(element);
    case 'Gather':
      return [
        {
          verb: 'Gather',
          hasKeys: (attributes.get('input') ?? 'dtmf').split(/[\s,]+/).includes('dtmf'),
          numDigits: readCount(attributes.get('numDigits'), Infinity),
          timeoutSeconds: readCount(attributes.get('timeout'), 5),
          action: attributes.get('action'),
          method: readMethod(element),
          actionOnEmptyResult: attributes.get('actionOnEmptyResult') === 'true',
          finishOnKey: attributes.get('finishOnKey') ?? '#',
          said: elementsOf(element).flatMap(toSpoken),
        },
      ];
    case 'Redirect':
      return [{ verb: 'Redirect', url: textOf(element).trim(), method: readMethod(element) }];
    case 'Hangup':
      return [{ verb: 'Hangup' }];
    default:
      return [{ verb: 'ignored', name }];
  }
}

function toSpoken(element: XmlElement): readonly SpokenVerb[] {
  const { name, attributes } = element;
  if (name === 'Pause') return [{ verb: 'Pause', seconds: readCount(attributes.get('length'), 1) }];
  if (name !== 'Say') return [];
  return [
    {
      verb: 'Say',
      text: textOf(element).replace(/\s+/g, ' ').trim(),
      language: attributes.get('language'),
      voice: attributes.get('voice'),
      loop: readCount(attributes.get('loop'), 1),
    },
  ];
}

function readMethod({ attributes }: XmlElement): 'GET' | 'POST' {
  return attributes.get('method')?.toUpperCase() === 'GET' ? 'GET' : 'POST';
}

function readCount(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : otherwise;
}
