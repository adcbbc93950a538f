/*
 * What a run left behind: everything that was said to Baton and by it, and what each handoff says of itself. A record
 * is plain JSON, so that it can be checked long after the run.
 */
import type { HandoffResult } from '../../src/domain/view.ts';
import type { Baton } from '../support/baton.ts';

/** A text that a person wrote. */
export interface WrittenText {
  /** Twilio's id of it; a command that it becomes has the id `sms:<sid>`. */
  readonly sid: string;
  /** A responder id. */
  readonly from: string;
  readonly text: string;
  /** ISO instants. */
  readonly at: string;
  readonly answeredAt: string;
  /** The HTTP status of the answer; 0: there was none. */
  readonly status: number;
  /** What the person was answered at once. */
  readonly answers: readonly string[];
}

/** An SMS that Baton gave to Twilio. */
export interface SentMessage {
  readonly sid: string;
  /** A responder id, or a phone that is nobody's. */
  readonly to: string;
  readonly body: string;
  /** When Twilio was asked, and when it accepted it. */
  readonly askedAt: string;
  readonly at: string;
  readonly isDelivered: boolean;
  /** The handoff and the notification that it is, as its status callback names them. */
  readonly handoff?: string;
  readonly notification?: string;
}

/** What the source asked of a handoff after it was submitted. */
export interface SourceCommand {
  readonly handoff: string;
  readonly verb: 'withdraw';
  /** ISO instants. */
  readonly at: string;
  readonly answeredAt: string;
  /** The HTTP status of the answer; 0: there was none. */
  readonly status: number;
}

/** A handoff that a source submitted. */
export interface SubmittedHandoff {
  /** Words that only its messages have. */
  readonly subject: string;
  /** Missing: the API never said that it has it. */
  readonly accepted?: { readonly id: string; readonly code: string; readonly at: string };
  /** How it ended. Missing: it had not. */
  readonly result?: HandoffResult;
}

export interface RunRecord {
  readonly handoffs: readonly SubmittedHandoff[];
  readonly texts: readonly WrittenText[];
  readonly commands: readonly SourceCommand[];
  readonly messages: readonly SentMessage[];
}

/** Keeps a record of a run on an installation from here on. */
export class Recorder {
  readonly #baton: Baton;
  readonly #texts: WrittenText[] = [];
  readonly #commands: SourceCommand[] = [];
  readonly #people: ReadonlyMap<string, string>;
  readonly #phones: ReadonlyMap<string, string>;

  constructor(baton: Baton) {
    this.#baton = baton;
    const { people } = baton.simulator;
    this.#people = new Map(people.map(({ id, phone }) => [phone ?? '', id]));
    this.#phones = new Map(people.map(({ id, phone }) => [id, phone ?? '']));
  }

  /** Returns who has a phone. */
  whoHas(phone: string): string | undefined {
    return this.#people.get(phone);
  }

  /** Texts as a person, and returns what they were answered at once; nothing when no answer came. */
  async text(person: string, text: string): Promise<readonly string[]> {
    const at = new Date().toISOString();
    const phone = this.#phones.get(person) ?? '';
    // Past the test's phones, which keep account of what is unread.
    const { messageSid, status, answers } = await this.#baton.simulator.reply(phone, text);
    const answeredAt = new Date().toISOString();
    this.#texts.push({ sid: messageSid, from: person, text, at, answeredAt, status, answers });
    return answers;
  }

  /** Withdraws a handoff as its source, and returns the status of the answer; 0 when none came. */
  async withdraw(handoff: string): Promise<number> {
    const at = new Date().toISOString();
    const { status } = await this.#baton
      .call('POST', `/v1/handoffs/${handoff}/withdraw`, { reason: 'not needed any more' })
      .catch(() => ({ status: 0 }));
    const answeredAt = new Date().toISOString();
    this.#commands.push({ handoff, verb: 'withdraw', at, answeredAt, status });
    return status;
  }

  /** Returns the record, with these handoffs. */
  finish(handoffs: readonly SubmittedHandoff[]): RunRecord {
    return {
      handoffs,
      texts: this.#texts,
      commands: this.#commands,
      messages: this.listMessages(),
    };
  }

  /** Lists what was sent so far, oldest first. What answers a text at once is none of these. */
  listMessages(): SentMessage[] {
    return this.#baton.simulator.sms.flatMap((sms) => {
      const { sid, direction, author, to, body, dateCreated, requestedAt, status, statusCallback } =
        sms;
      if (direction !== 'to-person' || author !== 'baton' || sms.answers !== undefined) return [];
      const names = new URL(statusCallback ?? 'http://nothing').searchParams;
      const [handoff, notification] = [names.get('h'), names.get('n')];
      return {
        sid,
        to: this.#people.get(to) ?? to,
        body,
        askedAt: requestedAt ?? dateCreated,
        at: dateCreated,
        isDelivered: status === 'delivered',
        ...(handoff !== null && { handoff }),
        ...(notification !== null && { notification }),
      };
    });
  }
}
