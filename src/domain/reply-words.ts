/*
 * The words of a reply: which ask for something, and which say that they do not. Whoever adds one adds to the table
 * in test/domain/reply-table.ts what else it could be the beginning of.
 */

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
}

/** The words of the grammar, the longer forms first. */
export const FORMS: readonly Form[] = [
  { verb: 'take-over', pattern: starts(`${I}(?:take|taking)(?: (?:it|this|that))? ?over${IT}`) },
  { verb: 'snooze', pattern: starts('3|later|snooze|remind me(?: later)?|ask me later') },
  {
    verb: 'resolve',
    pattern: starts(
      "(?:(?:it|that|this)(?:['’]?s| is) |all )?(?:done|finished|completed|resolved)",
    ),
    hasText: true,
  },
  // "complete nonsense", "resolve this by noon": what follows must be set apart.
  { verb: 'resolve', pattern: starts("(?:it['’]?s |it is )?(?:complete|resolve)") },
  { verb: 'take', pattern: starts('1') },
  {
    verb: 'take',
    pattern: starts(
      `${I}(?:take|taking|taken|took|accept|claim)${IT}|${I}(?:got|have|handle|handling) ${THIS}|gotcha|${I}on it|(?:it['’]?s |that['’]?s |this(?: one)? is )?mine|ack(?:nowledged)?|accepted|will do|${I}do it`,
    ),
  },
  { verb: 'take', pattern: starts(`${I}(?:got|have)`), needsCode: true },
  { verb: 'take', pattern: starts('ok|okay|okey|oki|k|kk|roger|copy(?: that)?'), isCasual: true },
  { verb: 'take', pattern: /^(?:👍|👌|✅|☑|✔|🆗)+/u, isCasual: true },
  { verb: 'pass', pattern: starts('2') },
  { verb: 'pass', pattern: starts('pass'), hasText: true },
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
  /^(?:(?:hi there|hi|hey|hello|yes|yeah|yep|yup|sure|alright|please|pls|sorry|reply)(?![\p{L}\p{N}])[\s,.!:-]*)+(?=\S)/iu;

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

/** What our own messages say behind the key. */
export const ECHOES: Readonly<Record<ReplyVerb, RegExp | undefined>> = {
  take: starts('to take(?: it)?(?: again)?'),
  pass: starts('to pass(?: (?:it|this))?(?: on)?'),
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
    'for (?:today|tonight|now|the|this|lunch|a)|with (?:my|work|lunch|today|the day|school)|working',
    'but|except|apart|besides|still|pending|trying|maybe|probably|perhaps|hopefully|should|must|i (?:think|guess|hope)',
    'half|halfway|partly|partially|mostly|never|nothing|asap|right away|please|pls|plz',
    'no(?![ -](?:answer|show|reply|response|interest|need|luck|one|voicemail|contact|budget|thanks))',
    'not(?= (?:yet|really|quite|sure|done|fully|exactly|completely|entirely|at all|finished|so|now)(?![\\p{L}]))|not$|[^\\n]*(?<![\\p{L}])not yet',
  ].join('|'),
);

/** "Pass me her number" asks for something, "pass by her office" tells something. */
const OTHERWISE = starts('me|her|him|them|us|my|your|the|a|an|along|by|through|word|over|out|not$');

/** A question without its mark. */
const ASKING = starts(
  '(?:who|whom|whose|what|where|why|how|which)|(?:is|are|can|could|should|do|does|did|will|would|may|shall) (?:i|you|we|he|she|they|it|this|that|any(?:one|body)|some(?:one|body))',
);

/** Somebody takes back what they wrote before. */
const CORRECTION = anywhere(
  "i (?:mean|meant)|oops|actually|make that|scratch that|never ?mind|nvm|wait,? no|no,? wait|not really|jk|just kidding|(?:i will|i['’]?ll|will) (?:take|do|handle) (?:it|this)|(?:i will|i['’]?ll|will) do later|(?:rather|sorry|no|but),? [123]",
);

/** Returns whether the words behind a verb take it back, or make something else of it. */
export function isContrary(verb: 'pass' | 'resolve', text: string): boolean {
  if (ASKING.test(text) || CORRECTION.test(text)) return true;
  // An outcome as our messages spell it: `not-interested`.
  if (verb === 'resolve') return !OUTCOME.test(text) && (UNDONE.test(text) || AGAIN.test(text));
  return OTHERWISE.test(text) || !/\p{L}/u.test(text);
}

const OUTCOME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)+(?![\p{L}\p{N}-])(?![^]*(?:\bdone\b|\bnot yet\b))/iu;
/** Of "done reached, done no-answer" it cannot be both. */
const AGAIN = /\p{L}[^]*(?<![\p{L}\p{N}])done(?![\p{L}\p{N}])/iu;

/** A key that is part of a number or a time: `2:30`, `3.5`. */
export const NUMBER = /^\s?[.,:;/-]\d/;
