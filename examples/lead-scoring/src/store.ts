import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import type { Incoming, LeadEvent } from './events.ts';
import { modelSchema, type Model } from './model.ts';
import type { Label, Outcome } from './outcomes.ts';

/** A lead as it was scored last. */
export interface ScoredLead {
  readonly id: string;
  readonly name: string;
  readonly probability: number;
  /** In words, the strongest first. */
  readonly reasons: readonly string[];
  readonly scoredAt: string;
}

/** A lead that was handed to people. */
export interface Handoff {
  /** Our name of it, under which Baton knows it too. */
  readonly externalId: string;
  readonly lead: string;
  /** The moment of the score that led to it. */
  readonly asOf: string;
  readonly urgency: 'urgent' | 'routine';
  /** `queued` until Baton has it; `refused` if it would not take it. */
  readonly status: 'queued' | 'open' | 'closed' | 'refused';
  readonly batonId?: string | undefined;
  /** What Baton said last of it: `resolved`, or why it was refused. */
  readonly news: string;
  readonly outcome?: Outcome | undefined;
  readonly closedAt?: string | undefined;
}

/** Something that is to be said to Baton once, whatever happens meanwhile. */
export interface Errand {
  readonly seq: number;
  readonly handoff: string;
  readonly kind: 'submit' | 'amend';
  /** Makes it count once at Baton, however often it is sent. */
  readonly key: string;
  readonly body: unknown;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS event (
  message_id TEXT PRIMARY KEY, lead TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL,
  received_at TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS event_lead ON event (lead, at);
CREATE TABLE IF NOT EXISTS alias (anonymous TEXT PRIMARY KEY, lead TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lead (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, probability REAL NOT NULL, reasons TEXT NOT NULL, scored_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS lead_probability ON lead (probability);
CREATE TABLE IF NOT EXISTS handoff (
  external_id TEXT PRIMARY KEY, lead TEXT NOT NULL, as_of TEXT NOT NULL, urgency TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'queued', baton_id TEXT, news TEXT NOT NULL DEFAULT '', outcome TEXT, closed_at TEXT);
CREATE INDEX IF NOT EXISTS handoff_lead ON handoff (lead);
CREATE TABLE IF NOT EXISTS errand (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, handoff TEXT NOT NULL REFERENCES handoff(external_id), kind TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE, body TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS errand_open ON errand (seq) WHERE done = 0;
CREATE TABLE IF NOT EXISTS label (
  key TEXT PRIMARY KEY, lead TEXT NOT NULL, as_of TEXT NOT NULL, at TEXT NOT NULL, outcome TEXT NOT NULL,
  CHECK (as_of < at));
CREATE TABLE IF NOT EXISTS model (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
`;

/** Everything that must not be lost. Each method is durable when it returns. */
export type Store = ReturnType<typeof openStore>;

/** Opens the SQLite file, and makes it if it is not there; `:memory:` keeps nothing. */
export function openStore(file: string) {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  const db = new Database(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000');
  db.exec(SCHEMA);
  const statements = new Map<string, Database.Statement>();
  const prepare = (sql: string) => {
    const known = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, known);
    return known;
  };
  const all = (sql: string, ...values: readonly unknown[]): readonly Row[] =>
    prepare(sql).all(...values) as Row[];
  const one = (sql: string, ...values: readonly unknown[]): Row | undefined =>
    all(sql, ...values)[0];
  const run = (sql: string, ...values: readonly unknown[]): number =>
    prepare(sql).run(...values).changes;

  return {
    /** Does several things at once or not at all. */
    together<T>(work: () => T): T {
      return db.transaction(work)();
    },

    /** Keeps an event and returns whose it is; undefined when it was there already. */
    addEvent({ event, alias }: Incoming): string | undefined {
      const known = one('SELECT lead FROM alias WHERE anonymous = ?', event.lead);
      const lead = known ? text(known, 'lead') : event.lead;
      if (alias !== undefined) {
        run('INSERT OR IGNORE INTO alias (anonymous, lead) VALUES (?, ?)', alias, lead);
        run('UPDATE event SET lead = ? WHERE lead = ?', lead, alias);
        run('DELETE FROM lead WHERE id = ?', alias);
      }
      const added = run(
        `INSERT OR IGNORE INTO event (message_id, lead, type, name, at, received_at, data)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        ...[event.messageId, lead, event.type, event.name, event.at, event.receivedAt],
        JSON.stringify(event.data),
      );
      return added === 1 ? lead : undefined;
    },
    eventsOf(lead: string): readonly LeadEvent[] {
      return all('SELECT * FROM event WHERE lead = ? ORDER BY at, rowid', lead).map(readEvent);
    },
    countEvents(): number {
      return number(one('SELECT count(*) AS count FROM event') ?? {}, 'count');
    },

    keepScore({ id, name, probability, reasons, scoredAt }: ScoredLead): void {
      run(
        `INSERT INTO lead (id, name, probability, reasons, scored_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
         SET name = excluded.name, probability = excluded.probability, reasons = excluded.reasons,
             scored_at = excluded.scored_at`,
        ...[id, name, probability, JSON.stringify(reasons), scoredAt],
      );
    },
    latestLeads(count: number): readonly ScoredLead[] {
      return all('SELECT * FROM lead ORDER BY scored_at DESC LIMIT ?', count).map((row) => ({
        id: text(row, 'id'),
        name: text(row, 'name'),
        probability: number(row, 'probability'),
        reasons: JSON.parse(text(row, 'reasons')) as string[],
        scoredAt: text(row, 'scored_at'),
      }));
    },

    /** Notes down that a lead is to be handed off; with what Baton is to be told. */
    addHandoff(
      {
        externalId,
        lead,
        asOf,
        urgency,
      }: Pick<Handoff, 'externalId' | 'lead' | 'asOf' | 'urgency'>,
      body: unknown,
    ): void {
      run(
        'INSERT INTO handoff (external_id, lead, as_of, urgency) VALUES (?, ?, ?, ?)',
        ...[externalId, lead, asOf, urgency],
      );
      run(
        `INSERT INTO errand (handoff, kind, key, body) VALUES (?, 'submit', ?, ?)`,
        ...[externalId, externalId, JSON.stringify(body)],
      );
    },
    /** Notes down what is new of a handoff, once. */
    amendHandoff(externalId: string, urgency: Handoff['urgency'], body: unknown): void {
      run('UPDATE handoff SET urgency = ? WHERE external_id = ?', urgency, externalId);
      run(
        `INSERT OR IGNORE INTO errand (handoff, kind, key, body) VALUES (?, 'amend', ?, ?)`,
        ...[externalId, `${externalId}-${urgency}`, JSON.stringify(body)],
      );
    },
    handoff(externalId: string): Handoff | undefined {
      const row = one('SELECT * FROM handoff WHERE external_id = ?', externalId);
      return row && readHandoff(row);
    },
    handoffsOf(lead: string): readonly Handoff[] {
      return all('SELECT * FROM handoff WHERE lead = ? ORDER BY rowid', lead).map(readHandoff);
    },
    openHandoffs(): readonly Handoff[] {
      return all(`SELECT * FROM handoff WHERE status = 'open'`).map(readHandoff);
    },
    nextErrand(): Errand | undefined {
      const row = one('SELECT * FROM errand WHERE done = 0 ORDER BY seq LIMIT 1');
      return (
        row && {
          seq: number(row, 'seq'),
          handoff: text(row, 'handoff'),
          kind: text(row, 'kind') as Errand['kind'],
          key: text(row, 'key'),
          body: JSON.parse(text(row, 'body')) as unknown,
        }
      );
    },
    changeErrand(seq: number, body: unknown): void {
      run('UPDATE errand SET body = ? WHERE seq = ?', JSON.stringify(body), seq);
    },
    finishErrand(seq: number): void {
      run('UPDATE errand SET done = 1 WHERE seq = ?', seq);
    },
    /** Baton has it; what its callback may have said before that stays. */
    acceptHandoff(externalId: string, batonId: string): void {
      run(
        `UPDATE handoff SET baton_id = ?, status = CASE status WHEN 'queued' THEN 'open' ELSE status END
         WHERE external_id = ?`,
        ...[batonId, externalId],
      );
    },
    refuseHandoff(externalId: string, why: string, at: string): void {
      run(
        `UPDATE handoff SET status = 'refused', news = ?, closed_at = ? WHERE external_id = ?`,
        ...[why, at, externalId],
      );
    },
    tellNews(externalId: string, news: string): void {
      run(
        `UPDATE handoff SET news = ? WHERE external_id = ? AND status IN ('queued', 'open')`,
        ...[news, externalId],
      );
    },
    /** Ends a handoff and keeps its outcome as a label; what was ended before stays. False then. */
    closeHandoff(
      { externalId, lead, asOf }: Handoff,
      { news, outcome, at }: { news: string; outcome?: Outcome | undefined; at: string },
    ): boolean {
      return db.transaction(() => {
        const closed = run(
          `UPDATE handoff SET status = 'closed', news = ?, outcome = ?, closed_at = ?
           WHERE external_id = ? AND status <> 'closed'`,
          ...[news, outcome ?? null, at, externalId],
        );
        if (closed === 0) return false;
        // Clocks of two machines may differ by more than it took.
        const later = at > asOf ? at : new Date(Date.parse(asOf) + 1).toISOString();
        if (outcome) addLabel({ key: `handoff:${externalId}`, lead, asOf, at: later, outcome });
        return true;
      })();
    },

    /** Keeps a label; false when there is one of that key. */
    addLabel,
    labels(): readonly Label[] {
      return all('SELECT * FROM label ORDER BY as_of').map((row) => ({
        key: text(row, 'key'),
        lead: text(row, 'lead'),
        asOf: text(row, 'as_of'),
        at: text(row, 'at'),
        outcome: text(row, 'outcome') as Outcome,
      }));
    },
    countLabels(): { readonly all: number; readonly fromPeople: number } {
      const row = one(`SELECT count(*) AS count, total(key LIKE 'handoff:%') AS people FROM label`);
      return { all: number(row ?? {}, 'count'), fromPeople: number(row ?? {}, 'people') };
    },

    addModel(model: Model): void {
      run('INSERT INTO model (body) VALUES (?)', JSON.stringify(model));
    },
    /** The model in use: the one that was added last. */
    currentModel(): Model | undefined {
      const row = one('SELECT body FROM model ORDER BY seq DESC LIMIT 1');
      return row && modelSchema.parse(JSON.parse(text(row, 'body')));
    },
    close(): void {
      db.close();
    },
  };

  function addLabel({ key, lead, asOf, at, outcome }: Label): boolean {
    return (
      run(
        'INSERT INTO label (key, lead, as_of, at, outcome) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING',
        ...[key, lead, asOf, at, outcome],
      ) === 1
    );
  }
}

type Row = Readonly<Record<string, unknown>>;
const text = (row: Row, column: string): string => row[column] as string;
const number = (row: Row, column: string): number => row[column] as number;

function readEvent(row: Row): LeadEvent {
  return {
    messageId: text(row, 'message_id'),
    lead: text(row, 'lead'),
    type: text(row, 'type') as LeadEvent['type'],
    name: text(row, 'name'),
    at: text(row, 'at'),
    receivedAt: text(row, 'received_at'),
    data: JSON.parse(text(row, 'data')) as LeadEvent['data'],
  };
}

function readHandoff(row: Row): Handoff {
  const maybe = (column: string) => (row[column] as string | null) ?? undefined;
  return {
    externalId: text(row, 'external_id'),
    lead: text(row, 'lead'),
    asOf: text(row, 'as_of'),
    urgency: text(row, 'urgency') as Handoff['urgency'],
    status: text(row, 'status') as Handoff['status'],
    batonId: maybe('baton_id'),
    news: text(row, 'news'),
    outcome: maybe('outcome') as Outcome | undefined,
    closedAt: maybe('closed_at'),
  };
}
