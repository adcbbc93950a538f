import { setImmediate as letOthers, setTimeout as delay } from 'node:timers/promises';
import { findResponderByPhone, type Directory, type Responder } from '../domain/directory.ts';
import { parseReply } from '../domain/reply.ts';
import type { Logger } from '../logger.ts';
import type { ReceivedSms, SmsInbox } from './channels/sms.ts';
import type { ReplyReader } from '../people/replies.ts';
import type { Responders } from '../people/responders.ts';

/** Looks through what Twilio received for replies that never got here: Twilio calls an API that is away only once. */
export interface MissedReplies {
  /** Hands over what was missed, and resolves with how many. Throws when Twilio or Temporal is away. */
  collect(): Promise<number>;
}

export interface MissedRepliesDependencies {
  readonly inbox: SmsInbox;
  readonly responders: Pick<Responders, 'read' | 'recordReply'>;
  readonly replies: Pick<ReplyReader, 'findUnknown'>;
  readonly directory: () => Directory;
  readonly logger: Logger;
  readonly now?: () => number;
}

/** An outage of hours is told by people, who reply again; what they said so long ago they no longer wait for. */
const LOOK_BACK_MS = 3_600_000;
/** A reply that is younger may still be on its way to the API. */
const ON_ITS_WAY_MS = 20_000;

/** So many are read before others have their turn. */
const AT_ONCE = 50;

/** Returns what looks for missed replies. */
export function createMissedReplies({
  inbox,
  responders,
  replies,
  directory,
  logger,
  now = Date.now,
}: MissedRepliesDependencies): MissedReplies {
  /** What got here, by when it came: it need not be asked for again. */
  const known = new Map<string, number>();

  async function collectFrom(
    responder: Responder,
    messages: readonly ReceivedSms[],
  ): Promise<number> {
    const { id, name } = responder;
    const person = await responders.read(id, messages.map(nameReply));
    if (!person) throw new Error(`no worker says which replies of ${id} are known`);
    const unseen = messages.map(nameReply).filter((replyId) => !person.replies[replyId]);
    // Nothing was ever offered to them, and the API told them so.
    const unknown = person.isNew ? [] : await replies.findUnknown(id, person, unseen, now());
    const missed = messages.filter((message) => unknown.includes(nameReply(message)));
    // One after the other: what came last counts.
    for (const message of missed) {
      await responders.recordReply(id, {
        replyId: nameReply(message),
        text: message.body,
        by: { kind: 'responder', id, name },
        sender: message.to,
        receivedAt: message.at.toISOString(),
        isLate: true,
      });
      logger.warn({ responder: id, sid: message.sid }, 'a reply had not reached the API');
    }
    for (const { sid, at } of messages) known.set(sid, at.getTime());
    return missed.length;
  }

  return {
    async collect() {
      const since = now() - LOOK_BACK_MS;
      for (const [sid, at] of known) if (at < since) known.delete(sid);
      const received = await inbox.listReceived(new Date(since));
      const saidLast = findLast(received);
      const byResponder = new Map<string, { responder: Responder; messages: ReceivedSms[] }>();
      for (const [index, message] of received.entries()) {
        // The same thread runs what workflows need: replies and messages.
        if (index % AT_ONCE === 0) await letOthers();
        const { sid, at, from, body } = message;
        if (known.has(sid) || at.getTime() > now() - ON_ITS_WAY_MS) continue;
        const intent = parseReply(body);
        // Twilio answers these itself.
        if (intent.kind === 'carrier-help') continue;
        // They got no answer and said it once more, of the same handoff.
        const isOfOne = intent.kind === 'act' && intent.code !== undefined;
        if (isOfOne && at < (saidLast.get(nameSaying(message)) ?? at)) continue;
        const responder = findResponderByPhone(directory(), from);
        if (!responder) continue;
        const entry = byResponder.get(responder.id) ?? { responder, messages: [] };
        entry.messages.push(message);
        byResponder.set(responder.id, entry);
      }
      let missed = 0;
      for (const { responder, messages } of byResponder.values())
        missed += await collectFrom(responder, messages);
      return missed;
    },
  };
}

/** Collects time and again until the signal is aborted; what goes wrong is logged, and tried again the next time. */
export async function keepCollecting(
  missed: MissedReplies,
  { everyMs, signal, logger }: { everyMs: number; signal: AbortSignal; logger: Logger },
): Promise<void> {
  while (!signal.aborted) {
    await missed.collect().catch((error: unknown) => {
      logger.warn({ err: error }, 'missed replies could not be looked for; it is tried again');
    });
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Returns when somebody said something last; of an hour with thousands of replies each is looked at once. */
function findLast(received: readonly ReceivedSms[]): ReadonlyMap<string, Date> {
  const last = new Map<string, Date>();
  for (const message of received) {
    const saying = nameSaying(message);
    const before = last.get(saying);
    if (!before || before < message.at) last.set(saying, message.at);
  }
  return last;
}

/** The same for what one person said in the same words. */
function nameSaying({ from, body }: ReceivedSms): string {
  return `${from} ${body.trim().replace(/\s+/g, ' ').toUpperCase()}`;
}

function nameReply({ sid }: ReceivedSms): string {
  return `sms:${sid}`;
}
