// What a phone and an inbox do with what comes, until somebody chooses otherwise.

import { ask, make, notice, setText, testId } from './dom.mjs';

// Of each choice: what it is called when it is chosen from, and in the summary.
const choices = {
  calls: {
    label: 'When called',
    options: {
      ring: ['rings', 'Phone rings'],
      answer: ['answered at once', 'Phone answers'],
      voicemail: ['voicemail at once', 'Voicemail'],
      busy: ['busy', 'Busy'],
      'no-answer': ['not answered', 'Not answered'],
      failed: ['cannot be reached', 'Calls fail'],
    },
  },
  sms: {
    label: 'SMS',
    options: {
      delivered: ['arrive', ''],
      undelivered: ['handset off: 30003', 'SMS undelivered'],
      failed: ['no such number: 30005', 'SMS fail'],
    },
  },
  email: {
    label: 'Emails',
    options: {
      delivered: ['arrive', ''],
      bounce: ['bounce', 'email bounces'],
      blocked: ['are blocked', 'email blocked'],
      dropped: ['are dropped', 'email dropped'],
      deferred: ['arrive deferred', 'email deferred'],
    },
  },
};

export function createReception(person) {
  const node = testId(make('details', 'reception'), `reception-${person.id}`);
  const summary = make('summary');
  summary.setAttribute('aria-label', `What the phone and the inbox of ${person.name} do`);
  node.append(summary);
  node.selects = {};
  for (const [channel, { label, options }] of Object.entries(choices)) {
    if (channel === 'email' ? !person.email : !person.phone) continue;
    const field = make('label', '', label);
    const select = testId(make('select'), `${channel}-of-${person.id}`);
    for (const [value, [text]] of Object.entries(options)) {
      const option = make('option', '', text);
      option.value = value;
      select.append(option);
    }
    select.addEventListener('change', async () => {
      try {
        await ask(`/simulator/phones/${encodeURIComponent(person.id)}/reception`, 'POST', {
          [channel]: select.value,
        });
        notice('reception', '');
      } catch (error) {
        notice('reception', error.message);
      }
    });
    field.append(select);
    node.append(field);
    node.selects[channel] = select;
  }
  return node;
}

export function showReception(node, { reception }) {
  const words = [];
  let isChanged = false;
  for (const [channel, select] of Object.entries(node.selects)) {
    const value = reception[channel];
    if (select.value !== value && document.activeElement !== select) select.value = value;
    words.push(choices[channel].options[value][1]);
    isChanged ||= value !== Object.keys(choices[channel].options)[0];
  }
  if (reception.sms === 'delivered' && reception.email === 'delivered')
    words.push('messages arrive');
  setText(node.firstElementChild, words.filter(Boolean).join(' · '));
  node.classList.toggle('changed', isChanged);
}
