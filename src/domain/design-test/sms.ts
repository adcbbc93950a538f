import { findResponder } from '../directory.ts';
import { phraseAction } from '../messages/phrases.ts';
import { encodingOf, fitsSegments, SEGMENTS } from '../messages/segments.ts';
import { renderSms } from '../messages/sms.ts';
import { cardOf, type HandoffCard } from '../state.ts';
import { listMembers } from '../targets.ts';
import { finding, quote, type Case, type Finding } from './finding.ts';
import { listReached } from './people.ts';

/** Characters: two segments have 306 of them, and four of another alphabet 268. */
const MORE_THAN_FITS = 400;
/** To say why in fewer characters is hard: then there is something else to shorten. */
const MIN_SUMMARY = 40;

/**
 * Returns what there is against the text message: what it leaves out, or that it is too long whatever it leaves out.
 * The link to the page makes every message shorter; a summary that fits without it is short enough.
 */
export function reviewSms(about: Case): Finding[] {
  const { handoff } = about;
  const texts = renderOffer(about);
  if (!texts) return [];
  if (!fitsSegments(texts.bare)) {
    return [
      finding('does-not-fit-sms', 'warning', '/action/do', {
        what: `Action ${quote(handoff.action.do)} and contact make a text message of more than ${partsOf(texts.bare)} parts.`,
        why: 'It comes without its summary and in pieces, which may be late or out of order.',
        fix: 'Say it in a few words, "Call Maria Lopez"; characters such as emoji take twice the room.',
      }),
    ];
  }
  const kept = findKept(texts.full, handoff);
  if (kept === undefined) return [];
  return [
    finding('summary-cut-in-sms', 'warning', '/brief/summary', {
      what:
        kept === ''
          ? `A text message has no room for the summary: ${quote(handoff.brief.summary)}.`
          : `A text message cuts the summary, at the latest after ${quote(kept.slice(-40))}.`,
      why: 'Who has only a phone at hand has to open the page for the rest.',
      fix:
        kept.length < MIN_SUMMARY
          ? 'Shorten action, subject or score: "Maria Lopez, Acme Corp" leaves room for a sentence.'
          : `Say it in ${kept.length} characters, and put the rest into brief.details.`,
    }),
  ];
}

function partsOf(text: string): string {
  return SEGMENTS[encodingOf(text)] === 2 ? 'two' : 'four';
}

/**
 * Returns the first offer to those who get no email before or with it, as the longest of their time zones makes it:
 * with all but its link, and with nothing but what is never cut. Undefined when there is nobody of the kind.
 */
function renderOffer({
  handoff,
  policy,
  directory,
  toldAt,
}: Case): { full: string; bare: string } | undefined {
  const zones = policy.tiers.flatMap(({ notify, ladder }) =>
    notify
      .flatMap((target) => listMembers(target, directory))
      .filter((id) => listReached(id, ladder, directory)[0] === 'sms')
      .map((id) => findResponder(directory, id)?.timezone ?? directory.organisation.timezone),
  );
  const card = cardOf(handoff);
  const now = new Date(toldAt).toISOString();
  // Counting segments is slow, and the zones differ in the words for the deadline only.
  const [longest] = [...new Set(zones)]
    .map((timezone) => ({ timezone, length: phraseAction(card, { timezone, now }).length }))
    .sort((one, other) => other.length - one.length);
  if (!longest) return undefined;
  const render = (brief: HandoffCard['brief'], link?: string): string =>
    renderSms(
      {
        card: { ...card, brief },
        message: { kind: 'offer', tier: 'tier 1', notice: 1 },
        code: handoff.code,
        codeNeeded: false,
        link,
      },
      { timezone: longest.timezone, now },
    );
  return {
    full: render({ ...card.brief, summary: card.brief.summary.slice(0, MORE_THAN_FITS) }),
    bare: render({ subject: '', summary: '' }, LINK),
  };
}

/** As long as the address of a page usually is. */
const LINK = `https://baton.example.com/h/responder.${'x'.repeat(44)}`;

/** Returns how much of the summary a text message has kept, or undefined for all of it. */
function findKept(text: string, { brief }: Case['handoff']): string | undefined {
  // The last line says how to reply.
  const line = text.split('\n').at(-2) ?? '';
  const shown = plain(line);
  const summary = brief.summary.replace(/\s+/g, ' ');
  if (shown.endsWith(plain(summary))) return undefined;
  if (!line.endsWith('...')) return '';
  const words = summary.split(' ');
  for (let count = words.length - 1; count > 0; count -= 1) {
    const kept = words.slice(0, count).join(' ');
    if (plain(kept) !== '' && shown.endsWith(plain(kept))) return kept;
  }
  return '';
}

/** Letters and digits only: a text message spells quotes and dashes plainly. */
function plain(text: string): string {
  return text.normalize('NFKC').replace(/[^\p{L}\p{N}]/gu, '');
}
