/*
 * Looks at the record of a run, long after it if need be, for promises that were broken. Who had a handoff when is worked
 * out anew here, by a rule of a few lines, and not taken from what Baton says of itself.
 */
import type { CommandEffect, CommandResult } from '../../src/domain/state.ts';
import type { HandoffResult } from '../../src/domain/view.ts';
import type { RunRecord, SentMessage, SubmittedHandoff, WrittenText } from './record.ts';

/** A promise that was broken, of which handoff, and how. */
export interface Violation {
  readonly rule:
    /** It was accepted, and nobody was told, or it never came to an end. */
    | 'lost'
    /** One notification, or one answer, was sent more than once. */
    | 'told-twice'
    /** Two had it at once, or a command did what it may not do. */
    | 'two-owners'
    /** One text did two things. */
    | 'counted-twice'
    /** A person was told what is not so. */
    | 'untrue-answer'
    /** A person wrote and never learned what came of it. */
    | 'unanswered'
    /** What somebody had said before was done after what they said later. */
    | 'overtaken'
    /** Somebody was asked although somebody else knew already that they have it, or that it is over. */
    | 'asked-after-take'
    /** It says that it told somebody whose phone never got it. */
    | 'untrue-timeline';
  readonly handoff?: string;
  readonly says: string;
}

/** Returns every broken promise of a run that is over: no message of it is still on its way. */
export function checkRun(record: RunRecord): Violation[] {
  const ended = record.handoffs.filter(isEnded);
  return [
    ...findLost(record),
    ...findToldTwice(record),
    ...ended.flatMap(findWrongEffects),
    ...checkAnswers(record, ended),
    ...checkLooseAnswers(record, ended),
    ...ended.flatMap((handoff) => findOvertaken(record, handoff)),
    ...ended.flatMap((handoff) => findAskedAfter(record, handoff)),
    ...ended.flatMap((handoff) => findUntrueTimeline(record, handoff)),
  ];
}

type Accepted = SubmittedHandoff & Required<Pick<SubmittedHandoff, 'accepted'>>;
type Ended = Accepted & Required<Pick<SubmittedHandoff, 'result'>>;

const isAccepted = (handoff: SubmittedHandoff): handoff is Accepted =>
  handoff.accepted !== undefined;

const isEnded = (handoff: SubmittedHandoff): handoff is Ended =>
  isAccepted(handoff) && handoff.result !== undefined;

/** A message that asks somebody to act. */
export const asks = ({ body }: Pick<SentMessage, 'body'>): boolean =>
  /^(?:URGENT|LAST RESORT)\b/.test(body);

function findLost({ handoffs, messages, commands }: RunRecord): Violation[] {
  return handoffs.flatMap(({ subject, accepted, result }): Violation[] => {
    if (!accepted) return [{ rule: 'lost', says: `${subject} was never accepted` }];
    const { id } = accepted;
    const isTold = messages.some((message) => message.handoff === id && asks(message));
    const isWithdrawn = commands.some(({ handoff }) => handoff === id);
    return [
      ...(isTold || isWithdrawn
        ? []
        : [{ rule: 'lost' as const, handoff: id, says: 'nobody was told of it' }]),
      ...(result ? [] : [{ rule: 'lost' as const, handoff: id, says: 'it never came to an end' }]),
    ];
  });
}

function findToldTwice({ messages }: RunRecord): Violation[] {
  const first = new Map<string, SentMessage>();
  return messages.flatMap((message): Violation[] => {
    const { handoff, notification, to, body, at } = message;
    if (handoff === undefined || notification === undefined) return [];
    const key = `${handoff} ${notification}`;
    const earlier = first.get(key);
    if (!earlier) {
      first.set(key, message);
      return [];
    }
    const says = `${to} at ${earlier.at} and at ${at}: ${body.slice(0, 60)}`;
    return [{ rule: 'told-twice', handoff, says }];
  });
}

// -- who had it

/** What changes who has a handoff, in its order: commands, and what the clock does. */
type Change =
  | { readonly at: string; readonly result: CommandResult }
  | { readonly at: string; readonly timer: 'overdue' | 'expired' };

function listChanges({ results, timeline }: HandoffResult): Change[] {
  const timers = timeline.flatMap(({ at, what }) =>
    what === 'overdue' || what === 'expired' ? [{ at, timer: what }] : [],
  );
  const commands = Object.values(results).map((result) => ({ at: result.at, result }));
  return [...commands, ...timers].sort((one, other) => (one.at < other.at ? -1 : 1));
}

