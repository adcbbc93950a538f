/*
 * The words of a reply: which ask for something, and which say that they do not. Whoever adds one adds to the table
 * in test/domain/reply-table.ts what else it could be the beginning of.
 */

import { CODE_PATTERN } from './code.ts';

/** What a reply can do to a handoff; `take-over` takes it from whoever has it. */
export type ReplyVerb = 'take' | 'take-over' | 'pass' | 'snooze' | 'resolve';

/** The beginning of a text, up to where a word ends. */
const starts = (words: string): RegExp => new RegExp(`^(?:${words})(?![\\p{L}\\p{N}])`, 'iu');
const anywhere = (words: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${words})(?![\\p{L}\\p{N}])`, 'iu');

// "I would take it" says that they do not.
const I = String.raw`(?:i(?:['’]?(?:ve|ll|m))?(?: (?:have|will|am|can))?(?: (?:just|already))? |let me |lemme )?`;
const THIS = '(?:it|this one|that one|this|that)';
const IT = `(?: (?:${THIS}|one))?`;

/** "Done with it" has done it; "done with my shift" has not. */
const WITH = `(?: (?:with|w/?)(?: ${THIS}|(?= ${CODE_PATTERN}(?![\\p{L}\\p{N}]))))?`;

/** Words at the beginning that ask for something. */
export interface Form {
  readonly verb: ReplyVerb;
  readonly pattern: RegExp;
  /** Words may follow: an outcome or a note. */
  readonly hasText?: true;
  /** The word may answer something else too. */
  readonly isCasual?: true;
  /** With a reason it may just as well tell how a handoff of theirs is going. */
  readonly isCasualWithText?: true;
  /** Counts only with a code. */
  readonly needsCode?: true;
  /** It may answer a reminder of theirs as well as an offer: whichever came last is meant. */
  readonly answersLast?: true;
}

/** The words of the grammar, the longer forms first. */
export const FORMS: readonly Form[] = [
  { verb: 'take-over', pattern: starts(`${I}(?:take|taking)(?: (?:it|this|that))? ?over${IT}`) },
  {
    verb: 'snooze',
    pattern: starts('3|later|snooze|remind me(?: later)?|ask me later'),
    answersLast: true,
  },
  {
    verb: 'resolve',
    pattern: starts(
      `(?:(?:(?:it|that|this)(?:['’]?s| is)|i(?:['’]?m| am)) )?(?:all |already )?(?:(?:done|finished)${WITH}|completed|resolved)`,
    ),
    hasText: true,
  },
  // "complete nonsense", "resolve this by noon": what follows must be set apart.
  { verb: 'resolve', pattern: starts("(?:it['’]?s |it is )?(?:complete|resolve)") },
  { verb: 'take', pattern: starts('1') },
  {
    verb: 'take',
    pattern: starts(
      `${I}(?:take|taking|took|accept|claim)${IT}|i(?:['’]?ve| have) (?:(?:just|already) )?taken${IT}|(?:it['’]?s |that['’]?s |this(?: one)? is )?mine|accepted`,
    ),
  },
  {
    verb: 'take',
    pattern: starts(
      `${I}(?:got|have|handle|handling) ${THIS}|gotcha|${I}on it|ack(?:nowledged)?|will do|${I}do it`,
    ),
    answersLast: true,
  },
  { verb: 'take', pattern: starts(`${I}(?:got|have)`), needsCode: true },
  { verb: 'take', pattern: starts('ok|okay|okey|oki|k|kk|roger|copy(?: that)?'), isCasual: true },
  { verb: 'take', pattern: /^(?:👍|👌|✅|☑|✔|🆗)+/u, isCasual: true },
  { verb: 'pass', pattern: starts('2') },
  {
    verb: 'pass',
    pattern: starts("(?:i(?:['’]?ll| will| have to| need to| must)? )?pass"),
    hasText: true,
  },
  {
    verb: 'pass',
    pattern: starts(
      `not me|${I}(?:can['’]?t|cannot|can not)(?: (?:take|do|make)(?: ${THIS}| one)?)?`,
    ),
    isCasualWithText: true,
  },
  { verb: 'pass', pattern: starts('no(?:pe)?'), isCasual: true },
  { verb: 'pass', pattern: /^👎+/u, isCasual: true },
];

/** Greetings and agreement in front of a verb. */
export const OPENING =
  /^(?:(?:hi there|hi|hey|hello|yes|yeah|yep|yup|sure|alright|please|pls|sorry|reply|ok(?:ay)?(?=[\s,.!]+(?:all |already )?(?:done|finished|later)(?!\p{L})))(?![\p{L}\p{N}])[\s,.!:-]*)+(?=\S)/iu;

/** "Yeah, no" is neither. */
export const AGREEMENT = anywhere('yes|yeah|yep|yup|sure|alright');

/** "Please take it" asks somebody else to. */
export const REQUEST = anywhere('please|pls|sorry');

/** Only marks and pictures. */
const MARKS = String.raw`[\s.,!;:()\[\]"'“”‘’«»…*_-]|\p{Extended_Pictographic}`;
const only = (words: string): RegExp =>
  new RegExp(`^(?:${MARKS}|(?:${words})(?![\\p{L}\\p{N}]))*$`, 'iu');

const THANKS = 'thanks?|thank you|thanx|thx|tx|ty|cheers|please|pls|plz|sir|mate';
const NAMED = 'it|this|that|one|now|right now|right away|asap|already';

/** Words that change nothing of what is said. */
export const FILLER = only(`${THANKS}|${NAMED}|team|all|guys|boss`);

/** "Take it guys" is said to the guys; "no, that one" means another. */
export const COURTESY = only(`${THANKS}|${NAMED}`);
export const THANKS_ONLY = only(`${THANKS}|sorry`);
export const EXCUSES = only(
  `${THANKS}|${NAMED}|team|all|guys|boss|sorry|apologies|today|tonight|atm|at the moment`,
);

/** Pictures beside a code that agree, or say nothing; any other may be a mood in which nobody takes anything. */
export const AGREEING = /[👍👌✅☑✔🆗🙏💪🤝🙌🙂😊😀😃😄🚀📞☎]/gu;

/** What our own messages say behind the key. */
export const ECHOES: Readonly<Record<ReplyVerb, RegExp | undefined>> = {
  take: starts('to take(?: it)?(?: again)?'),
  pass: starts('to pass(?: (?:it|this))?(?: on)?|(?:(?:it|this) )?on(?=[\\s.!]*$)'),
  snooze: starts('for later|to be asked later'),
  resolve: starts('when finished'),
  'take-over': undefined,
};

/** Whoever asks has not decided; some ask with a picture. */
export const QUESTION = /[?¿؟⸮‽❓❔🤔]/u;
export const UNWILLING = /[👎❌🚫🙅⛔✖❎🤷🛑]/u;
export const WILLING = /[👍👌✅☑✔🆗]/u;

/** What follows `done` when it is not done yet. */
const UNDONE = starts(
  [
    'in|soon|shortly|later|tomorrow|tonight|today|after|before|when|once|as soon|almost|nearly|yet|if|unless|until|till',
    'by(?! (?:phone|e-?mail|text|sms|me|us|call|chat|post|myself))|at (?:\\d|noon|midnight|lunch|the end|eod)',
    'for (?:today|tonight|now|the|this|lunch|a)|(?:with|w/?) (?:my|work|lunch|today|the day|school)|working',
    'but|except|apart|besides|still|pending|trying|maybe|probably|perhaps|hopefully|should|must|i (?:think|guess|hope)',
    String.raw`\d[\p{L}\d%:.,]*|ish|eod|end of|next (?:week|month|time|\p{L}+day)|this (?:afternoon|evening|week|month)|around|about \d|another|part|most|some of|so far|one of|step`,
    'the (?:first|last|next|other)|first (?:part|half|step|of)|(?:everything|all) (?:but|except)|(?:mon|tues|wednes|thurs|fri|satur|sun)day',
    'wait|undo|nah|lol|my|here|(?:lunch|dinner|breakfast|work|school|gym)|to (?:call|do|try|ring|be|finish|follow)',
    String.raw`(?!(?:call|talk|speak|email|text|chat|ring|follow|meet)ing)\p{L}{2,}ing`,
    "both|neither|up to|as (?:much|far)|isn['’]?t|i wish|half|halfway|partly|partially|mostly|never|nothing|asap|right away|please|pls|plz",
    'no(?![ -](?:answer|show|reply|response|interest|need|luck|one|voicemail|contact|budget|thanks))',
    'not(?= (?:yet|really|quite|sure|done|fully|exactly|completely|entirely|at all|finished|so|now)(?![\\p{L}]))|not$|[^\\n]*(?<![\\p{L}])not yet',
  ].join('|'),
);

/** Behind `done`: what they are about to do, or that somebody else is to. */
const GOES_ON = new RegExp(
  [
    String.raw`(?<!\p{L})(?:calling|ringing|texting|emailing|doing|taking|starting)(?: \p{L}+){0,3} (?:now|next)(?!\p{L})`,
    String.raw`(?<!\p{L})on it(?!\p{L})`,
    String.raw`(?:(?:^|[,.;:!–—-])\s*|(?<!\p{L})(?:i|and|but|then|so|now) )(?:will|gonna|going to)(?: \p{L}+)? (?:call|try|retry|ring|reach|do|start)(?!\p{L})`,
    String.raw`(?<!\p{L})i['’]?ll(?: \p{L}+)? (?:call|try|retry|ring|reach|do|start|take)(?!\p{L})`,
    String.raw`(?<!\p{L})(?:calling|ringing|trying)(?: \p{L}+){0,2} again(?!\p{L})`,
    String.raw`(?:^|[,.;:!–—-])\s*(?:will )?(?:retry|try again)(?!\p{L})`,
    String.raw`(?:^|[,.;:!–—-])\s*(?:please )?(?:give|pass|hand|assign|reassign)(?: (?:it|this|that))?(?: (?:on|over))? to(?!\p{L})`,
  ].join('|'),
  'iu',
);

/** "Pass me her number" asks for something, "pass by her office" tells something, "pass it to Bob" cannot be done. */
const OTHERWISE = starts(
  'me|her|him|them|us|my|your|the|a|an|along|by|through|word|over|out|not$|(?:(?:it|this|that)(?: one)? )?(?:(?:back|along|on) )?(?:to|here)|(?:yes|yep|yeah|undo|min(?:ute)?s?|hours?|code)|in \\d+',
);

/** A pass with a condition is none. */
const CONDITION = anywhere(
  "only if|if (?:nobody|no one|none)|unless|i can(?! ?not(?!\\p{L})|['’]?t(?!\\p{L}))",
);

/** A question without its mark. */
const ASKING = starts(
  '(?:who|whom|whose|what|where|why|how|which)|(?:is|are|can|could|should|do|does|did|will|would|may|shall) (?:i|you|we|he|she|they|it|this|that|any(?:one|body)|some(?:one|body))',
);

/** Somebody takes back what they wrote before. */
const CORRECTION = anywhere(
  "i (?:mean|meant)|oops|actually|make that|scratch that|never ?mind|nvm|wait,? no|no,? wait|not really|jk|just kidding|(?:i will|i['’]?ll|will) (?:take|do|handle) (?:it|this)|(?:i will|i['’]?ll|will) do later|(?:rather|sorry|no|but|or|wait),? (?:[123]|take|pass|done)|meant(?: to)? (?:[123]|take|pass|it|done|later|the|\\p{L}{2}\\d\\d)|should (?:have|['’]?ve) been|wrong (?:chat|text|message|window|thread|group)|lol no",
);
/** Wait! */
const WAIT = /(?:^|[,.;:!–—-])\s*wait(?!\p{L})/iu;

/** Returns whether the words behind a verb take it back, or make something else of it. */
export function isContrary(verb: 'pass' | 'resolve', text: string): boolean {
  if (ASKING.test(text) || CORRECTION.test(text) || WAIT.test(text)) return true;
  // An outcome as our messages spell it: `not-interested`.
  if (verb === 'resolve')
    return !OUTCOME.test(text) && [UNDONE, AGAIN, GOES_ON].some((words) => words.test(text));
  return (
    OTHERWISE.test(text) || CONDITION.test(text) || text.startsWith('/') || !/\p{L}/u.test(text)
  );
}

/** Says whether what stands below an answer takes it back. */
export function isTakenBack(text: string): boolean {
  return CORRECTION.test(text) || WAIT.test(text) || DENIES.test(text);
}

const DENIES = starts('not|no|never|but|sorry|actually|unless|if');

/** Whoever has something and says one of these in so many words answers, or wants to hand it over: it is no note. */
const ANSWERS = only(
  "yes|yep|yeah|yup|sure|one|two|three|skip|busy|declined?|nein|ja|si|oui|non|sorry|unable|unavailable|i|am|i['’]?m|not able to|won['’]?t be able to|do it|make it",
);
const HANDS_OVER = starts(
  '(?:please )?(?:release|drop|give|hand|pass)(?: (?:it|this|that))?(?: back| over| up| on)?(?= (?:to|#?\\p{L}{2}\\d\\d)(?![\\p{L}\\d])|[\\s.!]*$)|(?:some(?:one|body) else|another person)|\\p{L}+ (?:can|could|will|should) (?:take|do|have) (?:it|this|that)',
);
const MAX_SHORT = 40;

/** Returns whether a short text is an answer or a wish rather than news. */
export function isShortAnswer(text: string): boolean {
  return text.length <= MAX_SHORT && (ANSWERS.test(text) || HANDS_OVER.test(text));
}

/** Words that mean to end all messages, but are none that carriers know. */
export const STOPPING =
  /^(?:please )?(?:stop|unsubscribe|opt[ -]?out)(?:[\s,.!]+(?:all|texting|messaging|sending|me|sms|texts|messages|please|now|it|this))*[\s.!]*$/iu;

/** What follows a code when that begins a sentence of its own: "RT28 keeps me busy". */
export const CLAUSE = starts('is|isn|are|was|has|keeps|needs|still|first|next|before|comes|takes');

const OUTCOME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)+(?![\p{L}\p{N}-])(?![^]*(?:\bdone\b|\bnot yet\b))/iu;
/** Of "done reached, done no-answer" it cannot be both. */
const AGAIN = /\p{L}[^]*(?<![\p{L}\p{N}])done(?![\p{L}\p{N}])/iu;

/** A key that is part of a number or a time: `2:30`, `3.5`. */
export const NUMBER = /^\s?[.,:;/-]\d/;
