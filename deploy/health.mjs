// The image's HEALTHCHECK: the API or the watch answers, the worker asks Temporal for work. Which of them runs here says
// the command of the container (or the argument).
import { readFileSync } from 'node:fs';

const [entry = readFileSync('/proc/1/cmdline', 'utf8')] = process.argv.slice(2);
const get = (url) => fetch(url, { signal: AbortSignal.timeout(4_000) });

if (entry.includes('worker')) {
  const address = process.env.BATON_METRICS_ADDRESS ?? '';
  const response = await get(`http://127.0.0.1:${address.split(':').at(-1)}/metrics`);
  const polls = /^temporal_num_pollers\{.*\} [1-9]/m.test(await response.text());
  if (!polls) throw new Error('The worker asks Temporal for no work.');
} else if (entry.includes('watch')) {
  // Not /healthz, which tells how Baton is: that is no reason to start the watch anew.
  const response = await get(`http://127.0.0.1:${process.env.PORT || 3001}/metrics`);
  if (!response.ok) throw new Error(`The watch answers ${response.status}.`);
} else {
  // Not /readyz: a Temporal that is away is no reason to start an API anew that says so.
  const response = await get(`http://127.0.0.1:${process.env.PORT || 3000}/healthz`);
  if (!response.ok) throw new Error(`The API answers ${response.status}.`);
}
