import type {
  SimulatedEmail,
  SimulatedReply,
  SimulatedSms,
  Simulator,
} from '../../src/simulator/simulator.ts';

/** One person's phone and inbox, in the hands of a test. */
interface Phone {
  readonly id: string;
  /**
   * Waits for an SMS that fits, marks it as read and returns it; the oldest unread one that fits is taken first.
   * Others stay unread. Fails after `withinMs` (30 s by default) with what arrived instead.
   */
  expectSms(pattern: RegExp, options?: { readonly withinMs?: number }): Promise<SimulatedSms>;
  /** Fails when an SMS is unread or is sent to this phone within `forMs`. */
  expectNoSms(options: { readonly forMs: number }): Promise<void>;
  /** Waits like `expectSms` for an email whose subject or text part fits. */
  expectEmail(pattern: RegExp, options?: { readonly withinMs?: number }): Promise<SimulatedEmail>;
  /** Texts Baton. The answers come back in the test's hands, and so count as read. */
  reply(text: string, options?: { readonly messageSid?: string }): Promise<SimulatedReply>;
  /** Lists what was sent to this person and not expected yet, oldest first; what a provider reported as lost is left out. */
  unread(): readonly (SimulatedSms | SimulatedEmail)[];
}

/** Lets a test hold everybody's phones. */
export interface Phones {
  /** Returns the phone of a person of the simulator, the same one each time; throws for an unknown id. */
  phone(id: string): Phone;
  /** Fails when any person, or any number or address that belongs to nobody, has something unread. */
  expectNothingUnread(): void;
  /** Takes everything as read, for a test that does not look at phones. */
  ignoreUnread(): void;
}

/** A limit for what hangs, wide enough for a busy machine. */
const defaultWithinMs = 30_000;

/** An email that is in nobody's inbox. */
const LOST: ReadonlySet<string> = new Set(['bounced', 'blocked', 'dropped']);

/** Returns the phones of a simulator's people; what was sent before counts as unread. */
export function createPhones(simulator: Simulator): Phones {
  /** Holds the sids of SMS and the ids of emails. */
  const read = new Set<string>();
  const phones = new Map<string, Phone>();

  // Twilio's own answers to STOP and HELP are no work of Baton's, and a lost message is on nobody's screen.
  const listUnreadSms = (): readonly SimulatedSms[] =>
    simulator.sms.filter(
      ({ sid, direction, author, status }) =>
        direction === 'to-person' &&
        author === 'baton' &&
        status !== 'failed' &&
        status !== 'undelivered' &&
        !read.has(sid),
    );
  const listUnreadEmails = (): readonly SimulatedEmail[] =>
    simulator.emails.filter(({ id, status }) => !LOST.has(status) && !read.has(id));

  /** Resolves with the first result of `look` that is not undefined, looking again at each change. */
  function waitFor<T>(look: () => T | undefined, withinMs: number, fail: () => string): Promise<T> {
    const caller = new Error();
    return new Promise((resolve, reject) => {
      const found = look();
      if (found !== undefined) {
        resolve(found);
        return;
      }
      const stop = simulator.onChange(() => {
        const later = look();
        if (later === undefined) return;
        clearTimeout(timer);
        stop();
        resolve(later);
      });
      const timer = setTimeout(() => {
        stop();
        caller.message = fail();
        reject(caller);
      }, withinMs);
    });
  }

  function createPhone(id: string): Phone {
    const person = simulator.people.find((one) => one.id === id);
    if (!person) throw new Error(`The simulator knows nobody called "${id}".`);
    const listSms = (): readonly SimulatedSms[] =>
      listUnreadSms().filter(({ to }) => to === person.phone);
    const listEmails = (): readonly SimulatedEmail[] =>
      listUnreadEmails().filter(({ to }) => to === person.email);
    const unread = (): readonly (SimulatedSms | SimulatedEmail)[] =>
      [...listSms(), ...listEmails()].sort((a, b) => Date.parse(dateOf(a)) - Date.parse(dateOf(b)));
    const explain = (wanted: string, withinMs: number): string =>
      `${id} got no ${wanted} within ${withinMs} ms. Unread instead: ${describe(unread())}`;

    return {
      id,
      unread,
      expectSms(pattern, { withinMs = defaultWithinMs } = {}) {
        const look = (): SimulatedSms | undefined => {
          const sms = listSms().find(
            ({ status, body }) => status === 'delivered' && body.search(pattern) !== -1,
          );
          if (sms) read.add(sms.sid);
          return sms;
        };
        return waitFor(look, withinMs, () => explain(`SMS like ${pattern.toString()}`, withinMs));
      },
      async expectNoSms({ forMs }) {
        const failure = new Error();
        const arrived = await waitFor(
          () => (listSms().length > 0 ? listSms() : undefined),
          forMs,
          () => '',
        ).catch(() => undefined);
        if (!arrived) return;
        failure.message = `${id} should have got no SMS for ${forMs} ms, but got: ${describe(arrived)}`;
        throw failure;
      },
      expectEmail(pattern, { withinMs = defaultWithinMs } = {}) {
        const look = (): SimulatedEmail | undefined => {
          const email = listEmails().find(
            ({ subject, text }) => subject.search(pattern) !== -1 || text.search(pattern) !== -1,
          );
          if (email) read.add(email.id);
          return email;
        };
        return waitFor(look, withinMs, () => explain(`email like ${pattern.toString()}`, withinMs));
      },
      async reply(text, options) {
        if (person.phone === undefined) throw new Error(`${id} has no phone to text from.`);
        const reply = await simulator.reply(person.phone, text, options);
        // Newest first: the answers are the last messages on this phone with these texts.
        const candidates = [...listSms()].reverse();
        for (const answer of reply.answers) {
          const sms = candidates.find(({ body, sid }) => body === answer && !read.has(sid));
          if (sms) read.add(sms.sid);
        }
        return reply;
      },
    };
  }

  return {
    phone(id) {
      const phone = phones.get(id) ?? createPhone(id);
      phones.set(id, phone);
      return phone;
    },
    ignoreUnread() {
      for (const { sid } of listUnreadSms()) read.add(sid);
      for (const { id } of listUnreadEmails()) read.add(id);
    },
    expectNothingUnread() {
      const unread = [...listUnreadSms(), ...listUnreadEmails()];
      if (unread.length > 0) throw new Error(`Nobody expected ${describe(unread)}`);
    },
  };
}

function dateOf(message: SimulatedSms | SimulatedEmail): string {
  return 'sid' in message ? message.dateCreated : message.at;
}

function describe(messages: readonly (SimulatedSms | SimulatedEmail)[]): string {
  if (messages.length === 0) return 'nothing.';
  const lines = messages.map((message) =>
    'sid' in message
      ? `  SMS to ${message.to} (${message.status}): ${JSON.stringify(message.body)}`
      : `  email to ${message.to}: ${JSON.stringify(message.subject)}`,
  );
  return `\n${lines.join('\n')}`;
}
