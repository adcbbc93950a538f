import type { BundleEntry } from '../responder-state.ts';
import { layOutEmail, listFacts, type Block, type Email } from './email-layout.ts';
import { formatPhone, phraseAction, phraseAuthors, phraseScore, type Reader } from './phrases.ts';
import { countSegments } from './segments.ts';

/** A list is cut to this many segments; what is left out is counted. */
const MAX_SEGMENTS = 3;

/** One message of several handoffs, as its reader sees it. */
export interface Digest {
  readonly entries: readonly (BundleEntry & { readonly link?: string | undefined })[];
  /** Where an answer to the email goes. */
  readonly replyAddress?: string | undefined;
}

/** Returns one SMS for several handoffs: what waits for the reader, each with its code, and how to answer. */
export function renderDigestSms({ entries }: Digest, reader: Reader): string {
  const asked = entries.filter(asks);
  const over = entries.filter((entry) => !asks(entry));
  const lines = [
    ...asked.map(({ code, handoff }) => `${code} ${nameWork(handoff, reader)}`),
    ...over.map(
      ({ code, handoff, message }) => `${code} ${handoff.brief.subject}: ${news(message)}`,
    ),
  ];
  const head = asked.length === 0 ? 'No longer yours:' : `${countWork(asked.length)} for you:`;
  const first = asked[0]?.code ?? '';
  const reply =
    asked.length === 0 ? [] : [`Reply 1 ${first} to take, 2 ${first} to pass, ? for the list`];
  const join = (shown: number): string => {
    const more = lines.length - shown;
    const rest = more > 0 ? [`and ${more} more`] : [];
    return [head, ...lines.slice(0, shown), ...rest, ...reply].join('\n');
  };
  for (let shown = lines.length; shown > 0; shown -= 1) {
    if (countSegments(join(shown)) <= MAX_SEGMENTS) return join(shown);
  }
  return join(0);
}

/** Returns one email for several handoffs, each with its brief and a button to its page. */
export function renderDigestEmail({ entries, replyAddress }: Digest, reader: Reader): Email {
  const asked = entries.filter(asks);
  const over = entries.filter((entry) => !asks(entry));
  const lead = asked.length === 0 ? 'No longer yours' : `${countWork(asked.length)} for you`;
  const first = asked[0];
  const what = first && asked.length > 0 ? nameWork(first.handoff, reader) : '';
  const others = asked.length > 1 ? ` and ${asked.length - 1} more` : '';
  const blocks: Block[] = [
    { kind: 'lead', text: `${lead}.` },
    ...(first === undefined || replyAddress === undefined
      ? []
      : [
          {
            kind: 'text' as const,
            text: `Reply to this email with a code: "1 ${first.code}" to take, "2 ${first.code}" to pass.`,
          },
        ]),
    ...asked.flatMap(({ code, handoff, message, link }): Block[] => [
      { kind: 'heading', text: `${nameWork(handoff, reader)} (${code})` },
      {
        kind: 'facts',
        rows: listFacts([
          ...contactRows(handoff),
          ['Score', phraseScore(handoff)?.replace('Score ', '')],
          ['Say', handoff.action.say],
          ['Why', 'because' in message ? message.because : undefined],
        ]),
      },
      { kind: 'text', text: handoff.brief.summary },
      ...describeAuthors(handoff),
      ...(link === undefined
        ? []
        : [{ kind: 'button' as const, text: `Open ${code}`, href: link }]),
    ]),
    ...(over.length === 0
      ? []
      : [
          {
            kind: 'quiet' as const,
            text: over
              .map(
                ({ code, handoff, message }) =>
                  `${code} ${handoff.brief.subject}: ${news(message)}.`,
              )
              .join('\n'),
          },
        ]),
  ];
  return layOutEmail({
    subject: asked.length === 0 ? lead : `${lead}: ${what}${others}`,
    preview: [...asked, ...over].map(({ handoff }) => nameWork(handoff, reader)).join(' · '),
    blocks,
  });
}

function describeAuthors(handoff: BundleEntry['handoff']): Block[] {
  const authors = phraseAuthors(handoff);
  return authors === undefined ? [] : [{ kind: 'quiet', text: authors }];
}

function contactRows({ action }: BundleEntry['handoff']): Parameters<typeof listFacts>[0] {
  const { name, phone, email } = action.contact ?? {};
  return [
    ['Contact', name],
    ['Phone', phone && formatPhone(phone), phone && `tel:${phone}`],
    ['Email', email, email && `mailto:${encodeURI(email)}`],
  ];
}

function asks({ message }: BundleEntry): boolean {
  return message.kind === 'offer' || message.kind === 'last-resort';
}

function nameWork(handoff: BundleEntry['handoff'], reader: Reader): string {
  const action = phraseAction(handoff, reader);
  return action.includes(handoff.brief.subject) ? action : `${action}: ${handoff.brief.subject}`;
}

function news(message: BundleEntry['message']): string {
  return 'because' in message && message.because ? message.because : 'no longer yours';
}

function countWork(count: number): string {
  return count === 1 ? '1 handoff' : `${count} handoffs`;
}
