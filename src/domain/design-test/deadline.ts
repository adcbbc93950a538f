import { formatDuration } from '../duration.ts';
import { finding, nameTime, type Case, type Finding } from './finding.ts';

const MIN_TIME_MS = 60_000;
const HURRY_MS = 15 * 60_000;
const DAY_MS = 86_400_000;

/** Returns what there is against the time by which it is to be done. */
export function reviewDeadline(about: Case): Finding[] {
  const { handoff, policy, dueAt, first, toldAt } = about;
  const submittedAt = Date.parse(handoff.submittedAt);
  if (dueAt === undefined) {
    return [
      finding('no-deadline', 'error', '/action/within', {
        what: 'The action has no deadline.',
        why: 'Whoever gets it at night can not tell whether it may wait until the morning.',
        fix: 'Say by when it has to be done: "within": "PT30M", or "by" with an instant.',
      }),
    ];
  }
  if (dueAt <= submittedAt) {
    return [
      finding('deadline-passed', 'error', '/action/by', {
        what: `The deadline was ${nameTime(about, dueAt)}: before the handoff was submitted.`,
        why: 'It arrives as overdue: whoever reads it does not know whether it is still worth doing.',
        fix: 'Give a time that is still to come, counted from now on: "within": "PT30M".',
      }),
    ];
  }
  if (first === undefined || toldAt >= dueAt) return [reviewFirstNotice(about, dueAt)];
  return [
    ...(dueAt - toldAt < MIN_TIME_MS
      ? [
          finding('deadline-too-tight', 'warning', '/action', {
            what: `The deadline is ${formatDuration(dueAt - toldAt)} after the first message.`,
            why: 'Nobody reads, decides and acts in that time: it is overdue when it is taken.',
            fix: 'Leave at least a few minutes: "within": "PT5M".',
          }),
        ]
      : []),
    ...(dueAt > submittedAt + policy.expiresAfterMs
      ? [
          finding('deadline-after-expiry', 'warning', '/action', {
            what: `It expires ${formatDuration(policy.expiresAfterMs)} after submission, before its deadline.`,
            why: 'Nobody is asked any more in the last of the time that there is for it.',
            fix: 'Hand it off later, or set expiresAfter in the policy beyond the deadline, such as 14d.',
          }),
        ]
      : []),
    ...reviewUrgency(about, dueAt),
  ];
}

function reviewFirstNotice(about: Case, dueAt: number): Finding {
  const { first, toldAt } = about;
  const deadline = `the deadline, ${nameTime(about, dueAt)}`;
  const isTold = typeof first === 'object';
  const wait = isTold && first.waitsBecause !== undefined ? ` (${first.waitsBecause})` : '';
  return finding('deadline-before-first-notice', 'error', '/action', {
    what: isTold
      ? `The first message leaves ${nameTime(about, toldAt)}, after ${deadline}${wait}.`
      : `Nobody is told before ${deadline}.`,
    why: 'It is too late when somebody hears of it.',
    fix: 'Set a later deadline such as "within": "PT16H", a higher urgency, or whenTooLate: ignore in the policy.',
  });
}

function reviewUrgency({ handoff, first, toldAt }: Case, dueAt: number): Finding[] {
  if (handoff.urgency !== 'routine') {
    const time = dueAt - Date.parse(handoff.submittedAt);
    if (time <= DAY_MS) return [];
    return [
      finding('urgency-without-hurry', 'warning', '/urgency', {
        what: `It is ${handoff.urgency}, but there are ${formatDuration(time)} until the deadline.`,
        why: 'It rings somebody who could have slept; next time they take their time.',
        fix: 'Make it "urgency": "routine", or give the deadline it really has: "within": "PT1H".',
      }),
    ];
  }
  const time = dueAt - toldAt;
  const isMailed = typeof first === 'object' && first.channel === 'email';
  if (!isMailed || time >= HURRY_MS) return [];
  return [
    finding('hurry-without-urgency', 'warning', '/urgency', {
      what: `It is routine and goes out by email, ${formatDuration(time)} before the deadline.`,
      why: 'Nobody looks at their inbox that often: it is read when it is too late.',
      fix: 'Make it "urgency": "urgent", which rings a phone, or leave more time: "within": "PT4H".',
    }),
  ];
}
