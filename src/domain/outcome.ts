/*
 * What came of a handoff, in the source's words. A person types "reached, she wants a demo"; the source counts
 * `reached`. A wrong count is worse than none: the text is kept either way.
 */

/** What somebody said when they were done: the declared outcome in it, and the rest of their words. */
export interface SaidOutcome {
  readonly outcome?: string;
  readonly note?: string;
}

/**
 * Returns the declared outcome that a text begins with, and what is left of the text. The longest counts: "bad-lead" is
 * not the outcome `bad` with a note. There is none where the words behind it may say otherwise, such as "reached out
 * twice" or "reached her voicemail"; the whole text is the note then.
 */
export function readOutcome(text: string, declared: readonly string[]): SaidOutcome {
  // In brackets or quotation marks it is the same.
  const whole = text.trim().replace(/^[("“'‘[]([^()[\]"“”]*)[)"”'’\]]$/u, '$1');
  const [found] = declared
    .map((outcome) => ({ outcome, said: readKind(outcome, whole) ?? '' }))
    .filter(({ said }) => said !== '')
    .sort((one, other) => other.said.length - one.said.length);
  const rest = whole.slice(found?.said.length ?? 0);
  if (!found || isTurned(found.outcome, rest)) return whole === '' ? {} : { note: whole };
  const note = rest.replace(/^[\s,.:;!–—-]+/, '');
  return { outcome: found.outcome, ...(note !== '' && { note }) };
}

/** Returns the words with which a text names a kind such as `bad-lead`, or undefined. */
export function readKind(kind: string, text: string): string | undefined {
  if (!/^[a-z0-9-]+$/i.test(kind)) return undefined;
  return new RegExp(`^${kind.replaceAll('-', '[ -]?')}(?![\\p{L}\\p{N}])`, 'iu').exec(text)?.[0];
}

/** An outcome such as `no-answer` denies by itself: what denies behind it agrees with it. */
const DENYING = /^(?:no|not|non|never|un[a-z]+|bad|wrong|in[a-z]+|dis[a-z]+|left|voicemail)(?:-|$)/;

const anywhere = (words: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${words})(?![\\p{L}\\p{N}])`, 'iu');

/** Set apart from the outcome, as in "reached, not interested", only this turns it round. */
const TAKEN_BACK = anywhere(
  "not (?:yet|really|quite|exactly|him|her|them)|no[ -](?:reply|answer|response|luck|one|show)|nobody|none of them|voice ?mail|machine|almost|nearly|(?:could|did|was|have|has|would|can)n['’]?t (?:reach|get|answer|pick|able|there|been)|not (?:reached|answer(?:ed|ing)?)",
);
/** In one breath with it, as in "reached nobody", this does too. */
const TURNED = anywhere(
  "no|not|nobody|none|nothing|never|nor|neither|without|yet|only|almost|nearly|un\\p{L}+|wrong|voice ?mail|machine|mailbox|secretary|assistant|reception(?:ist)?|instead|maybe|perhaps|hopefully|soon|later|tomorrow|if|unless|until|except|\\p{L}+n['’]t",
);
/** "Reached out" is another word altogether. */
const LEADING_ON =
  /^[ -](?:out|up|off|away|back|over|in|into|through|phone|machine|to)(?![\p{L}\p{N}])/iu;
const QUESTION = /[?¿؟]/;
const APART = /^\s*[,.:;–—()\n-]/;

function isTurned(outcome: string, rest: string): boolean {
  if (LEADING_ON.test(rest) || QUESTION.test(rest)) return true;
  if (DENYING.test(outcome)) return false;
  return TAKEN_BACK.test(rest) || (!APART.test(rest) && TURNED.test(rest));
}
