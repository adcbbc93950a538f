/*
 * When the bot answers, when it asks, and when it hands off: a pure function, so that the table of conversations in
 * test/decide.test.ts is the whole truth about it.
 */

export type Mood = 'calm' | 'annoyed' | 'keen';

/** Why a conversation goes to a person. */
export type Reason = 'asked-for-a-person' | 'high-value' | 'frustrated' | 'unsure-twice';

/** What the bot remembers of a conversation between two messages. */
export interface Memory {
  /** Messages in a row that it could not answer. */
  readonly unsure: number;
  readonly mood: Mood;
  /** Articles it has shown, by id. */
  readonly tried: readonly string[];
}

export const FRESH: Memory = { unsure: 0, mood: 'calm', tried: [] };

export interface Turn {
  readonly text: string;
  readonly memory: Memory;
  /** What the knowledge base found. */
  readonly found: { readonly article: string; readonly isSure: boolean } | undefined;
}

export type Decision = { readonly because: string; readonly memory: Memory } & (
  | { readonly kind: 'answer'; readonly article: string }
  | { readonly kind: 'greet' }
  | { readonly kind: 'thank' }
  | { readonly kind: 'ask-again' }
  | { readonly kind: 'hand-off'; readonly reason: Reason }
);

/** Returns what the bot does with a message, and why. A person who is asked for always comes first. */
export function decide({ text, memory, found }: Turn): Decision {
  const words = normalise(text);
  const mood = readMood(text, words, memory.mood);
  const handOff = (reason: Reason, because: string): Decision => ({
    kind: 'hand-off',
    reason,
    because,
    memory: { ...memory, mood },
  });

  if (asksForPerson(words)) return handOff('asked-for-a-person', 'asked for a person');
  if (isFrustrated(text, words)) return handOff('frustrated', 'is frustrated');
  const value = readHighValue(words);
  if (value !== undefined) return handOff('high-value', value);
  if (/^(?:hi|hello|hey|good (?:morning|day|evening|afternoon))(?: there| all)?$/.test(words)) {
    return { kind: 'greet', because: 'said hello', memory: { ...memory, mood } };
  }
  if (
    /^(?:ok(?:ay)? )?(?:thanks?|thank you|thx|great|perfect|super|cheers)\b.{0,40}$/.test(words)
  ) {
    return { kind: 'thank', because: 'said thanks', memory: { ...memory, unsure: 0, mood } };
  }
  // The same answer once more helps nobody.
  if (found?.isSure === true && memory.tried.at(-1) !== found.article) {
    return {
      kind: 'answer',
      article: found.article,
      because: `the article "${found.article}" fits`,
      memory: { unsure: 0, mood, tried: [...memory.tried, found.article] },
    };
  }
  if (memory.unsure >= 1) return handOff('unsure-twice', 'could not be answered twice in a row');
  return {
    kind: 'ask-again',
    because: 'nothing fits well enough',
    memory: { ...memory, unsure: memory.unsure + 1, mood },
  };
}

