import { isRecord } from '../record.ts';

/** One line of a material: what somebody said, or what happened. */
export interface Passage {
  /** Who said it, as the material names them. */
  readonly speaker?: string;
  readonly text: string;
}

/** A named value that stands in a material. */
export interface Field {
  readonly label: string;
  readonly value: string;
}

/** A material taken apart. All its texts stand in the material as they are, spaces and hidden characters aside. */
export interface Material {
  readonly form: 'conversation' | 'events' | 'text';
  readonly passages: readonly Passage[];
  readonly fields: readonly Field[];
}

const MAX_LEAVES = 400;
const MAX_DEPTH = 8;
const MAX_LINES = 1_000;
const MAX_LABEL = 40;
const MAX_VALUE = 200;

/** Returns a material taken apart: JSON, one event a line, a transcript with speakers, HTML or plain text. */
export function readMaterial(text: string): Material {
  const json = parseJson(text);
  return json === undefined ? readLines(text) : readJson(json);
}

/** Returns a text on one line, without characters that cannot be seen. */
export function flatten(text: string): string {
  return text
    .replace(/[\p{Cc}\s\u2028\u2029]+/gu, ' ')
    .replace(/[\p{Cf}\p{Co}\p{Cs}]/gu, '')
    .trim();
}

/** Returns whether a passage is the words of the automation or of staff rather than of whom it is about. */
export function isOurs({ speaker = '' }: Passage): boolean {
  return OURS.test(speaker);
}

/** Returns whether the material says of a passage that whom it is about said it. */
export function isTheirs({ speaker = '' }: Passage): boolean {
  return THEIRS.test(speaker);
}

const OURS = /^(?:agent|ai|assistant|bot|chat ?bot|model|operator|support|system|staff|tool)\b/i;
const THEIRS = /^(?:caller|client|customer|guest|human|lead|patient|tenant|user|visitor)\b/i;

// -- JSON

function parseJson(text: string): unknown {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed)) return undefined;
  const whole = tryParse(trimmed);
  if (whole !== undefined) return whole;
  const lines = trimmed.split(/\r?\n/).filter((line) => line.trim() !== '');
  const values = lines.map(tryParse);
  return lines.length > 1 && values.every(isRecord) ? values : undefined;
}

function tryParse(text: string): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const SAYS = ['text', 'message', 'content', 'body', 'comment', 'note'];
const SPEAKS = ['role', 'speaker', 'author', 'from', 'sender', 'name'];
const HAPPENS = ['event', 'action', 'title', 'name', 'type'];
/** What an analytics call is rather than what happened. */
const CALLS = /^(?:alias|group|identify|page|screen|track)$/i;
const WHERE = ['path', 'page', 'url', 'plan', 'product', 'subject'];

/** What a passage has told already. */
const TOLD: ReadonlySet<string> = new Set([...SAYS, ...SPEAKS, ...HAPPENS, ...WHERE]);
const PLACES: ReadonlySet<string> = new Set(WHERE);
const NOTHING: ReadonlySet<string> = new Set();
/** Keys that only hold others. */
const WRAPPERS: ReadonlySet<string> = new Set(
  'traits properties data payload attributes contact customer user lead'.split(' '),
);

function readJson(value: unknown): Material {
  const fields: Field[] = [];
  const passages: Passage[] = [];
  collect(value, { path: [], told: NOTHING, fields, passages });
  const isConversation = passages.some(({ speaker }) => speaker !== undefined);
  return { form: isConversation ? 'conversation' : 'events', passages, fields };
}

interface Collected {
  readonly path: readonly string[];
  /** Keys of this object whose values a passage has. */
  readonly told: ReadonlySet<string>;
  readonly fields: Field[];
  readonly passages: Passage[];
}

function collect(value: unknown, found: Collected): void {
  const { path, fields, passages } = found;
  if (fields.length + passages.length >= MAX_LEAVES || path.length > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    for (const item of value) {
      const passage = isRecord(item) ? readPassage(item) : undefined;
      if (passage) passages.push(passage);
      collect(item, { ...found, told: passage ? TOLD : NOTHING });
    }
  } else if (isRecord(value)) {
    for (const [key, item] of Object.entries(value)) {
      const isPart = found.told === TOLD && key === 'properties';
      if (found.told.has(key) && typeof item === 'string') continue;
      collect(item, { ...found, path: [...path, key], told: isPart ? PLACES : NOTHING });
    }
  } else if (typeof value === 'string' || typeof value === 'number') {
    const text = flatten(String(value));
    const label = nameKey(path);
    if (isField(label, text)) fields.push({ label, value: text });
  }
}

function readPassage(item: Record<string, unknown>): Passage | undefined {
  const find = (keys: readonly string[]): string | undefined =>
    keys
      .map((key) => item[key])
      .filter((one) => typeof one === 'string')
      .map(flatten)
      .find((one) => one !== '');
  const said = find(SAYS);
  const speaker = find(SPEAKS);
  if (said !== undefined && speaker !== undefined) return { speaker, text: said };
  const happened = find(HAPPENS) ?? said;
  if (happened === undefined || CALLS.test(happened)) return undefined;
  const where = isRecord(item['properties'])
    ? readPlace({ ...item, ...item['properties'] })
    : readPlace(item);
  return { text: [happened, where].filter((part) => part !== undefined).join(' ') };
}

