// The list of handoffs, and the timeline of one.

import { $, ask, clock, fromNow, make, notice, reconcile, setText, testId } from './dom.mjs';

let hasBaton = false;
let selected;
let refreshing = false;
let shownDetail = '';
const asText = (value) => (value === undefined || value === null ? '' : String(value));
const subjectOf = (handoff) =>
  asText(
    handoff.brief?.subject ??
      [handoff.urgency, handoff.policy].filter(Boolean).join(' · ') ??
      handoff.id,
  );
const nameOf = (owner) => asText(owner?.name ?? owner?.id ?? owner?.responder ?? owner);
const isHttp = (url) => /^https?:\/\//.test(asText(url));

function showHandoffs(handoffs) {
  $('no-handoffs').hidden = handoffs.length > 0;
  setText($('handoff-count'), handoffs.length > 0 ? asText(handoffs.length) : '');
  reconcile(
    $('handoff-list'),
    handoffs,
    ({ id }) => asText(id),
    (handoff) => {
      const button = testId(make('button', 'row'), `handoff-${handoff.id}`);
      button.type = 'button';
      const head = make('span', 'row-head');
      head.append(make('span', 'code'), make('span', 'pill'), make('span', 'meta'));
      button.append(head, make('span', 'subject'));
      button.addEventListener('click', () => {
        selected = handoff.id;
        void refreshHandoffs();
      });
      return button;
    },
    (button, handoff) => {
      const [code, pill, meta] = button.firstElementChild.children;
      setText(code, asText(handoff.code));
      setText(pill, asText(handoff.status));
      pill.className = `pill ${/^[a-z]+$/.test(handoff.status) ? handoff.status : ''}`;
      setText(meta, clock(handoff.submittedAt ?? handoff.createdAt ?? handoff.startedAt));
      setText(button.lastElementChild, subjectOf(handoff));
      button.setAttribute('aria-pressed', String(handoff.id === selected));
    },
  );
}

function showDetail(handoff) {
  // The due time moves by itself, so the minute belongs to what is shown.
  const key = JSON.stringify([handoff, fromNow(handoff.action?.dueAt)]);
  if (key === shownDetail) return;
  shownDetail = key;
  const detail = $('detail');
  const old = detail.handoffId === handoff.id ? detail.querySelector('.timeline') : undefined;
  const atEnd = !old || old.scrollHeight - old.scrollTop - old.clientHeight < 40;
  const scrolled = old?.scrollTop;
  detail.handoffId = handoff.id;
  detail.hidden = false;

  const head = make('div', 'row-head');
  head.append(
    make('span', 'code', asText(handoff.code)),
    make(
      'span',
      `pill ${/^[a-z]+$/.test(handoff.status) ? handoff.status : ''}`,
      asText(handoff.status),
    ),
    make(
      'span',
      `pill ${handoff.urgency === 'critical' ? 'critical' : ''}`,
      asText(handoff.urgency),
    ),
  );
  const facts = make('dl');
  const addFact = (name, value) => {
    if (value) facts.append(make('dt', '', name), make('dd', '', value));
  };
  const { dueAt } = handoff.action ?? {};
  const isOpen = !['resolved', 'expired', 'withdrawn'].includes(handoff.status);
  addFact('For', handoff.action?.do ? subjectOf(handoff) : '');
  addFact('Due', dueAt && `${clock(dueAt)}${isOpen ? ` · ${fromNow(dueAt)}` : ''}`);
  addFact('Owner', nameOf(handoff.owner) || (isOpen ? 'nobody yet' : ''));
  addFact('Outcome', asText(handoff.outcome?.value ?? handoff.outcome?.name ?? handoff.outcome));

  const timeline = testId(make('ol', 'timeline'), 'timeline');
  timeline.tabIndex = 0;
  timeline.setAttribute('aria-label', 'Timeline');
  for (const entry of handoff.timeline ?? []) {
    const item = make('li');
    const who = entry.responder ? ` · ${nameOf(entry.responder)}` : '';
    const time = make('time', 'meta', `${clock(entry.at)}${who}`);
    time.dateTime = asText(entry.at);
    time.title = asText(entry.at);
    item.append(time, make('p', 'what', asText(entry.what)));
    if (entry.because) item.append(make('p', 'why', asText(entry.because)));
    timeline.append(item);
  }
  detail.replaceChildren(
    head,
    make('h3', '', asText(handoff.action?.do) || subjectOf(handoff)),
    facts,
  );
  if (isHttp(handoff.links?.temporal)) {
    const link = make('a', '', 'Open in the Temporal UI');
    link.href = handoff.links.temporal;
    link.target = '_blank';
    link.rel = 'noreferrer';
    detail.append(link);
  }
  detail.append(timeline);
  timeline.scrollTop = atEnd ? timeline.scrollHeight : scrolled;
}

/** Says whether there is a Baton to ask. */
export function setBaton(isThere) {
  hasBaton = isThere;
}

export function selectHandoff(id) {
  selected = id;
}

export async function refreshHandoffs() {
  if (refreshing || !hasBaton) return;
  refreshing = true;
  try {
    const { handoffs = [] } = await ask('/simulator/handoffs');
    selected ??= handoffs[0]?.id;
    showHandoffs(handoffs);
    if (selected !== undefined)
      showDetail(await ask(`/simulator/handoffs/${encodeURIComponent(selected)}`));
    notice('baton', '');
  } catch (error) {
    notice('baton', `Handoffs cannot be read: ${error.message}`);
  } finally {
    refreshing = false;
  }
}
