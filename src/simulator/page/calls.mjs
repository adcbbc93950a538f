// A call on a phone's screen while it lasts, and what stays of it among the messages.

import { ask, clock, make, notice, reconcile, setText, testId } from './dom.mjs';

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const keyNames = { '*': 'star', '#': 'hash' };

export const isLive = ({ status }) => ['queued', 'ringing', 'in-progress'].includes(status);
export const isRinging = ({ status }) => status === 'queued' || status === 'ringing';

async function act(call, what, body = {}) {
  try {
    await ask(`/simulator/calls/${call.sid}/${what}`, 'POST', body);
    notice('call', '');
  } catch (error) {
    notice('call', error.message);
  }
}

function createButton(className, label, id, run) {
  const button = testId(make('button', className, label), id);
  button.type = 'button';
  button.addEventListener('click', run);
  return button;
}

function createCard(person, call) {
  const { sid } = call;
  const card = testId(make('section', 'call'), `call-${sid}`);
  card.setAttribute('aria-label', `Call for ${person.name}`);

  const head = make('div', 'call-head');
  const icon = make('span', 'call-icon', '☎');
  icon.setAttribute('aria-hidden', 'true');
  const title = make('div');
  card.state = make('p', 'call-state');
  card.state.setAttribute('role', 'status');
  title.append(card.state, make('p', 'meta', `from ${call.from}`));
  head.append(icon, title);

  card.choices = make('div', 'call-choices');
  card.choices.append(
    createButton('button primary', 'Answer', `answer-${sid}`, () => {
      card.wantsKeys = true;
      void act(call, 'answer');
    }),
    createButton('button', 'Voicemail', `voicemail-${sid}`, () => {
      void act(call, 'answer', { as: 'machine' });
    }),
    createButton('button danger', 'Busy', `busy-${sid}`, () => void act(call, 'busy')),
  );
  card.choices.children[1].title = 'Lets an answering machine take the call';

  card.talk = make('div', 'talk');
  card.lines = make('ol', 'transcript');
  card.lines.setAttribute('role', 'log');
  card.lines.setAttribute('aria-label', 'What is said');
  card.lines.tabIndex = 0;
  card.hint = make('p', 'meta hint');
  const pad = make('div', 'keypad');
  pad.setAttribute('role', 'group');
  pad.setAttribute('aria-label', 'Keypad');
  for (const key of keys) {
    const button = createButton('key', key, `key-${sid}-${key}`, () => {
      void act(call, 'keys', { digits: key });
    });
    button.setAttribute('aria-label', keyNames[key] ?? key);
    pad.append(button);
  }
  card.firstKey = pad.firstElementChild;
  card.talk.append(
    card.lines,
    card.hint,
    pad,
    createButton('button danger', 'Hang up', `hangup-${sid}`, () => void act(call, 'hang-up')),
  );
  // The keys of a keyboard count as the phone's own, while the call has the focus.
  card.addEventListener('keydown', (event) => {
    if (!card.isTalking || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!keys.includes(event.key)) return;
    event.preventDefault();
    void act(call, 'keys', { digits: event.key });
  });
  card.append(head, card.choices, card.talk);
  return card;
}

const takers = {
  human: 'In a call',
  machine: 'An answering machine has the call',
  unknown: 'In a call',
};

function updateCard(card, call) {
  card.isTalking = call.status === 'in-progress';
  card.dataset.status = call.status;
  card.classList.toggle('ringing', isRinging(call));
  setText(card.state, card.isTalking ? takers[call.takenBy] : 'Ringing …');
  card.choices.hidden = card.isTalking;
  card.talk.hidden = !card.isTalking;
  setText(card.hint, call.waitingForKeys ? 'Baton listens for a key.' : 'Keys do nothing now.');
  showLines(card.lines, call.transcript);
  if (card.isTalking && card.wantsKeys) {
    card.wantsKeys = false;
    card.firstKey.focus({ preventScroll: true });
  }
}

function createLine({ who, text, key, language }) {
  const line = make('li', `line by-${who}`);
  if (key === undefined) line.append(text ?? '');
  else line.append('pressed ', make('b', '', key));
  if (language) line.lang = language;
  return line;
}

function showLines(list, transcript) {
  const before = list.known?.size ?? 0;
  reconcile(
    list,
    transcript.map((line, index) => ({ ...line, index })),
    ({ index }) => index,
    createLine,
    () => undefined,
  );
  // What is new is read from its beginning.
  if (before !== transcript.length) list.scrollTop = list.children[before].offsetTop - 10;
}

/** Shows the calls of a phone that ring or are talked on; there may be several at once. */
export function showLiveCalls(parent, person) {
  reconcile(
    parent,
    person.calls.filter(isLive),
    ({ sid }) => sid,
    (call) => createCard(person, call),
    updateCard,
  );
}

function describeEnd({ status, takenBy, durationSeconds = 0 }) {
  switch (status) {
    case 'completed': {
      const seconds = String(durationSeconds % 60).padStart(2, '0');
      const who = takenBy === 'machine' ? 'went to voicemail' : 'was answered';
      return `Call ${who} · ${Math.floor(durationSeconds / 60)}:${seconds}`;
    }
    case 'busy':
      return 'Call declined: busy';
    case 'no-answer':
      return 'Call not answered';
    case 'canceled':
      return 'Call called off by Baton';
    default:
      return 'Call failed';
  }
}

/** Returns what stays of a call that is over; the words of one that has just ended can still be read. */
export function createCallLog(call, timezone) {
  const node = testId(make('div', 'call-log'), `call-${call.sid}`);
  node.dataset.status = call.status;
  const title = describeEnd(call);
  const meta = make('span', 'meta', ` ${clock(call.dateCreated, timezone)}`);
  meta.title = call.sid;
  if (call.errorCode) meta.append(make('span', 'bad', ` · Twilio ${call.errorCode}`));
  if (call.transcript.length === 0) {
    const line = make('p', '', `☎ ${title}`);
    line.append(meta);
    node.append(line);
    return node;
  }
  const details = make('details');
  const summary = make('summary', '', `☎ ${title}`);
  summary.append(meta);
  const lines = make('ol', 'transcript');
  lines.append(...call.transcript.map(createLine));
  details.open = Date.now() - Date.parse(call.endTime ?? 0) < 60_000;
  details.append(summary, lines);
  node.append(details);
  return node;
}
