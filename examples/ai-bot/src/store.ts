import Database from 'libsql';
import { FRESH, type Memory } from './decide.ts';

/** Where a conversation is: with the bot, waiting for a person, with a person, or asked whether to be called. */
export type Phase = 'bot' | 'waiting' | 'talking' | 'callback';

export interface Conversation {
  readonly id: string;
  readonly phase: Phase;
  /** Missing: they have not said who they are. */
  readonly name: string | null;
  readonly memory: Memory;
  /** The last message of theirs that the bot has dealt with. */
  readonly answeredUpTo: number;
}

export type Author = 'customer' | 'bot' | 'person';

export interface Message {
  readonly id: number;
  readonly author: Author;
  readonly name: string | null;
  readonly text: string;
  readonly at: string;
}

export type HandoffKind = 'talk' | 'callback';

/** One handoff of a conversation, as far as Baton has told of it. */
export interface KnownHandoff {
  /** Our name of it, and Baton's externalId. */
  readonly id: string;
  readonly conversation: string;
  readonly kind: HandoffKind;
  /** Missing: Baton does not have it yet. */
  readonly batonId: string | null;
  readonly status: string;
  readonly owner: string | null;
  readonly lastEvent: string;
  readonly askedAt: string;
  readonly hasEnded: boolean;
  /** Whether the bot has said that nobody came. */
  readonly isOverdue: boolean;
}

/** What is still to be told Baton. */
export interface Errand {
  readonly id: number;
  readonly handoff: string;
  readonly kind: 'submit' | 'note' | 'withdraw' | 'amend';
  readonly body: unknown;
  /** The message it carries, for a note. */
  readonly message: number | null;
}

const SCHEMA = `
  create table if not exists conversations (
    id text primary key, phase text not null, name text, memory text not null, answered_up_to integer not null
  );
  create table if not exists messages (
    id integer primary key autoincrement, conversation text not null, author text not null, name text,
    text text not null, at text not null, key text unique
  );
  create index if not exists messages_of on messages (conversation, id);
  create table if not exists handoffs (
    id text primary key, conversation text not null, kind text not null, baton_id text, status text not null,
    owner text, last_event text not null, asked_at text not null, has_ended integer not null,
    is_overdue integer not null, nudged_for integer not null
  );
  create table if not exists errands (
    id integer primary key autoincrement, handoff text not null, kind text not null, body text not null, message integer
  );
`;

/** Everything the bot knows, in one SQLite file: written before anybody is answered. */
export type Store = ReturnType<typeof openStore>;

