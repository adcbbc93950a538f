import type { Agendas } from './availability/agenda.ts';
import { reviewHandoff, type DesignReview, type FirstNotice } from './design-test.ts';
import { findResponder } from './directory.ts';
import { dryRun, type DryNotice } from './dry-run.ts';
import { formatWallTime } from './local-time.ts';
import { renderEmail } from './messages/email.ts';
import { countSegments } from './messages/segments.ts';
import { renderSms } from './messages/sms.ts';
import { chooseSpeaker, speak } from './messages/voice.ts';
import type { Channel } from './policy.ts';
import {
  cardOf,
  isMailbox,
  type HandoffInput,
  type HandoffState,
  type Message,
  type TimelineEntry,
} from './state.ts';

/** One message as its reader would get it, if nobody acted before. */
export interface PreviewMessage {
  readonly at: string;
  /** The same on the reader's wall, such as `Mon 08:00 (America/New_York)`. */
  readonly localTime: string;
  /** A responder id, or `mailto:<address>`. */
  readonly recipient: string;
  readonly name: string;
  readonly channel: Channel;
  readonly kind: Message['kind'];
  /** Emails only. */
  readonly subject?: string;
  readonly text: string;
  /** SMS only: how many it is billed as. */
  readonly segments?: number;
}

/** What a submission would lead to. */
export interface Preview {
  readonly designTest: DesignReview;
  readonly messages: readonly PreviewMessage[];
  /** What would happen if nobody acted, step by step, each with its reason. */
  readonly plan: readonly TimelineEntry[];
  /** How it would end. */
  readonly status: HandoffState['status'];
}

/** How people answer, as messages say it; what is missing is not spoken of. */
export interface ReplyWays {
  /** The number people text their replies to. */
  readonly replyNumber?: string | undefined;
  /** An address as long as that of the responder's page; a preview's may open nothing. */
  readonly pageOf?: ((handoff: string, responder: string) => string | undefined) | undefined;
  /** The same for replies by email. */
  readonly mailboxOf?: ((handoff: string, responder: string) => string | undefined) | undefined;
}

/** Returns what a handoff would lead to if nobody acted: made by the engine that will run it. */
export function previewHandoff(
  input: HandoffInput,
  agendas: Agendas,
  ways: ReplyWays = {},
): Preview {
  const run = dryRun(input, agendas);
  return {
    designTest: review(input, agendas, findFirst(run.notices, run.state, agendas)),
    messages: run.notices.map((notice) => render(input, notice, agendas, ways)),
    plan: run.state.timeline,
    status: run.state.status,
  };
}

/** Returns the design test's findings on a submission. */
export function reviewSubmission(input: HandoffInput, agendas: Agendas): DesignReview {
  const run = dryRun(input, agendas, (notices) => notices.length > 0);
  return review(input, agendas, findFirst(run.notices, run.state, agendas));
}

function review(
  { handoff, policy }: HandoffInput,
  { directory }: Agendas,
  first: FirstNotice | undefined,
): DesignReview {
  const { verbs } = directory.organisation;
  return reviewHandoff(handoff, policy, { directory, first, verbs });
}

function findFirst(
  [first]: readonly DryNotice[],
  { timeline }: HandoffState,
  { directory }: Agendas,
): FirstNotice | undefined {
  if (!first) return undefined;
  const { recipient, channel } = first.order;
  const wait = timeline.findLast(
    ({ what, at }) => what === 'waiting' && Date.parse(at) <= Date.parse(first.at),
  );
  return {
    at: first.at,
    name: findResponder(directory, recipient)?.name ?? recipient,
    channel,
    ...(wait && { waitsBecause: wait.because }),
  };
}

function render(
  { handoff }: HandoffInput,
  { at, order: { recipient, channel, message } }: DryNotice,
  { directory }: Agendas,
  { replyNumber, pageOf, mailboxOf }: ReplyWays,
): PreviewMessage {
  const responder = isMailbox(recipient) ? undefined : findResponder(directory, recipient);
  const timezone = responder?.timezone ?? directory.organisation.timezone;
  const reader = { timezone, now: at };
  const card = cardOf(handoff);
  const link = responder && pageOf?.(handoff.id, responder.id);
  const letter = { card, message, code: handoff.code, codeNeeded: !responder, link };
  const about = {
    at,
    localTime: `${formatWallTime(at, { timezone, now: handoff.submittedAt })} (${timezone})`,
    recipient,
    name: responder?.name ?? recipient.replace(/^mailto:/, ''),
    channel,
    kind: message.kind,
  };
  if (channel === 'sms') {
    const text = renderSms(letter, reader);
    return { ...about, text, segments: countSegments(text) };
  }
  if (channel === 'voice') {
    const listener = { ...reader, name: about.name, speaker: chooseSpeaker(responder ?? {}) };
    const text = `${speak({ kind: 'brief', card }, listener)}\n${speak({ kind: 'menu' }, listener)}`;
    return { ...about, text };
  }
  const { subject, text } = renderEmail(
    {
      ...letter,
      replyAddress: responder && mailboxOf?.(handoff.id, responder.id),
      details: handoff.brief.details,
      replyTo: responder?.phone === undefined ? undefined : replyNumber,
    },
    reader,
  );
  return { ...about, subject, text };
}
