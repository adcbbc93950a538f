// An inbox, and the one email that is open.

import { $, ask, clock, make, notice, reconcile, setText, testId } from './dom.mjs';

const statuses = {
  processed: 'on its way',
  deferred: 'deferred, tried again',
  delivered: 'delivered',
  bounced: 'bounced',
  blocked: 'blocked',
  dropped: 'dropped by SendGrid',
};
const isLost = ({ status }) => ['bounced', 'blocked', 'dropped'].includes(status);

const read = new Set();
/** What was typed and not sent, by the id of the email. */
const drafts = new Map();
let open;

const previewOf = ({ text }) => text.replace(/\s+/g, ' ').trim().slice(0, 140);

export function showInbox(list, emails) {
  reconcile(
    list,
    [...emails].reverse(),
    ({ id }) => id,
    (email) => {
      const item = make('li');
      const button = testId(make('button', 'row'), `mail-${email.id}`);
      button.type = 'button';
      button.append(
        make('strong', '', email.subject),
        make('span', 'preview', previewOf(email)),
        make('span', 'meta'),
      );
      button.addEventListener('click', () => openMail(item.email));
      item.append(button);
      return item;
    },
    (item, email) => {
      item.email = email;
      const button = item.firstElementChild;
      button.dataset.status = email.status;
      button.classList.toggle('read', read.has(email.id));
      button.classList.toggle('lost', isLost(email));
      const key = `${email.status} ${email.replies.length}`;
      if (item.shown === key) return;
      item.shown = key;
      const meta = button.lastElementChild;
      meta.replaceChildren(`${email.fromName ?? email.from} · ${clock(email.at)}`);
      if (isLost(email)) meta.append(' · ', make('span', 'bad', statuses[email.status]));
      else if (email.status !== 'delivered') meta.append(` · ${statuses[email.status]}`);
      if (email.replies.length > 0) meta.append(' · answered');
    },
  );
  const changed = emails.find(({ id }) => id === open?.id);
  if (changed && changed !== open) showMail((open = changed));
}

function showPart(part) {
  $('mail-html').hidden = part !== 'html';
  $('mail-text').hidden = part !== 'text';
  $('tab-html').setAttribute('aria-pressed', String(part === 'html'));
  $('tab-text').setAttribute('aria-pressed', String(part === 'text'));
}
$('tab-html').addEventListener('click', () => showPart('html'));
$('tab-text').addEventListener('click', () => showPart('text'));

function openMail(email) {
  open = email;
  read.add(email.id);
  document.querySelector(`[data-testid="mail-${email.id}"]`)?.classList.add('read');
  setText($('mail-subject'), email.subject);
  const from = email.fromName ? `${email.fromName} <${email.from}>` : email.from;
  setText($('mail-meta'), `From ${from} to ${email.to}, ${clock(email.at)}`);
  setText($('mail-text'), email.text || '(no text part)');
  // A link in a frame without scripts can only open a new tab.
  $('mail-html').srcdoc = `<base target="_blank">${email.html}`;
  $('tab-html').disabled = !email.html;
  showPart(email.html ? 'html' : 'text');

  testId($('mail-answer'), `mail-reply-${email.id}`).value = drafts.get(email.id) ?? '';
  testId($('mail-send'), `mail-send-${email.id}`);
  setText($('mail-target'), `Reply to ${email.replyTo ?? email.from}`);
  $('mail-how').value = '';
  $('mail-replies').replaceChildren();
  $('mail-replies').known = undefined;
  showMail(email);
  if (!$('mail').open) $('mail').showModal();
}

/** Shows what may have changed of the open email since it was opened. */
function showMail(email) {
  const status = $('mail-status');
  setText(status, statuses[email.status] + (email.reason ? `: ${email.reason}` : ''));
  status.className = isLost(email) ? 'pill critical' : 'pill';
  // Nobody can answer what is in nobody's inbox.
  $('mail-form').hidden = isLost(email);
  reconcile(
    $('mail-replies'),
    email.replies.map((reply, index) => ({ ...reply, index })),
    ({ index }) => index,
    ({ text, at, status: answer }) => {
      const item = make('li');
      const isGood = answer >= 200 && answer < 300;
      item.append(
        make('span', 'answer', text),
        make(
          'span',
          isGood ? 'meta' : 'meta bad',
          `sent ${clock(at)} · ${answer === 0 ? 'Baton did not answer' : `Baton answered ${answer}`}`,
        ),
      );
      return item;
    },
    () => undefined,
  );
  $('mail-replies').hidden = email.replies.length === 0;
}

$('mail-answer').addEventListener('input', ({ target }) => {
  if (open) drafts.set(open.id, target.value);
});
$('mail-answer').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) $('mail-form').requestSubmit();
});
$('mail-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const email = open;
  const text = $('mail-answer').value.trim();
  if (!email || text === '') return;
  const how = $('mail-how').value;
  $('mail-send').disabled = true;
  try {
    await ask(`/simulator/emails/${email.id}/reply`, 'POST', {
      text,
      ...(how === '' ? {} : { [how]: true }),
    });
    notice('mail', '');
    drafts.delete(email.id);
    if (open === undefined || open.id === email.id) $('mail-answer').value = '';
  } catch (error) {
    notice('mail', `The answer was not sent: ${error.message}`);
  } finally {
    $('mail-send').disabled = false;
  }
});

$('mail').addEventListener('close', () => {
  open = undefined;
});
$('mail').addEventListener('click', (event) => {
  if (event.target === $('mail')) $('mail').close();
});
