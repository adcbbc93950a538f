/*
 * What a text from a responder asks for. An effect needs words that say it and nothing that says otherwise: a
 * question, a negation or prose that merely begins with such a word has none. A tired person who is asked again
 * loses seconds; one who is misunderstood loses the handoff.
 */
import { CODE_PATTERN } from './code.ts';
import { readPresence, type Presence } from './presence.ts';
import { readDelay, readSpan } from './reply-duration.ts';
import {
  AGREEING,
  AGREEMENT,
  CLAUSE,
  COURTESY,
  ECHOES,
  EXCUSES,
  FILLER,
  FORMS,
  isContrary,
  isTakenBack,
  NUMBER,
  OPENING,
  QUESTION,
  REQUEST,
  STOPPING,
  THANKS_ONLY,
  UNWILLING,
  WILLING,
  type Form,
  type ReplyVerb,
} from './reply-words.ts';

/** What a text from a responder asks for, before it is known which handoff is meant. */
export type ReplyIntent =
  | {
      readonly kind: 'act';
      readonly verb: ReplyVerb;
      readonly code?: string;
      /** A reason, an outcome or a note. */
      readonly text?: string;
      /** For how long somebody snoozes; missing: it does not say. */
      readonly forMs?: number;
      /** The word may answer something else too: it counts only for a handoff that waits for an answer. */
      readonly isCasual?: true;
      /** The whole of it is a note instead, where the handoff is theirs already. */
      readonly orNote?: string;
      /** The code may be part of what is said: "pass, KM47 keeps me busy". */
      readonly isCodeUnsure?: true;
      /** It answers whatever was said last. */
      readonly answersLast?: true;
    }
  /** No verb was understood: from an owner it is a note. */
  | { readonly kind: 'text'; readonly text: string; readonly code?: string }
  /** `wantsStop`: no more messages, in words that carriers do not know. */
  | { readonly kind: 'help'; readonly wantsStop?: true }
  | Presence
  /** Carriers and Twilio own these words and answer them themselves. */
  | { readonly kind: 'opt-out' }
  | { readonly kind: 'opt-in' }
  | { readonly kind: 'carrier-help' };

/** Twilio's default opt-out keywords: whole text, any case (facts.md A4). Never commands of ours. */
const OPT_OUT = new Set([
  'stop',
  'stopall',
  'unsubscribe',
  'cancel',
  'end',
  'quit',
  'revoke',
  'optout',
]);
const OPT_IN = new Set(['start', 'yes', 'unstop']);
const CARRIER_HELP = new Set(['help', 'info']);
const HELP = /^(?:\?+|list|open|status|menu|commands|how|what|which)?$/iu;

/** A code, also as people type it: `KM 47`, `km-47`. */
const LOOSE_CODE = CODE_PATTERN.replace('{2}', '{2}[ -]?');
const LEADING_CODE = new RegExp(`^[#(\\[]*(${LOOSE_CODE})(?![\\p{L}\\p{N}])[)\\]\\s:,.!-]*`, 'u');
/** `1KM47` is what a thumb makes of `1 KM47`. */
const GLUED_DIGIT = new RegExp(`^([123])(?=${CODE_PATTERN}(?![\\p{L}\\p{N}]))`, 'u');

/** Returns what a reply's text asks for; a code may stand before or after the verb, in any case. */
export function parseReply(text: string): ReplyIntent {
  const plain = clean(text);
  const word = plain.toLowerCase();
  if (OPT_OUT.has(word)) return { kind: 'opt-out' };
  if (OPT_IN.has(word)) return { kind: 'opt-in' };
  if (CARRIER_HELP.has(word)) return { kind: 'carrier-help' };
  if (STOPPING.test(word)) return { kind: 'help', wantsStop: true };
  if (HELP.test(word) || isReaction(plain)) return { kind: 'help' };
  return readPresence(plain) ?? readAct(withoutName(plain));
}

/**
 * Returns what of a text is the answer: below it may stand a name and more of a signature, in lines of their own.
 * Behind `done` it is taken for a note: words that may be one are not lost.
 */