/** What a command has to bring about, by who has it and whether it is over. */
function expectedEffect(
  { verb, by }: CommandResult,
  owner: string | undefined,
  isOver: boolean,
): readonly CommandEffect[] {
  if (isOver) return ['closed'];
  const isOthers = owner !== undefined && owner !== by.id && by.kind === 'responder';
  switch (verb) {
    case 'take':
      // A take-over is a take that may do both.
      if (owner === by.id) return ['already-yours'];
      return isOthers ? ['held-by-other', 'taken'] : ['taken'];
    case 'pass':
      return isOthers ? ['held-by-other'] : ['passed'];
    case 'resolve':
      return isOthers ? ['held-by-other'] : ['resolved'];
    case 'withdraw':
      return ['withdrawn'];
    case 'snooze':
      return isOthers ? ['held-by-other'] : ['snoozed'];
    default:
      return [];
  }
}

function findWrongEffects({ accepted: { id: handoff }, result }: Ended): Violation[] {
  const violations: Violation[] = [];
  const report = (says: string): void =>
    void violations.push({ rule: 'two-owners', handoff, says });
  let owner: string | undefined;
  let isOver = false;
  for (const change of listChanges(result)) {
    if ('timer' in change) {
      owner = undefined;
      isOver ||= change.timer === 'expired';
      continue;
    }
    const { verb, by, effect, at } = change.result;
    const expected = expectedEffect(change.result, owner, isOver);
    const who = `${by.id} at ${at}: ${verb}`;
    if (expected.length > 0 && !expected.includes(effect)) {
      report(`${who} was ${effect}, not ${expected.join(' or ')}; ${owner ?? 'nobody'} had it`);
    }
    const isOvertaking =
      effect === 'taken' && owner !== undefined && owner !== by.id && !isTakenOver(result, by.id);
    if (isOvertaking) report(`${who} while ${owner ?? ''} had it`);
    if (effect === 'taken') owner = by.id;
    if (['passed', 'escalated', 'reassigned'].includes(effect) && owner === by.id)
      owner = undefined;
    if (effect === 'resolved' || effect === 'withdrawn') isOver = true;
    if (isOver) owner = undefined;
    if (!isOver && change.result.owner?.responder !== owner) {
      const said = change.result.owner?.responder ?? 'nobody';
      report(`after ${who} it says that ${said} has it; ${owner ?? 'nobody'} has`);
    }
  }
  if (!isOver) report(`it ended as ${result.status} by nothing that is on record`);
  return violations;
}

function isTakenOver({ timeline }: HandoffResult, by: string): boolean {
  return timeline.some(
    ({ what, responder, because }) =>
      what === 'taken' && responder === by && because.includes('took it over'),
  );
}

// -- what people were told

/** What an answer says came of a text. */
type Said =
  | { readonly kind: 'effect'; readonly effect: CommandEffect }
  | {
      readonly kind:
        | 'recorded'
        | 'unconfirmed'
        | 'not-recorded'
        | 'uncertain'
        | 'nothing-changed'
        | 'unknown-code'
        | 'none-open';
    };

const ANSWERS: readonly (readonly [RegExp, Said])[] = [
  [/^You have it: /, { kind: 'effect', effect: 'taken' }],
  [/^You have it since /, { kind: 'effect', effect: 'already-yours' }],
  [/ has it since .*: nothing for you to do/, { kind: 'effect', effect: 'held-by-other' }],
  [/^Passed on: /, { kind: 'effect', effect: 'passed' }],
  [/^Already over: /, { kind: 'effect', effect: 'closed' }],
  [/^(?:Later: |You still have )/, { kind: 'effect', effect: 'snoozed' }],
  [/^Not counted: /, { kind: 'effect', effect: 'overtaken' }],
  [/^Noted on /, { kind: 'effect', effect: 'noted' }],
  [/^Done\b.* Thank you\.$/, { kind: 'effect', effect: 'resolved' }],
  [/^Your reply is recorded\./, { kind: 'recorded' }],
  [/^Your reply is recorded, what came of it is not known yet\./, { kind: 'unconfirmed' }],
  [/^Your reply is NOT recorded/, { kind: 'not-recorded' }],
  [/^It is not certain that your reply is recorded\./, { kind: 'uncertain' }],
  [/^(?:Which one\?|You have not taken it\.|It is yours\.)/, { kind: 'nothing-changed' }],
  [/^Reply 1 to take, /, { kind: 'nothing-changed' }],
  [/^No handoff of yours has the code /, { kind: 'unknown-code' }],
  [/^Nothing is waiting for you/, { kind: 'none-open' }],
];