/** In lower case, with plain apostrophes gone and everything else that is no letter or digit a space. */
function normalise(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['’`´]/g, '')
    .replace(/\bsome ?1\b|\bsb\b/g, 'someone')
    .replace(/\bhooman|\bhumane?n\b/g, 'human')
    .replace(/\b(talk|speak|chat) 2\b/g, '$1 to')
    .replace(/\bw\b\/?/g, 'with')
    .replace(/[^\p{L}\p{N}€$]+/gu, ' ')
    .trim();
}

/** Who can be asked for; `bot` is none of them. */
const PEOPLE = [
  'person',
  'human',
  'agent',
  'somebody',
  'someone',
  'representative',
  'operator',
  'advisor',
  'adviser',
  'employee',
  'colleague',
  'consultant',
  'supervisor',
  'manager',
  'specialist',
  'rep',
];
/** Said of people only together with one of these is a person asked for. */
const VAGUE = new Set(['somebody', 'someone', 'colleague', 'employee', 'manager', 'supervisor']);

const ASKING = new RegExp(
  [
    // talk to, speak with, chat with, connect me to, get me, put me through to, transfer me, can I have, I want, need
    String.raw`\b(?:t[ao]l?k|speak|spek|speek|chat|connect|transfer|forward|put|get|give|let|pass|hand|reach|have|want|wanna|need|like|prefer|contact|ask for|looking for|is there|are there|take me|switch me|bring me|move me|any)\b`,
  ].join('|'),
);
/** Those of them that are known with a typing mistake in them. */
const LONG_ASKING = ['speak', 'connect', 'transfer', 'forward', 'contact'];
/** Asked for without naming a person. */
const WITHOUT_NAMING = [
  // To whomever, unless it is a thing, or somebody of their own.
  /\b(?:t[ao]lk|tlak|spea?k|spe?ek|chat|a word)(?:ing)? (?:to|with)\b(?! (?:my|our|each|one another))(?! (?:the |your |an? |this )*(?:api|server|database|bots?|robots?|ai|chatbot|machine|computer|webhooks?|apps?|integration|board)\b)/,
  /\b(?:want|need|like|wanna|rather) (?:to )?(?:talk|speak)\b/,
  /\b(?:contact|connect (?:me )?(?:with|to)|reach|get hold of|get in touch with|phone|call) (?:with )?(?:you|support|sales|your (?:team|support|sales|staff|people))\b/,
  /\b(?:customer|human|live) (?:support|service|services|care|help|chat)\b|\bhotline\b|\byour (?:phone|telephone|support|contact) number\b/,
  /\bescalate (?:this|it|me|my)\b|\bone of your (?:people|colleagues|team|staff|agents)\b/,
  /\b(?:call|ring|phone) me\b/,
  /\b(?:talk|speak|chat) (?:to|with) (?:you(?:r)? (?:team|staff|people|support|sales|boss)|(?:the |customer )?(?:support|service|sales|staff|team)|anyone|anybody|people)\b/,
  /\b(?:helpdesk|help desk|support team|support staff|sales team)\b.*\b(?:please|number|now)\b/,
  /\b(?:are|r) (?:you|u) (?:a |an |just a |even a |only a )?(?:real|bot|robot|machine|human|person|computer)\b/,
  /\b(?:not|no|without|stop|enough of|sick of|hate|done with|tired of) (?:a |an |the |this |these |talking to |talk to |more )*(?:bot|bots|robot|robots|machine|machines|ai|chatbot|computer)\b/,
  /\b(?:dont|do not|cant|wont) (?:want|wanna) (?:to )?(?:talk|speak|chat|deal) (?:to|with) (?:a |an |the |this )?(?:bot|robot|machine|ai|chatbot|computer)\b/,
  /\b(?:menschen?|mitarbeiter(?:in)?|humano|persona|agente|personne|humain)\b/,
  /\b(?:flesh and blood|real people|actual people|with a pulse)\b/,
  /\b(?:transfer|connect|put) me(?: through| over)?\b/,
  /\b(?:somebody|someone|anybody|anyone) (?:there |please |just |can |could )*(?:call|ring|phone|contact|help|talk|speak|take over|answer)\b/,
  /\bis (?:there )?(?:anybody|anyone|somebody|someone) (?:from \w+ )?(?:there|here|real|online|available|around|i can|who can)\b/,
];
/** `agents` of a board, `the person who left`, `people to my team`: a person as a thing of the product. */
const NOT_ASKING =
  /\bhuman (?:readable|resources|error|friendly)\b|\b(?:per|each|every|a|one|another|second|other|new|which|that|this) (?:person|user|manager|agent|employee|colleague)(?= (?:a month|per|costs?|pays?|who|left|see|have|has|do|does|get|gets|to (?:a|the|my|our)))|\b(?:invite|add|remove|delete|assign|mention|share with|make) (?:\w+ ){0,3}(?:person|someone|somebody|colleague|agent|employee|manager|human)\b|\b(?:let|give|pass) (?:someone|somebody|a colleague|another person|my \w+)\b|\bneed (?:a )?(?:manager|supervisor) (?:role|account|rights)\b|\b(?:my|our) (?:colleague|manager|supervisor|employee|agent|advisor|consultant)\b/;

function asksForPerson(words: string): boolean {
  if (WITHOUT_NAMING.some((pattern) => pattern.test(words))) return true;
  const tokens = words.split(' ');
  const named = tokens
    .map((token) => token.replace(/^(.{4,}?)s$/, '$1'))
    .flatMap((token) => PEOPLE.find((person) => isLike(token, person)) ?? []);
  if (named.length === 0) return false;
  // Nothing else is said: "human", "agent please", "a real person!!"
  const rest = tokens.filter((token) => !FILLER.has(token));
  const isPerson = (token: string): boolean =>
    PEOPLE.some((person) => isLike(token.replace(/^(.{4,}?)s$/, '$1'), person));
  if (rest.every(isPerson)) return true;
  if (NOT_ASKING.test(words)) return false;
  if (named.some((person) => !VAGUE.has(person))) {
    return (
      ASKING.test(words) ||
      /\b(?:real|live|actual|human)\b/.test(words) ||
      tokens.some((token) => LONG_ASKING.some((verb) => isLike(token, verb)))
    );
  }
  return /\b(?:t[ao]l?k|speak|spek|speek|chat) (?:\w+ ){0,2}(?:to|with|2)\b|\b(?:(?:get|give|send|find|connect) me|reach|want|need|contact) (?:to )?(?:a |the |your )?(?:real |live )?(?:somebody|someone|manager|supervisor|colleague|employee)\b|\bfrom your (?:team|company)\b/.test(
    words,
  );
}

const FILLER = new Set(
  `a an the please pls plz now ok only just real live actual hello hi hey just to with me i want need someone human can get give
  you your`.split(/\s+/),
);

/** Whether a word is another one with at most one mistake in it: one letter more, less, other, or two swapped. */
function isLike(word: string, meant: string): boolean {
  if (word === meant) return true;
  if (word.length < 5 || Math.abs(word.length - meant.length) > 1 || word[0] !== meant[0]) {
    return false;
  }
  let start = 0;
  while (start < word.length && word[start] === meant[start]) start += 1;
  const [a, b] = [word.slice(start), meant.slice(start)];
  return (
    a.slice(1) === b.slice(1) ||
    a === b.slice(1) ||
    a.slice(1) === b ||
    (a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2))
  );
}

