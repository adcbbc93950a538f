import { SegmentedMessage } from 'sms-segments-calculator';

/**
 * What a message may be billed as: 306 characters in two segments of GSM-7, 268 in four of other alphabets. Two of
 * those would hold 134: little more than a link.
 */
export const SEGMENTS = { 'GSM-7': 2, 'UCS-2': 4 } as const;

/** What these segments hold. */
export const MAX_CHARACTERS = { 'GSM-7': 306, 'UCS-2': 268 } as const;

/** A text as it will travel: in one alphabet, as so many segments. */
export interface Measured {
  readonly text: string;
  readonly alphabet: keyof typeof SEGMENTS;
  readonly segments: number;
}

/**
 * What needs no counting: every character is one septet, and nothing is spelled otherwise. The basic set without the
 * line's end that Twilio rewrites. Source: 3GPP TS 23.038, 6.2.1.
 */
const BASIC =
  /^[\n !"#$%&'()*+,\-./0-9:;<=>?@A-Z_a-z\u00A1\u00A3-\u00A5\u00A7\u00BF\u00C4-\u00C6\u00C9\u00D1\u00D6\u00D8\u00DC\u00DF\u00E0\u00E4-\u00E6\u00E8\u00E9\u00EC\u00F1\u00F2\u00F6\u00F8\u00F9\u00FC]*$/;
/** Septets in a message of one segment, and in each of several. Source: 3GPP TS 23.040, 9.2.3.24.1. */
const SEPTETS = { alone: 160, joined: 153 };

/** Returns the text with typographic characters spelled plainly where that makes it fit the GSM-7 alphabet. */
export function measure(text: string): Measured {
  if (BASIC.test(text)) return { text, alphabet: 'GSM-7', segments: countSegments(text) };
  const plain = new SegmentedMessage(text, 'auto', true);
  if (plain.getEncodingName() === 'GSM-7')
    return { text: plain.graphemes.join(''), alphabet: 'GSM-7', segments: plain.segmentsCount };
  return { text, alphabet: 'UCS-2', segments: countSegments(text) };
}

/** Says whether a text needs no more segments than a message may have. */
export function fitsSegments(text: string): boolean {
  return countSegments(text) <= SEGMENTS[encodingOf(text)];
}

/** Returns the alphabet in which a text travels. */
export function encodingOf(text: string): keyof typeof SEGMENTS {
  if (BASIC.test(text)) return 'GSM-7';
  return new SegmentedMessage(text, 'auto').getEncodingName() === 'GSM-7' ? 'GSM-7' : 'UCS-2';
}

/** Returns how many SMS a text is sent and billed as. */
export function countSegments(text: string): number {
  // The library takes milliseconds for a text, and every text is measured several times until it fits.
  if (BASIC.test(text))
    return text.length <= SEPTETS.alone ? 1 : Math.ceil(text.length / SEPTETS.joined);
  return new SegmentedMessage(text, 'auto').segmentsCount;
}
