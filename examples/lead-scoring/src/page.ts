import escape from 'escape-html';
import type { Handoff, Store } from './store.ts';
import { TEMPERATURES } from './visits.ts';

const STYLE = `
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 44rem; color: #1c2024; background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
ul { list-style: none; padding: 0 } li { border-top: 1px solid #d5d9de; padding: .7rem 0; overflow-wrap: anywhere }
.score { display: inline-block; min-width: 2.2rem; font-weight: 700; font-size: 1.15rem }
.quiet { color: #57606a; font-size: .9rem } form { display: inline } dl { display: grid; grid-template-columns: auto auto; justify-content: start; gap: .2rem 1rem }
dd { margin: 0 } button { font: inherit; padding: .6rem .9rem; margin: 0 .4rem .4rem 0; border: 1px solid #57606a; border-radius: .4rem; background: #f3f4f6 }
@media (prefers-color-scheme: dark) { body { background: #16191d; color: #e6e8ea } .quiet { color: #a3abb3 } button { background: #2a2f35; color: inherit } li { border-color: #3a4047 } }`;

/** Returns the page that shows the latest leads, why they have their score, and what became of them. */
export function renderPage({
  store,
  isDemo,
}: {
  readonly store: Store;
  readonly isDemo: boolean;
}): string {
  const model = store.currentModel();
  const labels = store.countLabels();
  const leads = store.latestLeads(25);
  const items = leads.map(({ id, name, probability, reasons }) => {
    const handoff = store.handoffsOf(id).at(-1);
    return `<li><span class="score">${Math.round(probability * 100)}</span> <strong>${escape(name)}</strong><br>
${escape(reasons.join(' · '))}<br><span class="quiet">${escape(describe(handoff))}</span></li>`;
  });
  const demo = TEMPERATURES.map(
    (one) =>
      `<form method="post" action="/demo/${one}"><button>A ${one} visitor comes</button></form>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Leads</title><style>${STYLE}</style></head>
<body><main><h1>Leads</h1>
${isDemo ? `<p>${demo.join('')}</p>` : ''}
${items.length === 0 ? '<p>Nobody has come yet.</p>' : `<ul>${items.join('\n')}</ul>`}
<h2>The model</h2>
${
  model
    ? `<dl><dt>Version</dt><dd>${escape(model.version)}, ${escape(model.trainedAt.slice(0, 10))}</dd>
<dt>AUC on leads held out</dt><dd>${model.report.auc.toFixed(3)} (rules ${model.report.rulesAuc.toFixed(3)})</dd>
<dt>Calibration error</dt><dd>${model.report.calibrationError.toFixed(3)}</dd>
<dt>Outcomes known</dt><dd>${labels.all}, of which ${labels.fromPeople} came back from people</dd></dl>
<p class="quiet">A score of 80 means: of 100 such leads 80 were worth the call. <code>npm run train</code> learns from the new outcomes.</p>`
    : '<p>There is none yet: import outcomes and run <code>npm run train</code>. Until then nobody is scored.</p>'
}
</main></body></html>`;
}

function describe(handoff: Handoff | undefined): string {
  if (!handoff) return 'not handed off';
  const { status, urgency, news, outcome } = handoff;
  switch (status) {
    case 'queued':
      return `${urgency}: Baton is being told`;
    case 'open':
      return `${urgency}: ${news === '' ? 'handed off' : news}`;
    case 'closed':
      return outcome ?? news;
    case 'refused':
      return `Baton refused it: ${news}`;
  }
}