/** Returns what an answer says, or undefined for what is none. */
export function readAnswer(body: string): Said | undefined {
  return ANSWERS.find(([pattern]) => pattern.test(body))?.[1];
}

function checkAnswers(record: RunRecord, ended: readonly Ended[]): Violation[] {
  const later = new Map<string, SentMessage[]>();
  for (const message of record.messages) {
    if (readAnswer(message.body))
      later.set(message.to, [...(later.get(message.to) ?? []), message]);
  }
  return [
    ...record.texts.flatMap((text) =>
      checkText(text, { ended, record, later: later.get(text.from) ?? [] }),
    ),
    ...checkLaterAnswers(ended, record),
  ];
}

function checkText(
  text: WrittenText,
  { ended, record, later }: { ended: readonly Ended[]; record: RunRecord; later: SentMessage[] },
): Violation[] {
  const violations: Violation[] = [];
  const what = `${text.from} at ${text.at}: "${text.text}"`;
  const found = ended.flatMap((handoff) => {
    const result = handoff.result.results[`sms:${text.sid}`];
    return result ? [{ handoff, result }] : [];
  });
  const [done] = found;
  const handoff = done?.handoff.accepted.id;
  const report = (rule: Violation['rule'], says: string): void =>
    void violations.push({ rule, ...(handoff !== undefined && { handoff }), says });
  if (found.length > 1) report('counted-twice', `${what} counted for ${found.length} handoffs`);
  if (text.status === 200 && text.answers.length === 0) report('unanswered', `${what} got nothing`);

  for (const answer of text.answers) {
    const said = readAnswer(answer);
    const quoted = `${what} was answered "${answer.slice(0, 80)}"`;
    if (!said) {
      report('untrue-answer', `${quoted}, which nobody knows to read`);
    } else if (['recorded', 'not-recorded', 'uncertain'].includes(said.kind)) {
      // What came of it follows, if anything did.
      const isOwed = said.kind === 'recorded' || done !== undefined;
      const isMet = later.some(({ at, body }) => at >= text.at && isAbout(body, text, done));
      if (isOwed && !isMet) report('unanswered', `${quoted} and by nothing after it`);
    } else if (said.kind === 'unconfirmed') {
      // Whoever is told so texts again.
      if (!done) report('untrue-answer', `${quoted}; it was nothing`);
    } else if (said.kind === 'effect') {
      if (!done && isOfUnended(answer, record)) continue;
      const truth = done?.result.effect ?? effectWithout(said.effect, answer, text, ended);
      if (said.effect !== truth) report('untrue-answer', `${quoted}; it was ${truth ?? 'nothing'}`);
      else if (done && !isOf(answer, done.handoff))
        report('untrue-answer', `${quoted}, of another`);
    } else {
      if (done) report('untrue-answer', `${quoted}, and was ${done.result.effect}`);
      if (said.kind === 'none-open' && ended.some((one) => waitedFor(one, text, record)))
        report('untrue-answer', `${quoted} while something waited`);
      const code = /\b[A-Z]{2}\d{2}\b/.exec(text.text)?.[0];
      if (said.kind === 'unknown-code' && ended.some((one) => wasAsked(one, text, record, code)))
        report('untrue-answer', `${quoted}, which they were asked about`);
    }
  }
  return violations;
}

/** Says whether a later answer is one to this text: by what it says, or, where nothing came of it, at all. */
function isAbout(
  body: string,
  text: WrittenText,
  done: { handoff: Ended; result: CommandResult } | undefined,
): boolean {
  const said = readAnswer(body);
  if (done) {
    return (
      said?.kind === 'effect' && said.effect === done.result.effect && isOf(body, done.handoff)
    );
  }
  const code = /\b[A-Z]{2}\d{2}\b/.exec(text.text)?.[0];
  return said?.kind !== 'recorded' && (code === undefined || body.includes(code));
}