function withoutName(plain: string): string {
  if (readAct(plain).kind === 'act') return plain;
  const named = QUESTION.test(plain) ? undefined : NAME_BELOW.exec(plain)?.[1];
  if (named !== undefined) return named;
  const paragraphs = plain.split(/\n\s*\n/);
  const isGreeting = GREETING.test(paragraphs[0] ?? '');
  const [head, rest] = [
    paragraphs.slice(0, isGreeting ? 2 : 1),
    paragraphs.slice(isGreeting ? 2 : 1),
  ];
  const [answer, below] = [head.join('\n\n'), rest.join('\n\n')];
  const isAnswer =
    below !== '' &&
    readAct(answer).kind === 'act' &&
    readAct(below).kind !== 'act' &&
    !isTakenBack(below) &&
    !QUESTION.test(below);
  return isAnswer ? answer : plain;
}

const NAME_BELOW =
  /^([^\n]+)\n\s*(?:\p{Lu}[\p{Ll}'’-]+|\p{Lu}\.?)(?: (?:\p{Lu}[\p{L}'’-]+|\p{Lu}\.?)){0,2}(?:\n\p{Lu}[^]*)?$/u;
const GREETING = /^(?:hi|hello|hey|dear)(?: \p{L}+)?[\s,.!]*$/iu;

/** Returns the text without what phones and mail programs add: quotes of ours, signatures, marks around it. */
function clean(text: string): string {
  const lines = text
    .normalize('NFKC')
    // Skin tones, keycaps and the choice of a picture say nothing; nor do marks that cannot be seen.
    .replace(/[\uFE0F\u20E3\u200B-\u200F\u2060\uFEFF\u{1F3FB}-\u{1F3FF}]/gu, '')
    .split(/\r\n|[\r\n\u2028\u2029]/)
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('>'));
  const end = lines.findIndex(
    (line, index) => index > 0 && (SIGNATURE.test(line) || SIGN_OFF.test(line)),
  );
  const plain = (end === -1 ? lines : lines.slice(0, end)).join('\n').trim();
  return QUOTED.exec(plain)?.[1] ?? plain;
}

