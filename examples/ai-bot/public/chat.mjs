// Shows what is new without loading the page again, and sends without leaving it.
const messages = document.querySelector('#messages');
const state = document.querySelector('#state');
const withWhom = document.querySelector('#with');
const call = document.querySelector('#call');
const form = document.querySelector('#say');
const field = form.elements.text;

let events;
function listen() {
  events?.close();
  const last = messages.lastElementChild?.dataset.id ?? '0';
  events = new EventSource(`/events?after=${last}`);
  events.addEventListener('message', ({ data }) => {
    const { id, html } = JSON.parse(data);
    if (messages.querySelector(`[data-id="${id}"]`)) return;
    messages.insertAdjacentHTML('beforeend', html);
    messages.lastElementChild.scrollIntoView({ block: 'nearest' });
  });
  events.addEventListener('state', ({ data }) => {
    const now = JSON.parse(data);
    if (state.innerHTML !== now.html) state.innerHTML = now.html;
    if (withWhom.textContent !== now.with) withWhom.textContent = now.with;
    call.hidden = now.call === 'none';
    if (now.call === 'open' && call.dataset.was !== 'open') call.open = true;
    call.dataset.was = now.call;
  });
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  const button = form.querySelector('button');
  button.disabled = true;
  try {
    const response = await fetch('/messages', {
      method: 'POST',
      body,
      headers: { Accept: 'application/json' },
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.fault);
    form.elements.key.value = answer.key;
    field.value = '';
    form.elements.name?.closest('label').remove();
    if (!events) listen();
  } catch (error) {
    // The same key goes with the next attempt: what did arrive is not there twice.
    state.textContent =
      error instanceof TypeError
        ? 'That was not sent: there is no connection. Your words are still below; press Send again.'
        : error.message;
  } finally {
    button.disabled = false;
    field.focus();
  }
});

field.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

if (messages.children.length > 0) listen();
