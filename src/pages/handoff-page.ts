import { createHash } from 'node:crypto';
import { describeEnding } from '../domain/messages/answer.ts';
import {
  formatPhone,
  phraseAction,
  phraseAuthors,
  phraseScore,
  phraseUrgency,
  type Reader,
} from '../domain/messages/phrases.ts';
import { formatWallTime } from '../domain/local-time.ts';
import { cardOf, nameActor, type TimelineEntry } from '../domain/state.ts';
import type { HandoffView } from '../domain/view.ts';

/** A handoff as one responder sees it, at one moment. */
export interface HandoffPage {
  readonly view: HandoffView;
  readonly reader: Reader & { readonly id: string; readonly name: string };
  /** Names what a button of this page does, so that pressing it twice does it once. */
  readonly nonce: string;
  /** What came of the button that was pressed before. */
  readonly said?: string | undefined;
  /** The address of its notes, for a frame that looks again by itself. */
  readonly notesUrl: string;
}

/** The notes of a handoff, as its owner sees them beside what they are writing. */
export type NotesPage = Pick<HandoffPage, 'view' | 'reader'>;

/** What a page says when there is no handoff to show. */
export interface Notice {
  readonly title: string;
  readonly text: string;
  /** Looks again by itself after so many seconds. */
  readonly refreshSeconds?: number;
}

/** A page loads in a second on a bad connection. */
const MAX_BYTES = 30_000;

/** How much of what may be long is shown. */
interface Room {
  readonly steps: number;
  /** Characters of one step, and of the details. */
  readonly step: number;
  readonly details: number;
  readonly facts: number;
}

const ROOMS: readonly Room[] = [
  { steps: 25, step: 240, details: 6_000, facts: 20 },
  { steps: 12, step: 160, details: 2_000, facts: 20 },
  { steps: 6, step: 120, details: 500, facts: 8 },
  { steps: 3, step: 80, details: 0, facts: 3 },
];

/**
 * Returns the page of a handoff for one responder. Of one that is over it shows only what came of it: the link has
 * done its work, and whoever finds it later learns no number.
 */
export function renderHandoffPage(page: HandoffPage): string {
  return firstThatFits(ROOMS.map((room) => () => render(page, room)));
}

/** Returns the first of these that is small enough, else the last. */
function firstThatFits(sizes: readonly (() => string)[]): string {
  return sizes.reduce(
    (html, renderSmaller) => (Buffer.byteLength(html) <= MAX_BYTES ? html : renderSmaller()),
    sizes[0]?.() ?? '',
  );
}

function render(page: HandoffPage, room: Room): string {
  const { view, reader } = page;
  const title = view.action.do;
  if (view.ending) return layOut(title, renderEnded(page));
  const tag = [phraseUrgency(cardOf(view)), view.code].filter(Boolean).join(' · ');
  return layOut(
    title,
    [
      `<header><p class="tag">${escape(tag)}</p><h1>${escape(phraseAction(cardOf(view), reader))}</h1></header>`,
      renderSaid(page),
      renderContact(page),
      renderTalk(page),
      renderChoices(page),
      renderBrief(page, room),
      renderSteps(page, room),
      renderFooter(reader),
    ].join('\n'),
  );
}

/** Returns a page that says one thing, such as that a link is no longer valid. */
export function renderNotice({ title, text, refreshSeconds }: Notice): string {
  return layOut(title, `<h1>${escape(title)}</h1>\n<p>${escape(text)}</p>`, refreshSeconds);
}

/** The policy under which the pages are sent: nothing is loaded but the frame of notes, nothing runs, nobody frames them. */
export const PAGE_CSP = (): string => policyOf("frame-src 'self'", "frame-ancestors 'none'");

/** The policy of the frame of notes, which the page itself may frame. */
export const NOTES_CSP = (): string => policyOf("frame-ancestors 'self'");

function policyOf(...frames: readonly string[]): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    "form-action 'self'",
    ...frames,
    "base-uri 'none'",
  ].join('; ');
}

/** How often the frame of notes looks again. */
const NOTES_REFRESH_SECONDS = 4;
/** How many notes are shown, fewer when they are long. */
const NOTE_ROOMS = [30, 10, 3] as const;

/**
 * Returns the notes of a handoff, newest first, as a page that looks again by itself: shown in a frame, so that what
 * is being written beside it stays. Who does not have the handoff, or has it no more, reads no notes here.
 */
