import { CODE_PATTERN } from './code.ts';
import type { CommandPayload } from './command.ts';
import type { ClosedOffer, OpenOffer } from './responder.ts';
import type { Actor } from './state.ts';

/** What a text from a responder's phone asks for, before it is known which handoff is meant. */
export type ReplyIntent =
  | {
      readonly kind: 'act';
      readonly verb: 'take' | 'pass' | 'resolve';
      readonly code?: string;
      readonly text?: string;
    }
  /** No verb was understood: from an owner it is a note. */
  | { readonly kind: 'text'; readonly text: string; readonly code?: string }
  | { readonly kind: 'help' }
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

/** The grammar: the first words of a text and what they ask for. Longer forms come first. */
const VERBS: readonly (readonly [RegExp, 'take' | 'pass' | 'resolve'])[] = [
  [
    /^(?:1|take|taken|took|ok|okay|got it|on it|i have it|i got it|mine|👍)(?![\p{L}\p{N}])/iu,
    'take',
  ],
  [/^(?:2|pass|not me|can't|cannot)(?![\p{L}\p{N}])/iu, 'pass'],
  [/^(?:done|resolved?|finished)(?![\p{L}\p{N}])/iu, 'resolve'],
];

const LEADING_CODE = new RegExp(`^#?(${CODE_PATTERN})(?![\\p{L}\\p{N}])[\\s:,.-]*`, 'u');

/** Returns what a reply's text asks for; a code may stand before or after the verb, in any case. */
export function parseReply(text: string): ReplyIntent {
  const plain = text
    .normalize('NFKC')
    .replace(/[\uFE0F\u{1F3FB}-\u{1F3FF}]/gu, '')
    .trim();
  const word = plain.toLowerCase();
  if (OPT_OUT.has(word)) return { kind: 'opt-out' };
  if (OPT_IN.has(word)) return { kind: 'opt-in' };
  if (CARRIER_HELP.has(word)) return { kind: 'carrier-help' };
  if (word === '?' || word === '') return { kind: 'help' };

  const before = readCode(plain.replace(/^["'“”‘’«»\s]+/u, ''));
  const verb = VERBS.find(([pattern]) => pattern.test(before.rest));
  if (!verb) {
    // A code alone means "I have it".
    if (before.code !== undefined && before.rest === '') {
      return { kind: 'act', verb: 'take', code: before.code };
    }
    return { kind: 'text', text: plain, ...(before.code !== undefined && { code: before.code }) };
  }
  const rest = before.rest.replace(verb[0], '').replace(/^[\s:,.!"'”’-]+/u, '');
  const after = before.code === undefined ? readCode(rest) : { code: before.code, rest };
  const remainder = after.rest.trim();
  // "ok but I am driving" takes nothing away from the words; "2 many calls" is no pass.
  if (verb[1] !== 'resolve' && /^\d/.test(before.rest) && /^\p{L}/u.test(remainder)) {
    return { kind: 'text', text: plain, ...(after.code !== undefined && { code: after.code }) };
  }
  return {
    kind: 'act',
    verb: verb[1],
    ...(after.code !== undefined && { code: after.code }),
    ...(remainder !== '' && { text: remainder }),
  };
}

function readCode(text: string): { code?: string; rest: string } {
  const match = LEADING_CODE.exec(text);
  if (!match?.[1]) return { rest: text };
  return { code: match[1].toUpperCase(), rest: text.slice(match[0].length) };
}

/** Which handoff a reply is for, or why that cannot be told. Only `command` changes anything. */
export type ReplyRoute =
  | {
      readonly kind: 'command';
      readonly verb: 'take' | 'pass' | 'resolve' | 'note';
      readonly offer: OpenOffer;
      readonly text?: string;
    }
  /** It could mean several: none is changed, the choices are listed. */
  | {
      readonly kind: 'choose';
      readonly verb: 'take' | 'pass' | 'resolve';
      readonly offers: readonly OpenOffer[];
    }
  | { readonly kind: 'unknown-code'; readonly code: string; readonly offers: readonly OpenOffer[] }
  | { readonly kind: 'closed'; readonly offer: ClosedOffer }
  | { readonly kind: 'nothing-open' }
  | { readonly kind: 'help'; readonly offers: readonly OpenOffer[] }
  | { readonly kind: 'opt-out' }
  | { readonly kind: 'opt-in' }
  | { readonly kind: 'silent' };

/**
 * Returns what a reply means for a person with these handoffs. Without a code it counts only while exactly
 * one handoff can be meant: one that waits for them (take, pass) or one that is theirs (done).
 */
export function routeReply(
  intent: ReplyIntent,
  person: { readonly open: readonly OpenOffer[]; readonly closed: readonly ClosedOffer[] },
): ReplyRoute {
  const { open, closed } = person;
  switch (intent.kind) {
    case 'opt-out':
    case 'opt-in':
      return intent;
    case 'carrier-help':
      return { kind: 'silent' };
    case 'help':
      return { kind: 'help', offers: open };
    case 'text': {
      const owned = open.filter(
        (offer) =>
          offer.standing === 'owner' && (intent.code === undefined || offer.code === intent.code),
      );
      const [offer] = owned;
      if (offer && owned.length === 1)
        return { kind: 'command', verb: 'note', offer, text: intent.text };
      return { kind: 'help', offers: open };
    }
    case 'act':
      break;
  }
  const command = (offer: OpenOffer): ReplyRoute => ({
    kind: 'command',
    verb: intent.verb,
    offer,
    ...(intent.text !== undefined && { text: intent.text }),
  });
  const { code } = intent;
  if (code !== undefined) {
    const offer = open.find((candidate) => candidate.code === code);
    if (offer) return command(offer);
    const ended = closed.findLast((candidate) => candidate.code === code);
    return ended ? { kind: 'closed', offer: ended } : { kind: 'unknown-code', code, offers: open };
  }
  const [first, second] = rankMeant(intent.verb, open);
  if (first && !second) return command(first);
  if (first) return { kind: 'choose', verb: intent.verb, offers: rankMeant(intent.verb, open) };
  const latest = closed.at(-1);
  return latest ? { kind: 'closed', offer: latest } : { kind: 'nothing-open' };
}

/** Returns the handoffs a bare verb can mean: the fitting ones, or all open ones when none fits. */
function rankMeant(
  verb: 'take' | 'pass' | 'resolve',
  open: readonly OpenOffer[],
): readonly OpenOffer[] {
  const fitting = {
    take: [['asked'], ['owner'], ['stood-down', 'passed']],
    pass: [['asked'], ['owner'], ['stood-down', 'passed']],
    resolve: [['owner'], ['asked'], ['stood-down', 'passed']],
  } as const;
  for (const standings of fitting[verb]) {
    const meant = open.filter((offer) => (standings as readonly string[]).includes(offer.standing));
    if (meant.length > 0) return meant;
  }
  return [];
}

/** A command ready to be signalled: the signal's name and its payload. */
export type ReplyCommand = {
  [V in 'take' | 'pass' | 'resolve' | 'note']: {
    readonly verb: V;
    readonly payload: CommandPayload<V>;
  };
}['take' | 'pass' | 'resolve' | 'note'];

/** Returns the command a routed reply gives; its id is the reply's, so that a repeated reply applies once. */
export function commandOf(
  route: Extract<ReplyRoute, { kind: 'command' }>,
  reply: { readonly replyId: string; readonly by: Actor; readonly confirm?: boolean },
): ReplyCommand {
  const base = {
    id: reply.replyId,
    by: reply.by,
    via: 'sms' as const,
    ...(reply.confirm === true && { confirm: true }),
  };
  const { text } = route;
  switch (route.verb) {
    case 'take':
      return { verb: 'take', payload: base };
    case 'pass':
      return { verb: 'pass', payload: { ...base, ...(text !== undefined && { reason: text }) } };
    case 'resolve':
      return { verb: 'resolve', payload: { ...base, ...(text !== undefined && { note: text }) } };
    case 'note':
      return { verb: 'note', payload: { ...base, text: text ?? '' } };
  }
}
