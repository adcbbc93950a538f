import { VERBS } from './verbs.ts';

/** A way to reach a contact that an instruction asks for; `any`: it leaves open which. */
type Way = 'phone' | 'email' | 'any';

/** What an instruction asks its reader to reach the contact by. */
export interface Reach {
  readonly ways: readonly Way[];
  /** One of them is enough: `Call or email Maria`. */
  readonly isEither: boolean;
}

/** What may stand before the verb; adverbs in -ly besides. */
const OPENERS = new Set(
  'please kindly now asap today first then next just also urgent important critical'.split(' '),
);

/** Returns the words of an instruction in lower case, without what may stand before its verb. */
export function listInstructionWords(instruction: string): string[] {
  const words =
    instruction
      .normalize('NFKC')
      .replace(/[’‘`]/g, "'")
      .toLowerCase()
      .match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}'-]*/gu) ?? [];
  const start = words.findIndex(
    (word) => isVerb(word) || !(OPENERS.has(word) || word.endsWith('ly')),
  );
  return start < 0 ? [] : words.slice(start);
}

/** Returns whether a word in lower case is a verb that an instruction may begin with, also as `re-run`, `reopen` or `power-cycle`. */
export function isVerb(word: string): boolean {
  const [last = word] = word.split('-').slice(-1);
  return VERBS.has(word) || VERBS.has(last) || VERBS.has(word.replace(/^re(?=.{3})/, ''));
}

/** Words that stand before `the` or `why` without being verbs. */
const NO_VERBS = new Set(
  `about above after all along although amid among and are around as at be because been before behind below beside
  between beyond both but by can could did does during either even everything except for from had half has how if in
  inside into is just like may might more most must near neither no nobody nor not nothing of off on once one only onto
  or out outside over per quite rather shall should since so some somebody someone something still such than that the
  then there they though through throughout to today tomorrow too toward towards under unless until up upon was we were
  what whatever when where whether which while who whom whose why will with within without would yes yesterday you`.split(
    /\s+/,
  ),
);
const DETERMINERS = new Set(
  'the a an this that these those his her its their our my your whether why how what which if'.split(
    ' ',
  ),
);
const PARTICLES = new Set('away back down in into off on out over through up'.split(' '));

/** Returns whether a verb that is not in the list can be told by what follows: `Defrost the freezer`, `Suss out why …`. */
export function isVerbByPlace([first = '', second = '', third = '']: readonly string[]): boolean {
  if (NO_VERBS.has(first) || !/^[a-z]+$/.test(first) || /(?:ing|ed|[^s]s|ly)$/.test(first))
    return false;
  return DETERMINERS.has(second) || (PARTICLES.has(second) && DETERMINERS.has(third));
}

/** Verbs that are also names of what comes in. */
const NEWS_NOUNS =
  'alert|answer|call|change|charge|check|claim|comment|contact|demo|document|e-?mail|invoice|issue|list|mail|message|offer|order|price|purchase|query|quote|refund|release|reply|report|request|return|review|support|test|text|transfer|update|visit';
/**
 * `Call from Maria`, `Refund request of Jane`, `Order 8841 is stuck`, `Alert: disk full`: begins with a word that
 * is also a verb, but tells what came in rather than what to do.
 */
const NEWS = [
  `^(?:${NEWS_NOUNS})\\s+(?:#?[\\p{L}-]*\\d[\\p{L}\\d-]*\\s+)?(?:from|of|is|was|has|needs|failed|requested|received|missed|overdue|stuck)(?!\\p{L})`,
  '^(?:call|change|contact|demo|price|quote|refund|return|support|transfer)\\s+(?:request|form|inquiry|enquiry)(?!\\p{L})',
  '^(?:alert|comment|contact|issue|message|order|query|quote|report|request|test|update)\\s*:',
].map((pattern) => new RegExp(pattern, 'iu'));

/** Returns whether a text tells what happened although it begins with a word that is also a verb. */
export function isNews(instruction: string): boolean {
  const text = instruction.trim();
  return NEWS.some((pattern) => pattern.test(text));
}

/** Somebody who can be called or written to follows: `Maria`, `him`, `the customer`, `back`. */
const SOMEBODY = String.raw`(?:(?:to|back|him|her|them|(?:the )?(?:customer|client|lead|patient|caller|guest|tenant))(?!\p{L})|\p{Lu}\p{Ll})`;
const SOMEBODY_NEXT = new RegExp(String.raw`^[\p{L}-]+\s+${SOMEBODY}`, 'u');
const EMAIL = /^e-?mail(?!\p{L})/iu;
const LETTER = /^(?:mail|write)(?!\p{L})/iu;
const PHONE = /^(?:call|phone|ring|dial|telephone|text|sms)(?!\p{L}|-)/iu;
/** `Call off the delivery`, `Call a meeting`, `Ring the bell`, `Call 112`: nobody's number is asked for. */
const NO_NUMBER =
  /^\p{L}+\s+(?:off|for|in|it|out|down|up\s+the|(?:an?|the)\s+(?:\p{L}+\s+)?(?:bell|alarm|meeting|vote|bridge|ambulance|taxi|cab|police|emergency)|\d{3,6}(?!\d))(?!\p{L})/iu;
const OPEN = /^(?:contact|reach\s+out|reply|respond|message|get\s+(?:back|in\s+touch))(?!\p{L})/iu;
/** The answer goes to where the question is: a ticket, a chat, something with a number. */
const ELSEWHERE =
  /\d|https?:|\b(?:tickets?|threads?|chats?|case|portal|slack|teams|whatsapp|linkedin|zendesk|intercom|jira|inbox|reviews?|comments?|posts?|forms?|alerts?|alarm|incident|outage|rfp|queue)\b/i;
const TELLS =
  '^(?:answer|contact|follow|get|inform|notify|reach|remind|reply|respond|send|tell)(?!\\p{L}).*';
const BY_PHONE = new RegExp(
  `${TELLS} (?:by|via|over) (?:the )?(?:phone|telephone|text|sms)(?!\\p{L})|^(?:give|send) .*\\ba (?:\\p{L}+ )?(?:call|ring|text|sms)(?!\\p{L})`,
  'iu',
);
const BY_EMAIL = new RegExp(
  `${TELLS} (?:by|via) e-?mail(?!\\p{L})|^send .*\\ban? (?:\\p{L}+ )?e-?mail(?!\\p{L})`,
  'iu',
);
const OPENER = new RegExp(
  String.raw`^(?:(?:${[...OPENERS].join('|')}|\p{L}+ly)(?!\p{L})[\s,:!-]+)+`,
  'iu',
);

/** Returns by which ways an instruction in English has its contact reached; none when it is about something else. */
export function readReach(instruction: string): Reach {
  const text = instruction.normalize('NFKC').trim();
  const begin = (/^[\p{L}'-]+/u.exec(text)?.[0] ?? '').toLowerCase();
  const plain = isVerb(begin) ? text : text.replace(OPENER, '');
  const isEither = /\sor\s/i.test(plain);
  const said: Way[] = [
    ...(BY_PHONE.test(plain) ? (['phone'] as const) : []),
    ...(BY_EMAIL.test(plain) ? (['email'] as const) : []),
  ];
  if (said.length > 0) return { ways: said, isEither };
  const [first = '', ...others] = plain.split(
    /\s*[,;]\s*(?:(?:and|then|or)\s+)?|\s+(?:and|then|or)\s+/i,
  );
  // In the middle of an instruction `call logs` and `email templates` are things.
  const clauses = [first, ...others.filter((clause) => SOMEBODY_NEXT.test(clause))];
  return { ways: [...new Set(clauses.flatMap((clause) => wayOf(clause, plain)))], isEither };
}

function wayOf(clause: string, whole: string): Way[] {
  if (EMAIL.test(clause)) return ['email'];
  // `Write a summary` and `Mail the card` need no address.
  if (LETTER.test(clause)) return SOMEBODY_NEXT.test(clause) ? ['email'] : [];
  if (PHONE.test(clause)) return NO_NUMBER.test(clause) ? [] : ['phone'];
  if (OPEN.test(clause)) return ELSEWHERE.test(whole) ? [] : ['any'];
  return [];
}