export function renderNotes({ view, reader }: NotesPage): string {
  const title = 'Notes';
  if (view.ending) return layOut(title, '<p>It is over. Nothing more can be written.</p>');
  if (view.owner?.responder !== reader.id) {
    return layOut(title, '<p>You do not have it now. Open the page again to see who does.</p>');
  }
  const notes = listNotes(view);
  if (notes.length === 0)
    return layOut(title, '<p class="soft">Nothing yet.</p>', NOTES_REFRESH_SECONDS);
  return firstThatFits(
    NOTE_ROOMS.map((count) => () => {
      const items = notes
        .slice(0, count)
        .map(
          ({ at, from, text, isSource }) =>
            `<li${isSource ? '' : ' class="own"'}><span class="soft">${escape(from)}, <time datetime="${escape(at)}">${escape(formatWallTime(at, reader))}</time></span>\n${escape(text)}</li>`,
        );
      const left = Math.max(0, notes.length - count);
      const more = left === 0 ? '' : `<p class="soft">${left} earlier ones are left out.</p>`;
      return layOut(
        title,
        `<ul class="notes">${items.join('')}</ul>${more}`,
        NOTES_REFRESH_SECONDS,
      );
    }),
  );
}

interface Note {
  readonly at: string;
  readonly from: string;
  readonly text: string;
  readonly isSource: boolean;
}

function listNotes({ timeline }: HandoffView): Note[] {
  return timeline
    .filter(({ what }) => what === 'noted')
    .map(({ at, because, responder }) => {
      const [, from = '', text = because] = /^([^:]*): ([^]*)$/.exec(because) ?? [];
      return { at, from, text, isSource: responder === undefined };
    })
    .reverse();
}

/** Where whoever has it writes notes; the source reads them at once, and may answer with its own. */
function renderTalk(page: HandoffPage): string {
  const { view, reader, notesUrl } = page;
  if (view.owner?.responder !== reader.id) return '';
  const hasNotes = listNotes(view).length > 0;
  // After an outage the frame has nothing that looks again, and the page has words that must not be lost.
  const frame = `<iframe src="${escape(notesUrl)}" name="notes" title="Notes, newest first" class="notes"></iframe>
<p><a href="${escape(notesUrl)}" target="notes">Look for new notes</a></p>`;
  return `<section id="talk"><h2>Notes</h2>
<p class="soft">${escape(view.source)} sees at once what you write here${hasNotes ? '' : ', and its own notes appear here'}.</p>
${renderForm(page, [{ does: 'note', label: 'Send the note' }], `<label>Write to ${escape(view.source)}<textarea name="text" maxlength="1000" rows="3" required></textarea></label>`)}
${hasNotes ? frame : ''}</section>`;
}

function renderEnded({ view, reader, said }: HandoffPage): string {
  const { ending } = view;
  if (!ending) return '';
  const who = ending.by ? ` by ${nameActor(ending.by)}` : '';
  const how = `${describeEnding(ending)}${who}, ${formatWallTime(ending.at, reader)}`;
  return [
    `<header><p class="tag">${escape(view.code)}</p><h1>${escape(view.action.do)}</h1></header>`,
    said === undefined ? '' : renderSaid({ said }),
    `<p class="state"><strong>It is over:</strong> ${escape(how)}. Nothing for you to do.</p>`,
    renderFooter(reader),
  ].join('\n');
}

function renderSaid({ said }: { readonly said?: string | undefined }): string {
  return said === undefined ? '' : `<p class="said" role="status">${escape(said)}</p>`;
}

function renderContact({ view }: HandoffPage): string {
  const { name, phone, email, hours, timezone } = view.action.contact ?? {};
  const whom = name === undefined || view.action.do.includes(name) ? '' : `${name}: `;
  const links = [
    phone === undefined
      ? ''
      : `<a class="call" href="tel:${escape(phone.replace(/[^\d+]/g, ''))}">${escape(whom)}Call ${escape(formatPhone(phone))}</a>`,
    email === undefined
      ? ''
      : `<a class="call" href="mailto:${escape(encodeURI(email))}">${escape(phone === undefined ? whom : '')}${escape(email)}</a>`,
  ].filter(Boolean);
  const open = [hours, timezone].filter(Boolean).join(' ');
  if (links.length === 0) return '';
  const times = open === '' ? '' : `<p class="soft">Their hours: ${escape(open)}</p>`;
  return `<section aria-label="Contact">${links.join('\n')}${times}</section>`;
}

