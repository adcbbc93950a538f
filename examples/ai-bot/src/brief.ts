import type { Submission } from 'baton/client';
import type { Memory, Reason } from './decide.ts';
import type { Conversation, Message } from './store.ts';

const REASONS: Readonly<Record<Reason, string>> = {
  'asked-for-a-person': 'Asked for a person',
  'high-value': 'Wants to buy for many',
  frustrated: 'Is frustrated',
  'unsure-twice': 'Was not understood twice',
};

const MOODS: Readonly<Record<Memory['mood'], string>> = {
  calm: 'calm',
  annoyed: 'annoyed: begin with an apology',
  keen: 'keen to buy',
};

/** Baton takes 20,000 characters of details. */
const MAX_TRANSCRIPT = 18_000;

export interface Talk {
  readonly conversation: Conversation;
  readonly messages: readonly Message[];
  /** Titles of the articles that were shown. */
  readonly tried: readonly string[];
}

/** Returns what Baton is handed when somebody is to come into the chat. */
export function briefTalk(
  talk: Talk,
  {
    id,
    policy,
    reason,
    because,
  }: {
    readonly id: string;
    readonly policy: string;
    readonly reason: Reason;
    readonly because: string;
  },
): Submission {
  const who = nameOf(talk.conversation);
  return {
    externalId: id,
    policy,
    urgency: 'urgent',
    brief: {
      subject: `${who}, web chat`,
      summary: `${REASONS[reason]} in the chat. Wants: "${wish(talk)}"`,
      origin: 'web chat',
      facts: [
        { label: 'Handed off because', value: cut(`the customer ${because}`, 200) },
        ...commonFacts(talk),
      ],
      details: transcribe(talk.messages),
    },
    action: {
      do: `Talk to ${who} in the web chat`,
      within: 'PT5M',
      contact: { name: who },
      say: 'Take it, then write notes on this page: the customer reads each at once, and what they write appears under it.',
      outcomes: ['solved', 'sold', 'follow-up', 'not-for-us'],
    },
    metadata: { kind: 'talk' },
  };
}

/** When somebody wants to be called, as they chose it. */
export const CALL_TIMES = {
  now: { label: 'As soon as possible', within: 'PT1H', urgency: 'urgent' },
  today: { label: 'Later today', within: 'PT6H', urgency: 'urgent' },
  tomorrow: { label: 'Tomorrow', within: 'PT24H', urgency: 'routine' },
} as const;
export type CallTime = keyof typeof CALL_TIMES;

/** What somebody says who wants to be called back. */
export interface CallWish {
  readonly name: string;
  /** In E.164 form. */
  readonly phone: string;
  readonly when: CallTime;
}

/** Returns what Baton is handed when somebody is to be called back. */
export function briefCallback(
  talk: Talk,
  { id, policy, wish: { name, phone, when } }: { id: string; policy: string; wish: CallWish },
): Submission {
  const { label, within, urgency } = CALL_TIMES[when];
  return {
    externalId: id,
    policy,
    urgency,
    brief: {
      subject: `${name}, web chat`,
      summary: `Waited in the chat, nobody came, asked to be called. Wants: "${wish(talk)}"`,
      origin: 'web chat',
      facts: [{ label: 'Wants the call', value: label.toLowerCase() }, ...commonFacts(talk)],
      details: transcribe(talk.messages),
    },
    action: {
      do: `Call ${name} back`,
      within,
      contact: { name, phone },
      say: 'Begin with an apology that nobody came into the chat.',
      outcomes: ['reached', 'no-answer', 'wrong-number'],
    },
    metadata: { kind: 'callback' },
  };
}

/** Returns how people see whom it is about; without a name, a word that tells chats apart. */
export function nameOf({ id, name }: Pick<Conversation, 'id' | 'name'>): string {
  return name ?? `visitor ${id.slice(0, 4).toUpperCase()}`;
}

function commonFacts({
  tried,
  conversation: { memory },
}: Talk): { label: string; value: string }[] {
  return [
    {
      label: 'Tried',
      value: cut(tried.length === 0 ? 'nothing yet' : `the bot showed: ${tried.join('; ')}`, 200),
    },
    { label: 'Mood', value: MOODS[memory.mood] },
  ];
}

/** Their longest message says best what they want; the one that asks for a person says least. */
function wish({ messages }: Talk): string {
  const own = messages.filter(({ author }) => author === 'customer').slice(-5);
  const longest = own.reduce((best, { text }) => (text.length > best.length ? text : best), '');
  return cut(withoutSecrets(longest), 110);
}

/**
 * A text message is no place for links of strangers, for numbers of cards and phones, nor for code: what was pasted
 * into the chat stands in the transcript.
 */
function withoutSecrets(text: string): string {
  return text
    .replace(/\b(?:https?:\/\/|www\.)\S+|\b[\w-]+(?:\.[\w-]+)+\/\S*/gi, '(link)')
    .replace(/\S+@\S+/g, '(address)')
    .replace(/\+?\d(?:[\s().-]?\d){6,}/g, '(number)')
    .replace(/[<>{}[\]=|&;"\\]+/g, ' ')
    .replace(/:\s/g, ', ')
    .replace(/\s+/g, ' ')
    .trim();
}

function transcribe(messages: readonly Message[]): string {
  const names = { customer: 'Customer', bot: 'Bot', person: 'Colleague' } as const;
  const lines = messages.map(
    ({ author, name, text, at }) => `${at.slice(11, 16)} ${name ?? names[author]}: ${text}`,
  );
  // The end matters most.
  return cut(lines.join('\n').slice(-MAX_TRANSCRIPT), MAX_TRANSCRIPT) || 'Nothing was written yet.';
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}