/** What no command was made of can only be answered with what was so before: that it had ended. */
function effectWithout(
  effect: CommandEffect,
  answer: string,
  { answeredAt }: WrittenText,
  ended: readonly Ended[],
): CommandEffect | undefined {
  if (effect !== 'closed') return undefined;
  const isSo = ended.some(
    (handoff) => isOf(answer, handoff) && (handoff.result.ending?.at ?? '9') <= answeredAt,
  );
  return isSo ? 'closed' : undefined;
}

function isOf(body: string, { subject, accepted: { code } }: Accepted): boolean {
  return body.includes(subject) || new RegExp(`\\b${code}\\b`).test(body);
}

/** Says whether a message is of a handoff that had no end: how that stood nobody knows, and it counts as lost. */
function isOfUnended(body: string, { handoffs }: RunRecord): boolean {
  return handoffs.some((one) => isAccepted(one) && !isEnded(one) && isOf(body, one));
}

function askedAt({ accepted: { id } }: Ended, { from }: WrittenText, { messages }: RunRecord) {
  return messages.find(
    (message) =>
      message.handoff === id && message.to === from && asks(message) && message.isDelivered,
  )?.at;
}

function wasAsked(handoff: Ended, text: WrittenText, record: RunRecord, code?: string): boolean {
  const at = askedAt(handoff, text, record);
  return code === handoff.accepted.code && at !== undefined && at < text.at;
}

/** Says whether a handoff waited for a person from before they wrote until after they were answered. */
function waitedFor(handoff: Ended, text: WrittenText, record: RunRecord): boolean {
  const at = askedAt(handoff, text, record);
  if (at === undefined || at >= text.at) return false;
  const over = ['taken', 'resolved', 'withdrawn', 'expired'];
  return !handoff.result.timeline.some(
    ({ what, at: since, responder }) =>
      since <= text.answeredAt &&
      (over.includes(what) || (what === 'passed' && responder === text.from)),
  );
}

/** Lists what people were promised to be told by SMS: `alice: taken`. */
function listOwed({ result: { results } }: Ended): string[] {
  return Object.values(results)
    .filter(({ isConfirmed, via }) => isConfirmed === true && via === 'sms')
    .map(({ by, effect }) => `${by.id}: ${effect}`);
}

/**
 * What was said by SMS afterwards was promised by a result, once for each at most, and says what that was. Of several that
 * say the same one is enough: Twilio does not say whose a message is, and so a second attempt takes another's for its own.
 */
function checkLaterAnswers(ended: readonly Ended[], { messages }: RunRecord): Violation[] {
  return ended.flatMap((one) => {
    const { id: handoff } = one.accepted;
    const owing = listOwed(one);
    const told = messages.flatMap(({ handoff: of, to, body }) => {
      const said = of === handoff ? readAnswer(body) : undefined;
      return said?.kind === 'effect' ? [`${to}: ${said.effect}`] : [];
    });
    return [
      ...leftOver([...new Set(owing)], told).map((says) => ({
        rule: 'unanswered' as const,
        handoff,
        says,
      })),
      ...leftOver(told, owing).map((says) => ({
        rule: 'untrue-answer' as const,
        handoff,
        says: `told by SMS, not owed: ${says}`,
      })),
    ];
  });
}

/** What a person's own workflow said by SMS: of what is over, or of a handoff that could not say so itself any more. */
function checkLooseAnswers(record: RunRecord, ended: readonly Ended[]): Violation[] {
  return record.messages.flatMap(({ handoff, to, body, at }): Violation[] => {
    const said = handoff === undefined ? readAnswer(body) : undefined;
    if (said?.kind !== 'effect' || isOfUnended(body, record)) return [];
    const named = ended.filter((one) => isOf(body, one));
    const isTrue = named.some(({ result }) =>
      said.effect === 'closed'
        ? (result.ending?.at ?? '9') <= at
        : Object.values(result.results).some(
            ({ by, effect }) => by.id === to && effect === said.effect,
          ),
    );
    return isTrue
      ? []
      : [{ rule: 'untrue-answer', says: `${to} at ${at} by SMS: "${body.slice(0, 80)}"` }];
  });
}

const CHANGES: readonly CommandEffect[] = ['taken', 'passed', 'resolved', 'snoozed'];
/** Clocks differ by a little. */
const SAID_WITHIN_MS = 2_000;

