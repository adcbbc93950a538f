import { CALL_TIMES } from './brief.ts';
import type { Conversation, Message } from './store.ts';

/** What the chat page shows at one moment. */
export interface ChatPage {
  readonly conversation: Pick<Conversation, 'phase' | 'name'> | undefined;
  readonly messages: readonly Message[];
  readonly state: ChatState;
  /** Makes sending this form twice one message. */
  readonly key: string;
  /** What was wrong with the form that was sent before. */
  readonly fault?: string | undefined;
}

/** How it stands beside the messages: told to the page as it changes. */
export interface ChatState {
  /** What a person waits for, in sentences; empty when nobody waits. */
  readonly waiting: readonly string[];
  /** Who is in the chat. */
  readonly with: string | null;
  /** Whether a call can be asked for, and whether that is what to do now. */
  readonly call: 'none' | 'offered' | 'open';
}

/** Returns the whole page; it works without its script, which only saves looking again. */
export function renderChatPage({ conversation, messages, state, key, fault }: ChatPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Fernhill help</title>
<link rel="stylesheet" href="/chat.css">
<script type="module" src="/chat.mjs"></script>
</head>
<body>
<header><h1>Fernhill help</h1><p id="with">${escape(describeWith(state))}</p></header>
<main>
<div role="log" aria-label="The conversation"><ol id="messages">${messages.map(renderMessage).join('')}</ol></div>
<div id="state" role="status">${renderWaiting(state)}</div>
<noscript><p><a href="/">Look for new messages</a></p></noscript>
${fault === undefined ? '' : `<p class="fault" role="alert">${escape(fault)}</p>`}
<form id="say" method="post" action="/messages">
<input type="hidden" name="key" value="${escape(key)}">
${conversation?.name == null && messages.length === 0 ? '<label>Your name, if you like<input name="name" maxlength="60" autocomplete="name"></label>' : ''}
<label>Your message<textarea name="text" rows="2" maxlength="1000" required></textarea></label>
<button>Send</button>
</form>
<details id="call"${state.call === 'none' ? ' hidden' : ''}${state.call === 'open' ? ' open' : ''}><summary>Have somebody call me</summary>
<form method="post" action="/calls">
<label>Your name<input name="name" maxlength="60" autocomplete="name" required value="${escape(conversation?.name ?? '')}"></label>
<label>Your phone number<input name="phone" type="tel" maxlength="30" autocomplete="tel" required></label>
<label>When<select name="when">${Object.entries(CALL_TIMES)
    .map(([value, { label }]) => `<option value="${value}">${label}</option>`)
    .join('')}</select></label>
<button>Ask for the call</button>
</form></details>
</main>
</body>
</html>
`;
}

/** Returns one message as an item of the list. */
export function renderMessage({ id, author, name, text }: Message): string {
  const who = { customer: 'You', bot: 'Fernhill bot', person: name ?? 'A colleague' }[author];
  return `<li class="${author}" data-id="${id}"><b>${escape(who)}</b><p>${escape(text)}</p></li>`;
}

/** Returns the sentences for one who waits. */
export function renderWaiting({ waiting }: ChatState): string {
  return waiting.map((sentence) => `<p>${escape(sentence)}</p>`).join('');
}

/** Returns with whom the customer is talking. */
export function describeWith(state: ChatState): string {
  if (state.with !== null) return `You are talking to ${state.with}.`;
  return 'You are talking to a bot. Write “person” to talk to a person.';
}

function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