const ANGER =
  /\b(?:useless|ridiculous|unacceptable|terrible|horrible|awful|worst|pathetic|furious|angry|fed up|waste of time|wasting my time|rubbish|garbage|a joke|disgrace|disgusting|wtf|ffs|bullshit|damn|stupid|idiots?|nonsense|crap|scam|lawyer|complain|complaint|this is insane|sick of)\b/;
const AGAIN =
  /\b(?:(?:already|third|3rd|fourth|tenth|hundredth) (?:\w+ ){0,3}(?:time|told|said|asked|tried|did)|(?:told|asked|said) (?:you )?(?:already|twice|before)|doesnt help|does not help|didnt help|did not help|not helping|not helpful|unhelpful|still (?:not|doesnt|does not|isnt) (?:work|working|fixed)|youre not listening|you dont understand|you are not listening|keeps? (?:failing|crashing|happening))\b/;

function isFrustrated(text: string, words: string): boolean {
  if (ANGER.test(words) || AGAIN.test(words)) return true;
  const letters = text.replace(/[^\p{L}]/gu, '');
  const isShouted = letters.length >= 12 && letters === letters.toUpperCase();
  return isShouted || /[!?]{3,}/.test(text);
}

const MANY =
  /\b(?:for|of|about|around|have|with|are|need|add|buy|us|roughly|over) (?:\w+ )?([1-9]\d{1,5}) (?:\w+ )?(?:people|users|seats|employees|licen[cs]es|members|colleagues|staff|accounts|persons)\b|\bteam of ([1-9]\d{1,5})\b/;
/** From so many seats on, somebody wants to talk about it. */
const HIGH_VALUE_SEATS = 25;

/** Returns why a message is worth a person's time at once, or undefined. */
function readHighValue(words: string): string | undefined {
  const seats = Number(MANY.exec(words)?.slice(1).find(Boolean) ?? 0);
  if (seats >= HIGH_VALUE_SEATS) return `asks for ${seats} people`;
  if (
    /\b(?:enterprise|framework contract|volume discount|bulk (?:price|discount)|tender|rfp|procurement|reseller|whole company|entire company)\b/.test(
      words,
    )
  )
    return 'asks about a contract for a company';
  if (
    /\b(?:quote|offer|quotation)\b/.test(words) &&
    /\b(?:send|need|want|get|make|give)\b/.test(words)
  )
    return 'wants an offer';
  if (/\b(?:upgrade|switch|move)\b.*\b(?:company plan|fernhill company)\b/.test(words))
    return 'wants to move to the Company plan';
  return undefined;
}

function readMood(text: string, words: string, before: Mood): Mood {
  if (isFrustrated(text, words)) return 'annoyed';
  return readHighValue(words) === undefined ? before : 'keen';
}