interface Button {
  readonly does: string;
  readonly label: string;
  readonly isMain?: true;
}

const LATER: readonly Button[] = [
  { does: 'snooze:15', label: 'Later: 15 min' },
  { does: 'snooze:60', label: 'Later: 1 h' },
];

/** What this reader can do now, and how it stands. */
function renderChoices(page: HandoffPage): string {
  const { view, reader } = page;
  const { owner } = view;
  if (owner?.responder === reader.id) {
    const outcomes: readonly Button[] =
      view.action.outcomes.length === 0
        ? [{ does: 'resolve', label: 'Done', isMain: true }]
        : view.action.outcomes.map((outcome) => ({
            does: `resolve:${outcome}`,
            label: `Done: ${outcome.replaceAll('-', ' ')}`,
            isMain: true,
          }));
    const until = formatWallTime(owner.actBy, reader);
    return section(
      'Your answer',
      `<p class="state"><strong>You have it.</strong> At ${escape(until)} it goes on to others unless you say what came of it.</p>`,
      renderForm(
        page,
        [...outcomes],
        '<label>A note, if it needs one<textarea name="note" maxlength="300" rows="2"></textarea></label>',
      ),
      renderForm(page, [{ does: 'pass', label: 'Pass it on' }, ...LATER]),
    );
  }
  if (owner) {
    const since = formatWallTime(owner.since, reader);
    return section(
      'Your answer',
      `<p class="state"><strong>${escape(owner.name)} has it</strong> since ${escape(since)}. Nothing for you to do, unless you agree with them that you take it over.</p>`,
      renderForm(page, [{ does: 'take-over', label: 'Take it over' }]),
    );
  }
  const isAsked = view.awaiting.includes(reader.id);
  return section(
    'Your answer',
    isAsked
      ? '<p class="state"><strong>Nobody has it yet.</strong></p>'
      : '<p class="state"><strong>Nobody has it yet.</strong> You are not asked now, and can still take it.</p>',
    renderForm(page, [
      { does: 'take', label: 'I have it', isMain: true },
      ...(isAsked ? [{ does: 'pass', label: 'Pass' }, ...LATER] : []),
    ]),
  );
}

function section(label: string, ...parts: readonly string[]): string {
  return `<section aria-label="${label}">${parts.join('\n')}</section>`;
}

function renderForm({ nonce }: HandoffPage, buttons: readonly Button[], fields = ''): string {
  const rendered = buttons.map(
    ({ does, label, isMain }) =>
      `<button name="do" value="${escape(does)}"${isMain === true ? ' class="main"' : ''}>${escape(label)}</button>`,
  );
  return `<form method="post"><input type="hidden" name="nonce" value="${escape(nonce)}">${fields}<div class="buttons">${rendered.join('')}</div></form>`;
}

function renderBrief({ view }: HandoffPage, room: Room): string {
  const { brief, action } = view;
  const rows: (readonly [string, string | undefined])[] = [
    ['Say', action.say],
    ['Score', phraseScore(cardOf(view))?.replace('Score ', '')],
    ['From', brief.origin],
    ...(brief.facts ?? []).slice(0, room.facts).map(({ label, value }) => [label, value] as const),
  ];
  const facts = rows.flatMap(([label, value]) =>
    value === undefined ? [] : [`<dt>${escape(label)}</dt><dd>${escape(value)}</dd>`],
  );
  const authors = phraseAuthors(cardOf(view));
  const details = brief.details ?? '';
  const isCut = details.length > room.details || (brief.facts ?? []).length > room.facts;
  return `<section><h2>${escape(brief.subject)}</h2>
<p class="text">${escape(brief.summary)}</p>
${facts.length === 0 ? '' : `<dl>${facts.join('')}</dl>`}
${authors === undefined ? '' : `<p class="soft">${escape(authors)}</p>`}
${details === '' ? '' : `<details><summary>Details</summary><p class="text soft">${escape(details.slice(0, room.details))}</p></details>`}${isCut ? '<p class="soft">What is left out here stands in the email.</p>' : ''}</section>`;
}

/** What concerns nobody who has to act: the steps of planning and holding back. */
const TOLD: ReadonlySet<TimelineEntry['what']> = new Set([
  'submitted',
  'sent',
  'not-sent',
  'undelivered',
  'escalated',
  'taken',
  'passed',
  'snoozed',
  'overdue',
  'noted',
  'amended',
  'reassigned',
  'waiting',
]);

