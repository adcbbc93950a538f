// Everybody's phone and inbox.

import { createCallLog, isLive, isRinging, showLiveCalls } from './calls.mjs';
import {
  $,
  addLinked,
  ask,
  clock,
  make,
  notice,
  placeOf,
  reconcile,
  setText,
  testId,
} from './dom.mjs';
import { refreshHandoffs } from './handoffs.mjs';
import { showInbox } from './inbox.mjs';
import { createReception, showReception } from './reception.mjs';

const statusOf = (sms) => {
  if (sms.direction === 'from-person')
    return sms.errorCode
      ? { bad: `Baton did not answer · ${sms.errorCode}` }
      : { ticks: '✓', label: 'sent' };
  switch (sms.status) {
    case 'delivered':
      return { ticks: '✓✓', label: 'delivered' };
    case 'sent':
      return { ticks: '✓', label: 'sent' };
    case 'undelivered':
    case 'failed':
      return { bad: `not delivered · ${sms.errorCode ?? ''}` };
    default:
      return { ticks: '…', label: 'on its way' };
  }
};

function createSms(sms) {
  const node = testId(make('div', 'sms'), `sms-${sms.sid}`);
  const bubble = make('div', 'bubble');
  addLinked(bubble, sms.body);
  node.append(bubble, make('span', 'meta'));
  return node;
}

function updateSms(node, sms, timezone) {
  const lost = sms.status === 'undelivered' || sms.status === 'failed';
  const waiting = ['accepted', 'queued', 'sent'].includes(sms.status);
  node.className = [
    'sms',
    sms.direction === 'from-person' ? 'mine' : '',
    sms.author === 'twilio' ? 'twilio' : '',
    lost ? 'lost' : '',
    waiting ? 'on-its-way' : '',
  ]
    .filter(Boolean)
    .join(' ');
  node.dataset.status = sms.status;
  const key = `${sms.status} ${sms.errorCode ?? ''}`;
  if (node.shown === key) return;
  node.shown = key;
  const { ticks, label, bad } = statusOf(sms);
  const meta = node.lastElementChild;
  meta.replaceChildren(`${clock(sms.dateCreated, timezone)} `);
  meta.title = `${sms.sid}, ${sms.segments} segment${sms.segments === 1 ? '' : 's'}`;
  if (sms.author === 'twilio') meta.append('· from Twilio ');
  if (bad) meta.append(make('span', 'bad', bad));
  else {
    const mark = make('span', 'ticks', ticks);
    mark.setAttribute('aria-hidden', 'true');
    meta.append(mark, make('span', 'visually-hidden', label));
  }
}

function createPerson(person) {
  const node = make('section', 'person');
  node.id = `person-${person.id}`;
  node.setAttribute('aria-label', person.name);

  const phone = testId(make('div', 'panel phone'), `phone-${person.id}`);
  const top = make('div', 'phone-top');
  const initials = person.name
    .split(/\s+/)
    .map((word) => word[0] ?? '')
    .slice(0, 2)
    .join('');
  const avatar = make('span', 'avatar', initials);
  avatar.setAttribute('aria-hidden', 'true');
  const title = make('div');
  title.append(make('h2', '', person.name), make('p', '', person.phone ?? 'no phone'));
  if (person.timezone) title.lastElementChild.append(` · ${placeOf(person.timezone)}`);
  top.append(avatar, title);
  phone.append(top);
  if (person.phone) {
    node.messages = make('div', 'messages');
    node.messages.setAttribute('role', 'log');
    node.messages.setAttribute('aria-label', `Messages of ${person.name}`);
    node.messages.tabIndex = 0;
    node.calls = make('div', 'calls');
    node.reception = createReception(person);
    node.optOut = createOptOut(person);
    const screen = make('div', 'screen');
    screen.append(node.calls, node.messages, node.optOut);
    phone.append(node.reception, screen, createComposer(person));
    node.append(phone);
  }

  const inbox = testId(make('div', 'panel inbox'), `inbox-${person.id}`);
  const inboxTitle = make('h3', 'panel-title', person.phone ? 'Inbox' : person.name);
  node.count = make('span', 'count');
  inboxTitle.append(node.count);
  node.empty = make('p', 'empty', `Nothing for ${person.email ?? ''} yet.`);
  node.emails = make('ul');
  inbox.append(inboxTitle);
  if (!person.phone && person.email) inbox.append((node.reception = createReception(person)));
  inbox.append(node.empty, node.emails);
  inbox.hidden = !person.email;
  node.append(inbox);
  return node;
}

function createComposer(person) {
  const form = make('form', 'composer');
  form.autocomplete = 'off';
  const quick = make('div', 'quick');
  for (const [key, word] of [
    ['1', 'take'],
    ['2', 'pass'],
    ['?', 'help'],
  ]) {
    const button = make('button');
    button.type = 'button';
    button.append(make('b', '', key), ` ${word}`);
    button.setAttribute('aria-label', `Reply ${key} (${word}) as ${person.name}`);
    testId(button, `quick-${person.id}-${key === '?' ? 'help' : key}`);
    button.addEventListener('click', () => sendReply(person, key));
    quick.append(button);
  }
  const write = make('div', 'write');
  const input = testId(make('input'), `reply-${person.id}`);
  input.setAttribute('aria-label', `Reply as ${person.name}`);
  input.placeholder = 'Text message';
  input.maxLength = 1600;
  const send = testId(make('button', '', '↑'), `send-${person.id}`);
  send.type = 'submit';
  send.setAttribute('aria-label', `Send as ${person.name}`);
  write.append(input, send);
  form.append(quick, write);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = input.value.trim();
    input.value = '';
    if (text) void sendReply(person, text);
  });
  return form;
}