/** Opens the file, and makes it if it is not there. */
export function openStore(file: string) {
  const db = new Database(file);
  // A message that was answered with "kept" survives a power cut too.
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000;');
  db.exec(SCHEMA);
  const all = (sql: string, ...values: readonly unknown[]): Row[] =>
    db.prepare(sql).all(...values) as Row[];
  const one = (sql: string, ...values: readonly unknown[]): Row | undefined =>
    all(sql, ...values)[0];
  const run = (sql: string, ...values: readonly unknown[]): number =>
    db.prepare(sql).run(...values).changes;

  const store = {
    /** Runs writes that belong together: all of them are kept, or none. */
    together<T>(write: () => T): T {
      return db.transaction(write)();
    },
    close() {
      db.close();
    },

    open(id: string): void {
      run(
        `insert or ignore into conversations values (?, 'bot', null, ?, 0)`,
        id,
        JSON.stringify(FRESH),
      );
    },
    conversation(id: string): Conversation | undefined {
      const row = one('select * from conversations where id = ?', id);
      return row && readConversation(row);
    },
    setName(id: string, name: string): void {
      run('update conversations set name = ? where id = ?', name, id);
    },
    setPhase(id: string, phase: Phase): void {
      run('update conversations set phase = ? where id = ?', phase, id);
    },
    setMemory(id: string, memory: Memory): void {
      run('update conversations set memory = ? where id = ?', JSON.stringify(memory), id);
    },
    setAnswered(id: string, upTo: number): void {
      run('update conversations set answered_up_to = ? where id = ?', upTo, id);
    },
    /** Lists conversations with words of the customer that the bot has not dealt with. */
    unanswered(): string[] {
      return all(
        `select distinct c.id from conversations c join messages m on m.conversation = c.id
         where m.author = 'customer' and m.id > c.answered_up_to`,
      ).map((row) => text(row, 'id'));
    },

    /** Keeps a message and returns its number; the same key again is the same message, and returns undefined. */
    addMessage(message: {
      readonly conversation: string;
      readonly author: Author;
      readonly text: string;
      readonly name?: string | undefined;
      readonly key?: string | undefined;
    }): number | undefined {
      const row = one(
        `insert into messages (conversation, author, name, text, at, key) values (?, ?, ?, ?, ?, ?)
         on conflict (key) do nothing returning id`,
        message.conversation,
        message.author,
        message.name ?? null,
        message.text,
        new Date().toISOString(),
        message.key ?? null,
      );
      return row && Number(row['id']);
    },
    messages(conversation: string, after = 0): Message[] {
      return all(
        'select * from messages where conversation = ? and id > ? order by id',
        conversation,
        after,
      ).map((row) => ({
        id: Number(row['id']),
        author: text(row, 'author') as Author,
        name: textOrNull(row, 'name'),
        text: text(row, 'text'),
        at: text(row, 'at'),
      }));
    },

    addHandoff(handoff: { id: string; conversation: string; kind: HandoffKind }): void {
      run(
        `insert into handoffs values (?, ?, ?, null, 'notifying', null, '', ?, 0, 0, 0)`,
        handoff.id,
        handoff.conversation,
        handoff.kind,
        new Date().toISOString(),
      );
    },
    handoff(id: string): KnownHandoff | undefined {
      const row = one('select * from handoffs where id = ?', id);
      return row && readHandoff(row);
    },
    openHandoffs(): KnownHandoff[] {
      return all('select * from handoffs where has_ended = 0 order by asked_at').map(readHandoff);
    },
    /** Returns the handoff of a kind that a conversation waits for, the newest. */
    handoffOf(conversation: string, kind: HandoffKind): KnownHandoff | undefined {
      const row = one(
        `select * from handoffs where conversation = ? and kind = ? and has_ended = 0
         order by asked_at desc limit 1`,
        conversation,
        kind,
      );
      return row && readHandoff(row);
    },
    setBatonId(id: string, batonId: string): void {
      run('update handoffs set baton_id = ? where id = ?', batonId, id);
    },
    setStanding(id: string, status: string, owner: string | null): void {
      run('update handoffs set status = ?, owner = ? where id = ?', status, owner, id);
    },
    setLastEvent(id: string, event: string): void {
      run('update handoffs set last_event = ? where id = ?', event, id);
    },
    setOverdue(id: string): void {
      run('update handoffs set is_overdue = 1 where id = ?', id);
    },
    setEnded(id: string, status: string): void {
      run('update handoffs set has_ended = 1, status = ? where id = ?', status, id);
    },
    /** Notes that the owner is told again of this message; false: they were told of it before. */
    setNudged(id: string, message: number): boolean {
      return (
        run(
          'update handoffs set nudged_for = ? where id = ? and nudged_for < ?',
          message,
          id,
          message,
        ) > 0
      );
    },

    addErrand(errand: {
      readonly handoff: string;
      readonly kind: Errand['kind'];
      readonly body: unknown;
      readonly message?: number;
    }): void {
      run(
        'insert into errands (handoff, kind, body, message) values (?, ?, ?, ?)',
        errand.handoff,
        errand.kind,
        JSON.stringify(errand.body),
        errand.message ?? null,
      );
    },
    errands(): Errand[] {
      return all('select * from errands order by id').map((row) => ({
        id: Number(row['id']),
        handoff: text(row, 'handoff'),
        kind: text(row, 'kind') as Errand['kind'],
        body: JSON.parse(text(row, 'body')) as unknown,
        message: row['message'] === null ? null : Number(row['message']),
      }));
    },
    removeErrand(id: number): void {
      run('delete from errands where id = ?', id);
    },
  };
  return store;
}

type Row = Readonly<Record<string, string | number | null>>;

function text(row: Row, column: string): string {
  return String(row[column] ?? '');
}

function textOrNull(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' ? value : null;
}

function readConversation(row: Row): Conversation {
  return {
    id: text(row, 'id'),
    phase: text(row, 'phase') as Phase,
    name: textOrNull(row, 'name'),
    memory: JSON.parse(text(row, 'memory')) as Memory,
    answeredUpTo: Number(row['answered_up_to']),
  };
}

function readHandoff(row: Row): KnownHandoff {
  return {
    id: text(row, 'id'),
    conversation: text(row, 'conversation'),
    kind: text(row, 'kind') as HandoffKind,
    batonId: textOrNull(row, 'baton_id'),
    status: text(row, 'status'),
    owner: textOrNull(row, 'owner'),
    lastEvent: text(row, 'last_event'),
    askedAt: text(row, 'asked_at'),
    hasEnded: row['has_ended'] === 1,
    isOverdue: row['is_overdue'] === 1,
  };
}
