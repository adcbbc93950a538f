import { randomBytes, randomUUID } from 'node:crypto';
import type { SimulatedEmail } from './simulated-email.ts';

/** Says how an answer by email differs from what a usual mail program sends. */
export interface EmailReplyOptions {
  /** Sends no text part, as some programs do. */
  readonly htmlOnly?: boolean;
  /** Says that a machine has written it (`Auto-Submitted`, RFC 3834). */
  readonly autoReply?: boolean;
  /** How text and HTML are encoded; UTF-8 by default. */
  readonly charset?: 'UTF-8' | 'iso-8859-1';
  /** Leaves SendGrid's signature out. */
  readonly unsigned?: boolean;
  /** Leaves the quoted original out. */
  readonly withoutQuote?: boolean;
  /** Where it is sent; to the `Reply-To` of the original by default. */
  readonly to?: string;
  /** The `Message-ID` of the answer: the same again is the same mail told twice. */
  readonly messageId?: string;
}

const lineEnd = '\r\n';

/**
 * Returns what SendGrid posts for a mail that somebody has sent in answer to another.
 * Source: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
 */
export function createInboundMail({
  from,
  email,
  text,
  htmlOnly = false,
  autoReply = false,
  charset = 'UTF-8',
  withoutQuote = false,
  to = email.replyTo ?? email.from,
  messageId = `<${randomUUID()}@mail.example.com>`,
}: EmailReplyOptions & {
  readonly from: { readonly address: string; readonly name?: string };
  readonly email: SimulatedEmail;
  readonly text: string;
}): { readonly contentType: string; readonly body: Uint8Array<ArrayBuffer> } {
  const sender = from.name === undefined ? from.address : `${from.name} <${from.address}>`;
  const subject = describeSubject(email.subject, autoReply);
  const headers = [
    'Received: by mx.sendgrid.net with SMTP id simulated',
    'MIME-Version: 1.0',
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageId}`,
    `In-Reply-To: ${email.smtpId}`,
    `References: ${email.smtpId}`,
    `Subject: ${subject}`,
    `From: ${sender}`,
    `To: ${to}`,
    htmlOnly
      ? `Content-Type: text/html; charset="${charset}"`
      : 'Content-Type: multipart/alternative; boundary="simulated"',
    ...(autoReply ? ['Auto-Submitted: auto-replied'] : []),
  ];
  const quoted = withoutQuote ? '' : `${lineEnd}${lineEnd}${quoteText(email)}`;
  const html = `<div dir="ltr">${escapeHtml(text)}</div>${withoutQuote ? '' : quoteHtml(email)}`;
  const parts = { ...(htmlOnly ? {} : { text: `${text}${quoted}${lineEnd}` }), html };
  const domain = from.address.split('@')[1] ?? '';

  const boundary = `xYzZY${randomBytes(12).toString('hex')}`;
  const fields: readonly (readonly [string, Buffer])[] = [
    ...Object.entries({
      headers: `${headers.join('\n')}\n`,
      dkim: `{@${domain} : pass}`,
      to,
      from: sender,
      subject,
      sender_ip: '127.0.0.1',
      spam_score: '0.011',
      SPF: 'pass',
      envelope: JSON.stringify({ to: [to], from: from.address }),
      attachments: '0',
      charsets: JSON.stringify({
        to: 'UTF-8',
        from: 'UTF-8',
        subject: 'UTF-8',
        ...Object.fromEntries(Object.keys(parts).map((part) => [part, charset])),
      }),
    }).map(([name, value]) => [name, Buffer.from(value)] as const),
    ...Object.entries(parts).map(([name, value]) => [name, encode(value, charset)] as const),
  ];
  const chunks = fields.flatMap(([name, value]) => [
    Buffer.from(
      `--${boundary}${lineEnd}Content-Disposition: form-data; name="${name}"${lineEnd}${lineEnd}`,
    ),
    value,
    Buffer.from(lineEnd),
  ]);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...chunks, Buffer.from(`--${boundary}--${lineEnd}`)]),
  };
}

function describeSubject(original: string, autoReply: boolean): string {
  if (autoReply) return `Automatic reply: ${original}`;
  return /^re:/i.test(original) ? original : `Re: ${original}`;
}

/** Encodes as mail programs do: what an alphabet does not have becomes a question mark. */
function encode(text: string, charset: 'UTF-8' | 'iso-8859-1'): Buffer {
  return charset === 'UTF-8'
    ? Buffer.from(text)
    : Buffer.from(text.replace(/[^\u0000-\u00ff]/gu, '?'), 'latin1');
}

/** Quotes as Gmail does: a line that names the original, which is broken when it is long, and `>` before each line. */
function quoteText(email: SimulatedEmail): string {
  const opening = describeOriginal(email);
  const broken = opening.length > 72 ? opening.replace(/ (\S+ wrote:)$/, `${lineEnd}$1`) : opening;
  const lines = email.text.replace(/\s+$/, '').split(/\r?\n/);
  return [broken, '', ...lines.map((line) => (line === '' ? '>' : `> ${line}`))].join(lineEnd);
}

function quoteHtml(email: SimulatedEmail): string {
  const original = email.html === '' ? `<pre>${escapeHtml(email.text)}</pre>` : email.html;
  return (
    `<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">${escapeHtml(describeOriginal(email))}<br></div>` +
    `<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">${original}</blockquote></div>`
  );
}

function describeOriginal({ at, from, fromName }: SimulatedEmail): string {
  const date = new Date(at);
  const format = (options: Intl.DateTimeFormatOptions): string =>
    // Without the narrow space before PM, which is not in every charset.
    date.toLocaleString('en-US', { timeZone: 'UTC', ...options }).replace(/\u202f/g, ' ');
  const day = format({ weekday: 'short', month: 'short', day: 'numeric', year: 'numeric' });
  const time = format({ hour: 'numeric', minute: '2-digit' });
  return `On ${day} at ${time} ${fromName === undefined ? '' : `${fromName} `}<${from}> wrote:`;
}

function escapeHtml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/\r?\n/g, '<br>');
}
