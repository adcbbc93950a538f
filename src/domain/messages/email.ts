import { formatWallTime } from '../local-time.ts';
import { renderAnswer } from './answer.ts';
import {
  formatPhone,
  phraseAction,
  phraseContact,
  phraseDone,
  phraseNotice,
  phraseScore,
  phraseUrgency,
  type Reader,
} from './phrases.ts';
import type { Letter } from './sms.ts';

export interface Email {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** One block of an email: lines, or labelled values. */
type Block =
  | { readonly kind: 'lead' | 'text' | 'quiet'; readonly text: string }
  | { readonly kind: 'facts'; readonly rows: readonly (readonly [string, string])[] };

/** Returns the email for a notification: action first, then the full brief; text and HTML say the same. */
export function renderEmail(
  letter: Letter & {
    /** The transcript or event list: email and page only. */
    readonly details?: string | undefined;
    /** The number to text a reply to, for a reader who has a phone. */
    readonly replyTo?: string | undefined;
  },
  reader: Reader,
): Email {
  const { card, message, code } = letter;
  const action = phraseAction(card, reader);
  const about = action.includes(card.brief.subject) ? action : `${action}: ${card.brief.subject}`;
  const compose = (
    prefix: string | undefined,
    subject: string,
    blocks: readonly Block[],
  ): Email => ({
    subject: `${prefix ? `${prefix}: ` : ''}${subject} (${code})`,
    text: blocks.map(blockText).join('\n\n') + '\n',
    html: page(blocks),
  });
  switch (message.kind) {
    case 'offer':
    case 'last-resort': {
      const prefix = [
        message.kind === 'offer' ? phraseUrgency(card) : 'LAST RESORT',
        phraseNotice(message.notice),
      ]
        .filter((part) => part !== undefined)
        .join(', ');
      return compose(prefix, about, [
        { kind: 'lead', text: action },
        ...(message.because === undefined
          ? []
          : [{ kind: 'text' as const, text: `Why this reaches you: ${message.because}.` }]),
        { kind: 'text', text: describeReply(letter) },
        ...describeBrief(letter, reader),
      ]);
    }
    case 'reminder':
      return compose('Reminder', about, [
        { kind: 'lead', text: `You have it: ${action}` },
        {
          kind: 'text',
          text: `At ${formatWallTime(message.actBy, reader)} it goes on to others. Finished? ${describeDone(letter)}`,
        },
        ...describeBrief(letter, reader),
      ]);
    case 'released':
      return compose('Goes on to others', about, [
        { kind: 'lead', text: 'This goes on to others' },
        { kind: 'text', text: `${message.because}.` },
      ]);
    case 'stand-down':
      return compose('Stand down', card.brief.subject, [
        { kind: 'lead', text: `Stand down: ${message.because}.` },
        { kind: 'quiet', text: about },
      ]);
    case 'expired':
      return compose('EXPIRED', about, [
        { kind: 'lead', text: `Expired: ${action}` },
        { kind: 'text', text: `${message.because}. Nobody will be asked again.` },
        ...describeBrief(letter, reader),
      ]);
    case 'answer':
      return compose(undefined, card.brief.subject, [
        {
          kind: 'text',
          text: renderAnswer({ kind: 'result', card, code, result: message.result }, reader),
        },
      ]);
  }
}

function describeReply({ code, replyTo }: { code: string; replyTo?: string | undefined }): string {
  return replyTo === undefined
    ? `Its code is ${code}.`
    : `Text "1 ${code}" to ${formatPhone(replyTo)} to take it, "2 ${code}" to pass.`;
}

function describeDone({ card, code, replyTo }: Letter & { replyTo?: string | undefined }): string {
  return `Reply ${phraseDone(card, code)}${replyTo === undefined ? '' : ` to ${formatPhone(replyTo)}`}`;
}

function describeBrief(
  { card, details }: Letter & { readonly details?: string | undefined },
  reader: Reader,
): Block[] {
  const { brief, action } = card;
  const contact = phraseContact(card);
  const hours = [action.contact?.hours, action.contact?.timezone].filter(Boolean).join(' ');
  const rows: (readonly [string, string | undefined])[] = [
    ['Who', brief.subject],
    ['Contact', [action.contact?.name, contact].filter(Boolean).join(', ')],
    ['Email', action.contact?.email === contact ? undefined : action.contact?.email],
    ['Their hours', hours],
    ['By', action.dueAt && formatWallTime(action.dueAt, reader)],
    ['Say', action.say],
    ['Score', phraseScore(card)?.replace('Score ', '')],
    ['From', brief.origin],
    ...(brief.facts ?? []).map(({ label, value }) => [label, value] as const),
  ];
  return [
    { kind: 'text', text: brief.summary },
    { kind: 'facts', rows: rows.filter((row): row is [string, string] => Boolean(row[1])) },
    ...(details === undefined ? [] : [{ kind: 'quiet' as const, text: details }]),
  ];
}

function blockText(block: Block): string {
  return block.kind === 'facts'
    ? block.rows.map(([label, value]) => `${label}: ${value}`).join('\n')
    : block.text;
}

const STYLE = {
  lead: 'font-size:22px;line-height:1.3;font-weight:600;margin:0 0 16px',
  text: 'font-size:16px;line-height:1.5;margin:0 0 16px;white-space:pre-line',
  quiet: 'font-size:14px;line-height:1.5;margin:0 0 16px;color:#666;white-space:pre-wrap',
} as const;

function page(blocks: readonly Block[]): string {
  const body = blocks.map(blockHtml).join('\n');
  return `<!doctype html><html><body style="font-family:-apple-system,'Segoe UI',Roboto,sans-serif;color:#1a1a1a;max-width:560px;margin:24px auto;padding:0 16px">
${body}
</body></html>`;
}

function blockHtml(block: Block): string {
  if (block.kind !== 'facts')
    return `<p style="${STYLE[block.kind]}">${escapeHtml(block.text)}</p>`;
  const rows = block.rows.map(
    ([label, value]) =>
      `<tr><td style="padding:4px 16px 4px 0;color:#666;vertical-align:top">${escapeHtml(label)}</td><td style="padding:4px 0">${escapeHtml(value)}</td></tr>`,
  );
  return `<table style="font-size:16px;line-height:1.4;margin:0 0 16px;border-collapse:collapse">${rows.join('')}</table>`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
