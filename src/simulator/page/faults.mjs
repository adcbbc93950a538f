// What shall go wrong with the next messages and calls.

import { $, ask, make, notice, reconcile, setText } from './dom.mjs';

const anyChannel = {
  'rate-limited': 'is refused: too many requests (429)',
  'error-before-accepting': 'fails with 500, not sent',
  'error-after-accepting': 'fails with 500, but is sent',
  hang: 'gets no answer, not sent',
  'hang-after-accepting': 'gets no answer, but is sent',
  latency: 'is accepted 5 s late',
};
const repeated = {
  'duplicate-callbacks': 'has what became of it reported twice',
  'reordered-callbacks': 'has what became of it reported in the wrong order',
};
const labels = {
  sms: {
    'rejected 21610': 'is refused: replied STOP (21610)',
    'rejected 21614': 'is refused: no mobile number (21614)',
    'rejected 21211': 'is refused: no valid number (21211)',
    undelivered: 'is not delivered (30003: handset off)',
    failed: 'is not delivered (30005: unknown number)',
    ...repeated,
    ...anyChannel,
  },
  voice: { 'rejected 21211': 'is refused: no valid number (21211)', ...anyChannel },
  email: {
    bounce: 'bounces',
    blocked: 'is blocked by the receiving server',
    dropped: 'is dropped by SendGrid',
    deferred: 'is deferred, and delivered later',
    ...repeated,
    ...anyChannel,
  },
};
const channelNames = { sms: 'SMS', voice: 'Call', email: 'Email' };

for (const [channel, kinds] of Object.entries(labels)) {
  const group = make('optgroup');
  group.label = channelNames[channel];
  for (const [kind, label] of Object.entries(kinds)) {
    const option = make('option', '', `${channelNames[channel]} ${label}`);
    option.value = `${channel} ${kind}`;
    group.append(option);
  }
  $('fault-form').elements.what.append(group);
}

let phones = [];

$('fault-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { what, to, times } = event.target.elements;
  const [channel, kind, code] = what.value.split(' ');
  const person = phones.find(({ id }) => id === to.value);
  const address = channel === 'email' ? person?.email : person?.phone;
  if (person && address === undefined) {
    notice('fault', `${person.name} has no ${channel === 'email' ? 'email address' : 'phone'}.`);
    return;
  }
  try {
    await ask('/simulator/faults', 'POST', {
      channel,
      kind,
      ...(address ? { to: address } : {}),
      ...(times.value ? { times: Number(times.value) } : {}),
      ...(code ? { code: Number(code) } : {}),
      ...(kind === 'latency' ? { ms: 5000 } : {}),
    });
    notice('fault', '');
  } catch (error) {
    notice('fault', error.message);
  }
});
$('clear-faults').addEventListener('click', () => void ask('/simulator/faults', 'DELETE'));

function describeFault({ channel, kind, code, to, times }) {
  const name = phones.find(({ phone, email }) => phone === to || email === to)?.name ?? to;
  const known = labels[channel][kind === 'rejected' ? `rejected ${code}` : kind];
  const what = known ?? `is ${kind}${code ? ` (${code})` : ''}`;
  const left = times === undefined ? 'until cleared' : `${times} to go`;
  return `${channelNames[channel]}${to ? ` to ${name}` : ''} ${what} (${left}).`;
}

export function showFaults({ faults, phones: all }) {
  phones = all;
  setText($('fault-text'), faults.map(describeFault).join(' '));
  $('fault-notice').hidden = faults.length === 0;
  reconcile(
    $('fault-form').elements.to,
    [{ id: '', name: 'anyone' }, ...phones],
    ({ id }) => id,
    ({ id, name }) => {
      const option = make('option', '', name);
      option.value = id;
      return option;
    },
    () => undefined,
  );
}