const QUOTED = /^["“„«]([^"“”„«»]*)["”»]$/u;

const SIGN_OFF =
  /^(?:(?:kind |best |warm |many )?(?:regards|thanks|wishes)|best|thank you|cheers|sincerely|yours|br|mfg|(?:mit freundlichen|viele|liebe|beste) grüßen?|saludos|cordialement|pozdrawiam)[,.!]?$/iu;

const SIGNATURE =
  /^(?:--+|_{3,}|(?:sent|get outlook|gesendet|von meinem|envoyé|enviado|wysłan[eoy]|inviato|verzonden)(?= (?:from|for|via|von|mit|iphone|depuis|de|desde|z|da|dal|vanaf)(?![\p{L}]))[^\n]{0,80}|von meinem [^\n]{0,60}gesendet)$/iu;

/** Phones that cannot show a reaction send it as words, and the words of what it reacts to. */
function isReaction(text: string): boolean {
  if (
    /^(?:hat ["“„«][^]*(?:markiert|reagiert)|(?:le|a) (?:gustó|encantó|aimé|adoré) ?["“„«])/iu.test(
      text,
    )
  )
    return true;
  return /^(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted .{1,40} to|removed an? .{1,40} from|\p{Extended_Pictographic}\s*(?:to|zu|à|a|do)) ?["“„«]/iu.test(
    text,
  );
}

/** Returns what a text asks for; `plain` is what a note keeps, `said` the part that is looked at. */
function readAct(plain: string, said = plain): ReplyIntent {
  const core = said.replace(/^["'“”‘’«»*_([\s]+/u, '');
  const opening = OPENING.exec(core)?.[0] ?? '';
  const before = readCode(core.slice(opening.length));
  const words = before.rest
    .replace(GLUED_DIGIT, '$1 ')
    .replace(
      before.code === undefined ? /^$/ : /^is (?=(?:done|finished|resolved)(?!\p{L}))/iu,
      '',
    );
  const asText = (code = before.code): ReplyIntent => ({
    kind: 'text',
    text: plain,
    ...(code !== undefined && { code }),
  });
  if (QUESTION.test(said) || SPAN.test(words)) return asText();
  // A code alone means "I have it".
  if (before.code !== undefined && FILLER.test(words)) {
    const moods = words.replace(AGREEING, '');
    const isClear = !/\p{Extended_Pictographic}/u.test(moods) && !REQUEST.test(opening);
    return isClear ? { kind: 'act', verb: 'take', code: before.code } : readPicture(asText, before);
  }
  const delay = readCodedDelay(words, before.code);
  if (delay) return delay;
  const found = findForm(words);
  if (!found) return asText();
  const { form, match } = found;
  const tail = words.slice(match.length);
  if (/^\d$/.test(match) && NUMBER.test(tail)) return asText();
  const rest = tail.replace(/^[\s:,.;!"'”’)\]–—-]+/u, '');
  const after =
    before.code === undefined ? readCode(rest) : { code: before.code, rest, isSetOff: false };
  const behind = ECHOES[form.verb]?.exec(after.rest)?.[0] ?? '';
  const remainder = after.rest.slice(behind.length).trim();
  const isCodeInside = after.code !== before.code;
  const isSetOff = /^\s*[,.:;!–—-]/u.test(tail);
  const isApart = /^\s*[,.:;–—-]/u.test(tail) || (isCodeInside && after.rest !== rest);
  // "No, KM47" corrects what was said before.
  if (form.isCasual && form.verb === 'pass' && isCodeInside && isSetOff) return asText(after.code);
  if (form.verb === 'snooze' && /^\s*[-–—]\d/.test(tail)) return asText(after.code);
  const isUnsure =
    isCodeInside &&
    remainder !== '' &&
    !after.isSetOff &&
    (isSetOff || form.isCasualWithText === true || CLAUSE.test(remainder));
  const act = readTail({
    form,
    match,
    opening,
    remainder: UNWRAPPED.exec(remainder)?.[1] ?? remainder,
    isApart,
    code: after.code,
    plain,
  });
  if (isUnsure && act?.kind === 'act') return { ...act, isCodeUnsure: true };
  return act ?? asText(after.code);
}

/** "1 hr 30" is no 1, and "hr 30" no code. */
const SPAN = /^\d{1,2} ?(?:h|hrs?|hours?|m|mins?|minutes?)(?![\p{L}\p{N}])/iu;

function findForm(words: string): { readonly form: Form; readonly match: string } | undefined {
  for (const form of FORMS) {
    const match = form.pattern.exec(words)?.[0];
    if (match === undefined) continue;
    if (form.needsCode && readCode(words.slice(match.length).trim()).code === undefined) continue;
    return { form, match };
  }
  return undefined;
}

/** Behind a code `👎` passes; any other picture of unwillingness may mean anything. */
function readPicture(
  asText: () => ReplyIntent,
  { code, rest }: { readonly code?: string; readonly rest: string },
): ReplyIntent {
  const isThumb = /^👎+[\s.!]*$/u.test(rest);
  return isThumb && code !== undefined ? { kind: 'act', verb: 'pass', code } : asText();
}

interface Tail {
  readonly form: Form;
  readonly match: string;
  readonly opening: string;
  readonly remainder: string;
  /** It is set off from the verb: "2, driving" gives a reason, "2 many calls" is something else. */
  readonly isApart: boolean;
  readonly code: string | undefined;
  readonly plain: string;
}

/** Returns what a verb asks for with the words around it; undefined when they make something else of it. */
function readTail(tail: Tail): ReplyIntent | undefined {
  const { form, opening, remainder, isApart, plain } = tail;
  const { verb } = form;
  const isKey = /^\d/.test(tail.match);
  if (verb === 'pass' && AGREEMENT.test(opening)) return undefined;
  if (verb !== 'pass' && /sorry/i.test(opening)) return undefined;
  if ((verb === 'take' || verb === 'take-over') && !isKey && REQUEST.test(opening))
    return undefined;
  // A "no" answers whatever was said last.
  if (verb === 'pass' && form.isCasual && !/^(?:sorry[\s,.!:-]*)?$/i.test(opening))
    return undefined;
  const pictures = `${tail.match}${remainder}`;
  if (verb === 'pass' ? form.isCasual && WILLING.test(pictures) : UNWILLING.test(pictures))
    return undefined;
  const act = (
    extra: { text?: string; forMs?: number; orNote?: string } = {},
    code = tail.code,
  ): ReplyIntent => ({
    kind: 'act',
    verb,
    ...(code !== undefined && { code }),
    ...extra,
    ...(form.isCasual === true && code === undefined && { isCasual: true }),
    ...((form.isCasual === true || form.answersLast === true) &&
      code === undefined && { answersLast: true }),
  });
  if (verb === 'snooze' && BARE_KEY.test(remainder)) return undefined;
  if (verb === 'resolve' && isContrary(verb, remainder)) return undefined;
  if (fillerOf(form, tail.match).test(remainder)) return act();
  const again = readAct(plain, remainder);
  if (again.kind === 'act') {
    // "2, sorry 1" says two things; "1 take" says one twice.
    if (again.verb !== verb) return undefined;
    // "Can't pass" is the opposite of "can't, pass".
    if (
      verb === 'pass' &&
      !isApart &&
      /(?:can|no)/i.test(tail.match) &&
      !/^not me/i.test(tail.match)
    )
      return undefined;
    if (again.code !== undefined && tail.code !== undefined && again.code !== tail.code)
      return undefined;
    if (form.hasText !== true || again.text === undefined) {
      const code = tail.code ?? again.code;
      const { isCasual: _, ...rest } = again;
      const isCasual = form.isCasual === true && again.isCasual === true;
      return { ...rest, ...(code !== undefined && { code }), ...(isCasual && { isCasual }) };
    }
  }
  if (verb === 'snooze') {
    const coded = tail.code === undefined ? TRAILING_CODE.exec(remainder) : null;
    const forMs = readSpan(coded ? remainder.slice(0, coded.index) : remainder);
    const code = coded?.[1] === undefined ? tail.code : normaliseCode(coded[1]);
    return forMs === undefined ? undefined : act({ forMs }, code);
  }
  if (verb === 'resolve')
    return form.hasText === true || isApart ? act({ text: remainder }) : undefined;
  if (verb !== 'pass' || isContrary(verb, remainder)) return undefined;
  if (form.hasText === true) return act({ text: remainder });
  if (!isApart || form.isCasual === true) return undefined;
  const isTold = form.isCasualWithText === true && tail.code === undefined;
  return act({ text: remainder, ...(isTold && { orNote: plain }) });
}

function fillerOf({ verb, isCasual }: Form, match: string): RegExp {
  if (verb === 'pass') return isCasual === true ? THANKS_ONLY : EXCUSES;
  return verb === 'snooze' || /^(?:take|handle)/i.test(match) ? COURTESY : FILLER;
}

/** Returns the snooze that a time by itself asks for, with a code behind it or not. */
function readCodedDelay(text: string, before: string | undefined): ReplyIntent | undefined {
  const coded = before === undefined ? TRAILING_CODE.exec(text) : null;
  const forMs = readDelay(coded ? text.slice(0, coded.index) : text);
  if (forMs === undefined || UNWILLING.test(text)) return undefined;
  const code = coded?.[1] === undefined ? before : normaliseCode(coded[1]);
  return {
    kind: 'act',
    verb: 'snooze',
    forMs,
    ...(code === undefined ? { answersLast: true } : { code }),
  };
}

/** "Later 3" may be anything. */
const BARE_KEY = new RegExp(
  `^[0-4][\\s.!]*(?:(?:please|pls|thanks|thx)[\\s.!]*)?(?:#?${CODE_PATTERN}[\\s.!]*)?$`,
  'iu',
);

/** Brackets and quotation marks around all of it. */
const UNWRAPPED = /^[(["“'‘]([^()[\]"“”]*)[)\]"”'’]$/u;

const TRAILING_CODE = new RegExp(`[\\s(\\[]+#?(${CODE_PATTERN})[)\\]\\s.!]*$`, 'u');

function readCode(text: string): { code?: string; rest: string; isSetOff: boolean } {
  const match = LEADING_CODE.exec(text);
  if (!match?.[1]) return { rest: text, isSetOff: false };
  return {
    code: normaliseCode(match[1]),
    rest: text.slice(match[0].length),
    isSetOff: /[)\]:,.!-]\s*$/.test(match[0]),
  };
}

function normaliseCode(code: string): string {
  return code.replace(/[ -]/g, '').toUpperCase();
}