/** What never reached the API is found later: by then its sender may have said something else. */
function findOvertaken({ texts }: RunRecord, ended: Ended): Violation[] {
  const { results } = ended.result;
  const said = texts.flatMap((text) => {
    const result = results[`sms:${text.sid}`];
    return result ? [{ text, result }] : [];
  });
  return said.flatMap(({ text, result }): Violation[] => {
    if (text.status === 200 || !CHANGES.includes(result.effect)) return [];
    const later = said.find(
      (other) =>
        other.text.from === text.from &&
        other.result.verb !== result.verb &&
        Date.parse(other.text.at) > Date.parse(text.at) + SAID_WITHIN_MS &&
        other.result.at < result.at,
    );
    return later
      ? [
          {
            rule: 'overtaken',
            handoff: ended.accepted.id,
            says: `${text.from} said "${text.text}" at ${text.at}, which was ${result.effect} at ${result.at} after "${later.text.text}"`,
          },
        ]
      : [];
  });
}

/** Returns what of a list has no counterpart in another. */
function leftOver(list: readonly string[], other: readonly string[]): string[] {
  const rest = [...other];
  return list.filter((entry) => {
    const index = rest.indexOf(entry);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}

// -- what was sent

/** A request to Twilio was on its way. */
const ON_ITS_WAY_MS = 100;

function findAskedAfter(record: RunRecord, ended: Ended): Violation[] {
  const { id: handoff } = ended.accepted;
  const messages = record.messages.filter(
    (message) => message.handoff === handoff && asks(message),
  );
  return listKnown(record, ended).flatMap(({ from, until, who }) =>
    messages
      .filter(
        ({ askedAt }) => Date.parse(askedAt) > Date.parse(from) + ON_ITS_WAY_MS && askedAt < until,
      )
      .map(({ to, askedAt }) => ({
        rule: 'asked-after-take' as const,
        handoff,
        says: `${to} was asked at ${askedAt}; ${who} since ${from}`,
      })),
  );
}

/** Lists from when until when somebody knew that it is theirs, or over: the others are not asked meanwhile. */
function listKnown(record: RunRecord, { accepted: { id }, result }: Ended) {
  const NEVER = '9';
  /** When it went on to others after an instant. */
  const until = (from: string): string =>
    listChanges(result).find(
      (change) =>
        change.at > from &&
        ('timer' in change ? change.timer === 'overdue' : change.result.effect === 'passed'),
    )?.at ?? NEVER;
  const withdrawn = record.commands
    .filter(({ handoff, status }) => handoff === id && status === 200)
    .map(({ answeredAt }) => ({ from: answeredAt, until: NEVER, who: 'the source withdrew it' }));
  const said = record.texts.flatMap(({ sid, from: person, answers, answeredAt }) => {
    const effect = result.results[`sms:${sid}`]?.effect;
    if (effect === undefined || !answers.some((answer) => readAnswer(answer)?.kind === 'effect'))
      return [];
    const since = result.results[`sms:${sid}`]?.at ?? answeredAt;
    if (effect === 'taken' || effect === 'already-yours')
      return [{ from: answeredAt, until: until(since), who: `${person} had it` }];
    if (effect === 'resolved' || effect === 'closed')
      return [{ from: answeredAt, until: NEVER, who: `${person} knew that it is over` }];
    return [];
  });
  const told = record.messages.flatMap(({ handoff, to, body, at }) =>
    handoff === id && /^You have it\b/.test(body)
      ? [{ from: at, until: until(at), who: `${to} had it` }]
      : [],
  );
  return [...withdrawn, ...said, ...told];
}

function findUntrueTimeline({ messages }: RunRecord, ended: Ended): Violation[] {
  const { id: handoff } = ended.accepted;
  const sent = ended.result.timeline.flatMap(({ what, channel, responder, because }) =>
    what === 'sent' && channel === 'sms' && !because.includes('together with')
      ? [responder ?? '']
      : [],
  );
  const got = messages.filter((message) => message.handoff === handoff).map(({ to }) => to);
  const owing = listOwed(ended);
  const saidOnce = leftOver(owing, [...new Set(owing)]).map((says) => says.replace(/: .*/, ''));
  return leftOver(leftOver(sent, got), saidOnce).map((who) => ({
    rule: 'untrue-timeline',
    handoff,
    says: `it says that ${who} was sent an SMS more than Twilio got`,
  }));
}
