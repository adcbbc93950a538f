import { readAmendment } from './amendment.ts';
import { hash } from './code.ts';
import { isRecord, readInstantOf, readText, toCanonicalJson } from './record.ts';
import type { Actor, Command, Verb, Via } from './state.ts';

/** The payload of a command's signal: the command without its verb, which is the signal's name. */
export type CommandPayload<V extends Verb = Verb> = Omit<Extract<Command, { verb: V }>, 'verb'>;

export const VERBS: readonly Verb[] = [
  'take',
  'pass',
  'snooze',
  'resolve',
  'withdraw',
  'escalate',
  'note',
  'amend',
  'reassign',
];

const VIAS: readonly string[] = ['sms', 'voice', 'link', 'email', 'api'] satisfies Via[];

/**
 * Returns the command that a signal's payload stands for, or undefined when it is none. Signals are an open
 * interface: a malformed one from any Temporal client must not stop the workflow, so nothing is trusted.
 */
export function readCommand(verb: Verb, payload: unknown): Command | undefined {
  if (!isRecord(payload)) return undefined;
  const { id, via, confirm } = payload;
  const by = readActor(payload['by']);
  if (typeof id !== 'string' || id === '' || !by) return undefined;
  const base = {
    id,
    by,
    via: typeof via === 'string' && VIAS.includes(via) ? (via as Via) : 'api',
    ...(confirm === true && { confirm }),
    ...readInstantOf(payload, 'saidAt'),
  };
  const reason = readText(payload, 'reason');
  switch (verb) {
    case 'take':
      return { ...base, verb, ...(payload['over'] === true && { over: true }) };
    case 'snooze': {
      const { forMs } = payload;
      const isUsable = typeof forMs === 'number' && Number.isFinite(forMs) && forMs > 0;
      return { ...base, verb, ...(isUsable && { forMs }) };
    }
    case 'pass':
    case 'withdraw':
    case 'escalate':
      return { ...base, verb, ...reason };
    case 'resolve':
      return { ...base, verb, ...readText(payload, 'outcome'), ...readText(payload, 'note') };
    case 'note': {
      const { text } = readText(payload, 'text');
      return text === undefined ? undefined : { ...base, verb, text };
    }
    case 'amend': {
      const amendment = readAmendment(payload['amendment']);
      return amendment && { ...base, verb, amendment };
    }
    case 'reassign': {
      const to = readActor({ ...(isRecord(payload['to']) && payload['to']), kind: 'responder' });
      return to?.kind === 'responder'
        ? { ...base, verb, to: { id: to.id, name: to.name }, ...reason }
        : undefined;
    }
  }
}

/**
 * Returns a mark of who asks for what, by which a command that comes again is told from another one under the same id.
 * The way and the time it came and what somebody is called are no part of it; nor is a new deadline, which may be said from now on.
 */
export function markCommand(command: Command): string {
  const { id: _, via: __, confirm: ___, saidAt: ____, by, ...said } = command;
  const text = toCanonicalJson([by.kind, by.id, said], ['dueAt']);
  return hash(text).toString(36);
}

/** Returns who did something, or undefined when the value names nobody. */
export function readActor(value: unknown): Actor | undefined {
  if (!isRecord(value) || typeof value['id'] !== 'string' || value['id'] === '') return undefined;
  const { id, name } = value;
  if (value['kind'] === 'source') return { kind: 'source', id };
  return { kind: 'responder', id, name: typeof name === 'string' && name !== '' ? name : id };
}
