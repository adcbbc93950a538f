// The buttons that start samples.

import { $, ask, make, notice, reconcile, testId } from './dom.mjs';
import { refreshHandoffs, selectHandoff } from './handoffs.mjs';

export function showSamples({ samples, temporalUiUrl, hasBaton }) {
  reconcile(
    $('samples'),
    [
      ...samples.map((sample, index) => ({ ...sample, key: `s${sample.name}`, index })),
      ...(temporalUiUrl ? [{ key: 'temporal' }] : []),
    ],
    ({ key }) => key,
    (item) => {
      if (item.key === 'temporal') {
        const link = make('a', '', 'Temporal UI');
        link.href = temporalUiUrl;
        link.target = '_blank';
        link.rel = 'noreferrer';
        return link;
      }
      const button = make('button', item.index === 0 ? 'button primary' : 'button', item.label);
      button.type = 'button';
      testId(button, `sample-${item.name}`);
      button.addEventListener('click', () => startSample(button, item));
      return button;
    },
    (node, item) => {
      if (item.key !== 'temporal') node.hidden = !hasBaton;
    },
  );
}

async function startSample(button, { name, label }) {
  button.disabled = true;
  try {
    const { id } = await ask(`/simulator/samples/${encodeURIComponent(name)}/start`, 'POST');
    notice('sample', '');
    if (id) selectHandoff(id);
    await refreshHandoffs();
  } catch (error) {
    notice('sample', `“${label}” was not started: ${error.message}`);
  } finally {
    button.disabled = false;
  }
}
