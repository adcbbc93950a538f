// The page keeps itself up to date from a stream of states: each carries all there is to see but the handoffs, which are
// Baton's to tell.

import { $, clock, notice, setText } from './dom.mjs';
import { showFaults } from './faults.mjs';
import { refreshHandoffs, setBaton } from './handoffs.mjs';
import { showPeople } from './phones.mjs';
import { showSamples } from './samples.mjs';

function setLive(isLive) {
  $('live-dot').classList.toggle('off', !isLive);
  setText($('live-text'), isLive ? 'Live.' : 'Not connected.');
}

function describeTrouble({ url, status, problem, at }) {
  const answer = status === 0 ? 'did not answer' : `answered ${status}`;
  return `Baton's webhook ${new URL(url).pathname} ${answer} at ${clock(at)}${problem ? `: ${problem}` : ''}.`;
}

const events = new EventSource('/simulator/events');
events.addEventListener('open', () => setLive(true));
events.addEventListener('error', () => setLive(false));
events.addEventListener('state', (event) => {
  const state = JSON.parse(event.data);
  setLive(true);
  setBaton(state.hasBaton);
  showSamples(state);
  showPeople(state.phones);
  showFaults(state);
  notice('webhook', state.trouble ? describeTrouble(state.trouble) : '');
  void refreshHandoffs();
});
// Timers inside Baton change handoffs without any message, so the list is also asked for now and then.
setInterval(() => void (document.hidden || refreshHandoffs()), 2000);