function createOptOut(person) {
  const node = make('div', 'opt-out');
  const button = testId(make('button', 'button', 'Text START'), `start-${person.id}`);
  button.type = 'button';
  button.setAttribute('aria-label', `Text START as ${person.name}`);
  button.addEventListener('click', () => sendReply(person, 'START'));
  node.append(make('p', '', 'Texted STOP: no SMS reaches this phone.'), button);
  node.hidden = true;
  return node;
}

async function sendReply(person, text) {
  try {
    await ask(`/simulator/phones/${encodeURIComponent(person.id)}/reply`, 'POST', { text });
    notice('reply', '');
  } catch (error) {
    notice('reply', `The reply was not sent: ${error.message}`);
  }
  void refreshHandoffs();
}

const byTime = (one, other) => Date.parse(one.dateCreated) - Date.parse(other.dateCreated);

function updateMessages(list, { sms, calls, timezone }) {
  const items = [...sms, ...calls.filter((call) => !isLive(call))].sort(byTime);
  if (items.length === 0) {
    if (!list.firstChild) list.append(make('p', 'empty', 'No messages yet'));
    return;
  }
  list.querySelector('.empty')?.remove();
  reconcile(
    list,
    items,
    ({ sid }) => sid,
    (item) => (item.body === undefined ? createCallLog(item, timezone) : createSms(item)),
    (node, item) => {
      if (item.body !== undefined) updateSms(node, item, timezone);
    },
  );
}

/** Shows what is new on a phone; whoever was at the end of the messages stays there, also while a call takes room. */
function updateScreen(node, person) {
  const { messages, calls } = node;
  const isAtEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 80;
  const hadFocus = calls.contains(document.activeElement);
  updateMessages(messages, person);
  showLiveCalls(calls, person);
  node.optOut.hidden = !person.isOptedOut;
  // The keys went away with the call: what was said on it is next.
  if (hadFocus && !calls.contains(document.activeElement)) messages.focus({ preventScroll: true });
  const shown = JSON.stringify([
    person.sms.length,
    person.calls.map(({ status }) => status),
    person.isOptedOut,
  ]);
  if (shown === node.shown) return;
  node.shown = shown;
  // In the next frame, because a new phone is not on the page yet.
  if (isAtEnd) requestAnimationFrame(() => (messages.scrollTop = messages.scrollHeight));
}

function updatePerson(node, person) {
  if (node.messages) updateScreen(node, person);
  if (node.reception) showReception(node.reception, person);
  setText(node.count, person.emails.length > 0 ? ` ${person.emails.length}` : '');
  node.empty.hidden = person.emails.length > 0;
  showInbox(node.emails, person.emails);
}

// Which phones have something that was not on the screen yet: for the row of names on a narrow page.
const seen = new Map();
const visible = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      target.isOnScreen = isIntersecting;
      if (isIntersecting) seen.set(target.id, target.size);
    }
    showJump();
  },
  { threshold: 0.5 },
);

function showJump() {
  const targets = [
    ...[...$('people').children].map((node) => ({
      id: node.id,
      name: node.getAttribute('aria-label').split(' ')[0],
      isNew: (node.size ?? 0) > (seen.get(node.id) ?? 0),
      rings: node.rings,
    })),
    { id: 'handoffs', name: 'Handoffs', isNew: false, rings: false },
  ];
  reconcile(
    $('jump'),
    targets,
    ({ id }) => id,
    ({ id, name }) => {
      const link = make('a', '', name);
      link.href = `#${id}`;
      link.addEventListener('click', (event) => {
        event.preventDefault();
        $(id).scrollIntoView({
          block: id === 'handoffs' ? 'start' : 'nearest',
          inline: 'start',
        });
      });
      return link;
    },
    (link, { name, isNew, rings }) => {
      link.classList.toggle('new', isNew);
      link.classList.toggle('rings', rings);
      link.setAttribute('aria-label', `${name}${rings ? ', ringing' : isNew ? ', new' : ''}`);
    },
  );
}

export function showPeople(people) {
  reconcile(
    $('people'),
    people,
    ({ id }) => id,
    (person) => {
      const node = createPerson(person);
      visible.observe(node);
      return node;
    },
    (node, person) => {
      updatePerson(node, person);
      node.size = person.sms.length + person.calls.length + person.emails.length;
      node.rings = person.calls.some(isRinging);
      if (!seen.has(node.id)) seen.set(node.id, node.size);
      if (node.isOnScreen) seen.set(node.id, node.size);
    },
  );
  showJump();
  const called = people.filter(({ calls }) => calls.some(isRinging)).map(({ name }) => name);
  document.title = called.length > 0 ? `☎ ${called.join(', ')}` : 'Baton simulator';
}
