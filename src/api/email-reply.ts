import EmailReplyParser from 'email-reply-parser';
import { convert } from 'html-to-text';

/** A mail that answers one of ours; headers by their names in lower case. */
export interface AnswerMail {
  readonly headers: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly html?: string;
}

/** What a person wrote above what they quote; or that a machine wrote it, which never has an effect. */
export type EmailReply =
  | { readonly kind: 'reply'; readonly text: string }
  | { readonly kind: 'automatic'; readonly why: string };

/** No answer needs more; what is longer is a thread that was not recognised as one. */
const MAX_REPLY = 2_000;

/** Returns what a mail answers: the words of the person, without quotes and signature. */
export function readEmailReply({ headers, text, html }: AnswerMail): EmailReply {
  const why = findMachine(headers);
  if (why !== undefined) return { kind: 'automatic', why };
  const written = text !== undefined && text.trim() !== '' ? text : toText(html ?? '');
  const visible = new EmailReplyParser().read(written).getVisibleText();
  return { kind: 'reply', text: visible.trim().slice(0, MAX_REPLY) };
}

/** Returns by what a mail is known to be written by a machine (RFC 3834, and what came before it), if it is. */
function findMachine(headers: Readonly<Record<string, string>>): string | undefined {
  const read = (name: string): string => headers[name]?.toLowerCase() ?? '';
  // "no" says that a person wrote it.
  const submitted = read('auto-submitted');
  if (submitted !== '' && !submitted.startsWith('no')) return 'Auto-Submitted';
  if (/bulk|junk|list|auto_reply/.test(read('precedence'))) return 'Precedence';
  const marks = [
    'x-autoreply',
    'x-autorespond',
    'x-autoresponder',
    'list-id',
    'x-failed-recipients',
  ];
  const mark = marks.find((name) => headers[name] !== undefined);
  if (mark !== undefined) return mark;
  // An empty return path is a bounce's (RFC 5321, 4.5.5).
  if (read('return-path') === '<>') return 'Return-Path';
  if (/^(?:multipart\/report|message\/delivery-status)/.test(read('content-type')))
    return 'Content-Type';
  const isOutOfOffice =
    /^(?:automatic reply|auto(?:matic)?[ -]?reply|out of (?:the )?office|abwesenheit|automatische antwort|réponse automatique|respuesta automática|odpowiedź automatyczna|undeliverable|delivery status notification|mail delivery failed)/.test(
      read('subject'),
    );
  return isOutOfOffice ? 'Subject' : undefined;
}

/** Returns the text of a mail that has HTML only, without what it quotes. */
function toText(html: string): string {
  // Outlook quotes without a wrapper: everything behind this mark.
  const [own = ''] = html.split(/<[a-z]+[^>]*\bid="(?:appendonsend|divRplyFwdMsg)"/i);
  return convert(own, {
    wordwrap: false,
    selectors: [
      { selector: 'a', options: { ignoreHref: true } },
      // The names that Gmail, Yahoo and Proton give to what they quote.
      ...[
        '.gmail_quote',
        '.gmail_attr',
        '.yahoo_quoted',
        '.protonmail_quote',
        'blockquote',
        'img',
      ].map((selector) => ({ selector, format: 'skip' })),
    ],
  });
}