function renderSteps({ view, reader }: HandoffPage, room: Room): string {
  // Whoever has it has the notes in a frame of their own.
  const hasFrame = view.owner?.responder === reader.id;
  const steps = view.timeline.filter(
    ({ what }) => TOLD.has(what) && !(hasFrame && what === 'noted'),
  );
  const left = Math.max(0, steps.length - room.steps);
  const items = steps
    .slice(-room.steps)
    .reverse()
    .map(({ at, because }) => {
      const text = because.length > room.step ? `${because.slice(0, room.step)}…` : because;
      return `<li><time datetime="${escape(at)}">${escape(formatWallTime(at, reader))}</time> ${escape(text)}</li>`;
    });
  const more = left === 0 ? '' : `<p class="soft">${left} earlier steps are left out.</p>`;
  return `<section><h2>What happened so far</h2><ul class="steps">${items.join('')}</ul>${more}</section>`;
}

function renderFooter({ name, timezone }: HandoffPage['reader']): string {
  return `<footer class="soft"><p>This page is ${escape(name)}’s own: whoever has its link can answer in that name. Times are of ${escape(timezone)}.</p></footer>`;
}

/** Returns a whole page that needs nothing else, and goes with {@link PAGE_CSP}. */
export function layOut(title: string, body: string, refreshSeconds?: number): string {
  const refresh =
    refreshSeconds === undefined ? '' : `\n<meta http-equiv="refresh" content="${refreshSeconds}">`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="color-scheme" content="light dark">${refresh}
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

const STYLE = `
:root{--text:#111;--soft:#555;--back:#fff;--line:#ccc;--main:#0a58ca;--on-main:#fff;--said:#e7f1ff}
@media (prefers-color-scheme:dark){:root{--text:#f2f2f2;--soft:#b5b5b5;--back:#000;--line:#555;--main:#8ab8ff;--on-main:#00112b;--said:#0b2447}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:18px/1.45 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}
main{max-width:34rem;margin:0 auto;padding:16px;overflow-wrap:anywhere}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 16px}
h2{font-size:1.15rem;margin:28px 0 6px}
p{margin:0 0 12px}
.tag{font-weight:700;letter-spacing:.04em;margin:0 0 4px;color:var(--soft)}
.soft{color:var(--soft);font-size:.95rem}
.said{background:var(--said);border-left:6px solid var(--main);padding:12px;white-space:pre-line;font-weight:600}
.text{white-space:pre-line}
a.call,button{display:block;width:100%;min-height:56px;padding:12px 16px;margin:0 0 10px;border:2px solid var(--main);border-radius:12px;font:inherit;font-size:1.15rem;font-weight:700;text-align:center;text-decoration:none;color:var(--text);background:var(--back);cursor:pointer}
button.main,a.call:first-child{background:var(--main);color:var(--on-main)}
section a:not(.call){color:inherit}
a:focus-visible,button:focus-visible,textarea:focus-visible,summary:focus-visible{outline:4px solid var(--text);outline-offset:2px}
.buttons{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:0 10px}
button.main:first-child{grid-column:1/-1}
label{display:block;margin:0 0 10px;color:var(--soft)}
textarea{display:block;width:100%;min-height:48px;margin-top:4px;padding:8px 12px;font:inherit;color:var(--text);background:var(--back);border:2px solid var(--line);border-radius:10px}
dl{display:grid;grid-template-columns:auto 1fr;gap:6px 16px;margin:0 0 12px}
dt{color:var(--soft)}dd{margin:0}
summary{padding:10px 0;font-weight:700;cursor:pointer}
.steps{list-style:none;padding:0;margin:0;font-size:.95rem}
.steps li{padding:6px 0;border-top:1px solid var(--line)}
.steps time{color:var(--soft);font-variant-numeric:tabular-nums}
iframe{display:block;width:100%;height:18rem;border:2px solid var(--line);border-radius:10px;background:var(--back)}
ul.notes{list-style:none;padding:0;margin:0}
ul.notes li{white-space:pre-line;padding:8px 12px;margin:0 0 10px;border:1px solid var(--line);border-radius:10px}
ul.notes .own{background:var(--said);margin-left:2rem}
footer{margin-top:28px;border-top:1px solid var(--line);padding-top:12px}
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
