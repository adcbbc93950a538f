/*
 * One layout for every email: one column that a phone shows without zooming, no picture, no script, nothing loaded
 * from elsewhere. No colour is set but the button's: dark and light mode each bring their own.
 */

/** An email's content: `text` and `html` say the same. */
export interface Email {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** One labelled value; `href` is what a tap on the value does, such as `tel:+15125550147`. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly href?: string | undefined;
}

/** One block of an email. */
export type Block =
  | { readonly kind: 'lead' | 'heading' | 'text' | 'quiet'; readonly text: string }
  | { readonly kind: 'facts'; readonly rows: readonly Fact[] }
  | { readonly kind: 'button'; readonly text: string; readonly href: string };

/** Returns an email of blocks; `preview` is what a list of mails shows beside the subject. */
export function layOutEmail(email: {
  readonly subject: string;
  readonly preview: string;
  readonly blocks: readonly Block[];
}): Email {
  const blocks = email.blocks.filter((block) => block.kind !== 'facts' || block.rows.length > 0);
  return {
    subject: email.subject,
    text: `${blocks.map(blockText).join('\n\n')}\n`,
    html: `${HEAD}
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(email.preview)}</div>
${blocks.map(blockHtml).join('\n')}
</body></html>`,
  };
}

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

const HEAD = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title></title></head><body style="${FONT};max-width:560px;margin:0 auto;padding:20px 16px">`;

const STYLE = {
  lead: 'font-size:24px;line-height:1.25;font-weight:700;margin:0 0 16px',
  heading: 'font-size:19px;line-height:1.3;font-weight:700;margin:28px 0 8px',
  text: 'font-size:17px;line-height:1.45;margin:0 0 16px;white-space:pre-line',
  quiet: 'font-size:15px;line-height:1.45;margin:0 0 16px;opacity:.75;white-space:pre-wrap',
} as const;

const TAGS = { lead: 'h1', heading: 'h2', text: 'p', quiet: 'p' } as const;

function blockText(block: Block): string {
  switch (block.kind) {
    case 'facts':
      return block.rows.map(({ label, value }) => `${label}: ${value}`).join('\n');
    case 'button':
      return `${block.text}:\n${block.href}`;
    default:
      return block.text;
  }
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'facts': {
      const rows = block.rows.map(
        ({ label, value, href }) =>
          `<tr><td style="padding:5px 16px 5px 0;opacity:.75;vertical-align:top">${escapeHtml(label)}</td><td style="padding:5px 0;vertical-align:top">${link(value, href)}</td></tr>`,
      );
      return `<table role="presentation" style="font-size:17px;line-height:1.4;margin:0 0 16px;border-collapse:collapse">${rows.join('')}</table>`;
    }
    case 'button':
      return `<p style="margin:0 0 20px"><a href="${escapeHtml(block.href)}" clicktracking="off" style="display:inline-block;padding:14px 26px;border-radius:8px;background:#0a58ca;color:#ffffff;font-size:18px;font-weight:700;text-decoration:none">${escapeHtml(block.text)}</a></p>`;
    default: {
      const tag = TAGS[block.kind];
      return `<${tag} style="${STYLE[block.kind]}">${escapeHtml(block.text)}</${tag}>`;
    }
  }
}

function link(value: string, href: string | undefined): string {
  return href === undefined
    ? escapeHtml(value)
    : `<a href="${escapeHtml(href)}" clicktracking="off">${escapeHtml(value)}</a>`;
}

/** Returns the rows that have a value. */
export function listFacts(
  rows: readonly (readonly [label: string, value: string | undefined, href?: string | undefined])[],
): Fact[] {
  return rows.flatMap(([label, value, href]) =>
    value === undefined || value === ''
      ? []
      : [{ label, value, ...(href !== undefined && { href }) }],
  );
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