function readPlace(item: Record<string, unknown>): string | undefined {
  return WHERE.map((key) => item[key])
    .filter((one) => typeof one === 'string' && one.length <= 80 && !/^[a-z]+:\/\//i.test(one))
    .map((one) => flatten(one as string))[0];
}

/** `traits.company.name` is `Company name`, `team_size` is `Team size`. */
function nameKey(path: readonly string[]): string {
  const [last = ''] = path.slice(-1);
  const isPlain = ['id', 'name', 'value', 'type', 'number'].includes(last.toLowerCase());
  const named = isPlain ? path.filter((key) => !WRAPPERS.has(key)).slice(-2) : [last];
  const words = named
    .join(' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_.-]+/g, ' ')
    .toLowerCase()
    .trim();
  return flatten(words.charAt(0).toUpperCase() + words.slice(1));
}

// -- lines

/** `[14:02:11]`, `2026-11-23T14:02Z -` and the like. */
const STAMP =
  /^\s*[[(]?(?:\d{4}-\d\d-\d\d[T ])?\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?(?:\s?[ap]\.?m\.?)?[\])]?\s*[-–—|]?\s*/i;
const NAMED = /^\s*([\p{L}][\p{L}\p{N} .'’/_-]{0,38}?)\s?:\s+(\S.*)$/u;
const ROLES =
  'agent|assistant|bot|caller|chatbot|client|customer|guest|human|lead|operator|support|system|user|visitor';
const ROLE_WITHIN = new RegExp(String.raw`\s(?=(?:${ROLES})\s?:\s)`, 'gi');

const NAME_LIKE = /^\p{Lu}[\p{L}'’.-]*(?: \p{Lu}[\p{L}'’.-]*){0,3}$/u;

function readLines(text: string): Material {
  const plain = /<\/?[a-z][a-z0-9]{0,20}(?:\s[^<>]{0,300})?\/?>/i.test(text)
    ? text
        .replace(/<(?:br|\/p|\/div|\/li|\/tr|\/h\d)[^<>]{0,300}>/gi, '\n')
        .replace(/<[^<>]{0,300}>/g, ' ')
    : text;
  const lines = plain
    .split(/\r?\n/)
    .flatMap((line) => line.split(ROLE_WITHIN))
    .slice(0, MAX_LINES)
    .map((line) => flatten(line.replace(STAMP, '')))
    .filter((line) => line !== '');
  const named = lines.map((line) => {
    const [, label, value] = NAMED.exec(line) ?? [];
    return label === undefined || value === undefined ? undefined : { label, value };
  });
  const counts = new Map<string, number>();
  for (const one of named) if (one) counts.set(one.label, (counts.get(one.label) ?? 0) + 1);
  const isRole = (label: string): boolean => OURS.test(label) || THEIRS.test(label);
  const isChat = named.some((one) => one && isRole(one.label));
  // Between the lines of a bot whatever looks like a name is one, also where they speak only once.
  const isSpeaker = ({ label, value }: Field): boolean =>
    isRole(label) ||
    (counts.get(label) ?? 0) > 1 ||
    (isChat && NAME_LIKE.test(label) && value.split(' ').length > 1);
  const fields: Field[] = [];
  const passages: Passage[] = [];
  for (const [index, line] of lines.entries()) {
    const one = named[index];
    if (one && isSpeaker(one)) passages.push({ speaker: one.label, text: one.value });
    else if (one && MESSAGE.test(one.label)) passages.push({ text: one.value });
    else if (one && isField(one.label, one.value)) fields.push(one);
    else passages.push({ text: line });
  }
  const isConversation = passages.some(({ speaker }) => speaker !== undefined);
  return { form: isConversation ? 'conversation' : 'text', passages, fields };
}

/** What somebody wrote into a form. */
const MESSAGE =
  /^(?:message|comments?|description|details|question|request|enquiry|inquiry|text|notes?|body|how can we help)$/i;

/** What nobody needs to read on a phone, and what nobody may. */
const PRIVATE =
  /pass(?:word|code|phrase)|secret|token|api.?key|auth|cookie|session|credential|\bcard\b|\bcvv|\bpin\b|\bssn\b|\biban\b/i;
const TECHNICAL =
  /\b(?:u?u?id|hash|checksum|user ?agent|ip|timestamp|time ?stamp|created at|updated at|received at|sent at|context|library|version|channel|locale)\b/i;

function isField(label: string, value: string): boolean {
  return (
    !CALLS.test(value) &&
    label !== '' &&
    value !== '' &&
    Array.from(label).length <= MAX_LABEL &&
    Array.from(value).length <= MAX_VALUE &&
    !PRIVATE.test(label) &&
    !TECHNICAL.test(label)
  );
}
