import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderEmail } from '../../../src/domain/messages/email.ts';
import { phraseAction } from '../../../src/domain/messages/phrases.ts';
import { cardOf, type HandoffCard, type Message } from '../../../src/domain/state.ts';
import { buildHandoff } from '../../support/builders.ts';
import { anyCard, anyMessage } from './arbitraries.ts';

const reader = { timezone: 'America/New_York', now: '2026-11-23T15:00:00.000Z' };
const usual = cardOf(buildHandoff());
const offer: Message = { kind: 'offer', tier: 'tier 1', notice: 1 };
const reminder: Message = { kind: 'reminder', actBy: '2026-11-23T15:30:00.000Z' };

type Letter = Parameters<typeof renderEmail>[0];

function render(message: Message, changes: Partial<Letter> = {}) {
  return renderEmail({ card: usual, message, code: 'KM47', codeNeeded: false, ...changes }, reader);
}

/** Returns what a reader of the HTML sees, block by block; a button with its address, as in the text. */
function readHtml(html: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&amp;': '&',
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&#39;': "'",
  };
  return html
    .replace(/^[^]*?<\/div>\n|\n<\/body><\/html>$/g, '')
    .replaceAll('</td><td', '</td>: <td')
    .replaceAll('</tr><tr', '</tr>\n<tr')
    .replace(/<p [^>]*><a href="([^"]*)"[^>]*>([^<]*)<\/a>/g, '<p>$2:\n$1')
    .replace(/<\/(?:p|h1|h2|table)>\n/g, '\n\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&[a-z0-9#]+;/g, (entity) => entities[entity] ?? entity);
}

/** Returns what a list of mails shows beside the subject. */
function readPreview(html: string): string | undefined {
  return /<div [^>]*>([^]*?)<\/div>/.exec(html)?.[1];
}

// What people receive, word for word.
test('the first message puts the action first and leaves nothing out', () => {
  const contact = {
    name: 'Maria Lopez',
    phone: '+15125550147',
    email: 'maria@acme.example',
    timezone: 'America/Chicago',
    hours: '08:00-20:00',
  };
  const card: HandoffCard = {
    ...usual,
    brief: { ...usual.brief, facts: [{ label: 'Team size', value: '40' }] },
    action: { ...usual.action, contact, say: 'Ask about the roll-out.' },
  };
  const { subject, text, html } = render(
    { ...offer, notice: 2, because: 'nobody took it within 5 min' },
    {
      card,
      link: 'https://baton.example/h/alice.token',
      details: '13:58 opened the pricing page.\n  14:00 chat',
      replyTo: '+15005550006',
      replyAddress: 'r+1@reply.baton.example',
    },
  );

  expect(subject).toBe(
    'URGENT: Call Maria Lopez by Mon 23 Nov 10:05: Maria Lopez, Acme Corp (KM47)',
  );
  expect(readPreview(html)).toBe(
    '2nd notice: Call Maria Lopez by 10:05. Why this reaches you: nobody took it within 5 min.',
  );
  expect(text).toBe(
    [
      '2nd notice: Call Maria Lopez by 10:05',
      '',
      'Why this reaches you: nobody took it within 5 min.',
      '',
      'Phone: +1 512 555 0147',
      'Email: maria@acme.example',
      '',
      'Take it or pass:',
      'https://baton.example/h/alice.token',
      '',
      'Reply to this email with 1 to take it, 2 to pass, 3 for later, or text "1 KM47" or "2 KM47" to +1 500 555 0006.',
      '',
      'Compared Pro and Team twice today; asked about seats for 40 people.',
      '',
      'Who: Maria Lopez, Acme Corp',
      'Their hours: 08:00-20:00 America/Chicago',
      'By: 10:05',
      'Say: Ask about the roll-out.',
      'Score: 92/100, top 3 % this month',
      'From: pricing page',
      'Team size: 40',
      '',
      '13:58 opened the pricing page.',
      '  14:00 chat',
      '',
    ].join('\n'),
  );
  expect(`${readHtml(html)}\n`).toBe(text);
  expect(html).toContain('<a href="tel:+15125550147" clicktracking="off">+1 512 555 0147</a>');
  expect(html).toContain('<a href="mailto:maria@acme.example" clicktracking="off">');
});

test('the reminder of somebody without a phone', () => {
  const brief = { subject: 'Maria Lopez', summary: 'Wants a call.' };
  const { subject, text } = render(reminder, { card: { ...usual, brief } });

  // The subject is in the action already: not said twice.
  expect(subject).toBe('URGENT: Call Maria Lopez by Mon 23 Nov 10:05 (KM47)');
  expect(text).toBe(
    [
      'You have it: Call Maria Lopez by 10:05',
      '',
      'At 10:30 it goes on to others.',
      '',
      'Phone: +1 512 555 0147',
      '',
      'Finished? Reply done reached, done no-answer, done bad-lead (KM47).',
      '',
      'Wants a call.',
      '',
      'Who: Maria Lopez',
      'By: 10:05',
      '',
    ].join('\n'),
  );
});

const by = { kind: 'responder', id: 'alice', name: 'Alice' } as const;
const result = { commandId: 'c1', verb: 'pass', by, at: reader.now, effect: 'passed' } as const;
const thread = 'URGENT: Call Maria Lopez by Mon 23 Nov 10:05: Maria Lopez, Acme Corp (KM47)';

test.each<[Message, string]>([
  [offer, 'Call Maria Lopez by 10:05\n\nPhone: +1 512 555 0147\n\nIts code is KM47.\n\nCompared'],
  [
    { kind: 'last-resort', notice: 3, because: 'nobody took it' },
    'LAST RESORT, 3rd notice: Call Maria Lopez by 10:05\n\nWhy this reaches you: nobody took it.\n\nPhone: +1 512 555 0147\n\nIts code is KM47.',
  ],
  [
    { kind: 'released', because: 'Bob Diaz did not finish' },
    'This goes on to others\n\nBob Diaz did not finish.\n\nCall Maria Lopez by 10:05: Maria Lopez, Acme Corp\n',
  ],
  [
    { kind: 'stand-down', because: 'Alice Ng has it' },
    'Stand down: Alice Ng has it.\n\nCall Maria Lopez by 10:05: Maria Lopez, Acme Corp\n',
  ],
  [
    { kind: 'expired', because: 'nobody took it before its end' },
    'Expired: Call Maria Lopez by 10:05\n\nnobody took it before its end. Nobody will be asked again.',
  ],
  [
    { kind: 'answer', result },
    'Passed on: Maria Lopez, Acme Corp (KM47). Thank you for saying so.\n',
  ],
])('%j is recognised by its first lines, in one thread', (message, opening) => {
  const email = render(message);

  expect(email.subject).toBe(thread);
  expect(email.text.slice(0, opening.length)).toBe(opening);
  expect(opening.startsWith(readPreview(email.html)?.slice(0, 20) ?? '-')).toBe(true);
});

test('the subject does not depend on when it is written', () => {
  const card = { ...usual, action: { ...usual.action, dueAt: '2026-11-23T15:05:00.000Z' } };
  const write = (now: string) =>
    renderEmail({ card, message: offer, code: 'KM47', codeNeeded: false }, { ...reader, now });

  expect(write('2026-11-20T03:00:00.000Z').subject).toBe(thread);
  expect(write('2026-12-24T03:00:00.000Z').subject).toBe(thread);
});

test('routine work is not shouted', () => {
  expect(render(offer, { card: { ...usual, urgency: 'routine' } }).subject).toBe(
    thread.replace('URGENT: ', ''),
  );
});

test.each([
  [{ replyAddress: 'r@x' }, 'Reply to this email with 1 to take it, 2 to pass, 3 for later.'],
  [{ replyTo: '+15005550006' }, 'Text "1 KM47" or "2 KM47" to +1 500 555 0006.'],
  [{}, 'Its code is KM47.'],
])('%j: says just the ways that work', (ways, line) => {
  expect(render(offer, ways).text).toContain(`\n\n${line}\n\n`);
});

describe('what others wrote', () => {
  const hostile = `<script>alert("x")</script><img src=x onerror='y'>&lt;`;

  test('is text wherever it stands, never markup', () => {
    const { html } = render(
      { ...offer, because: hostile },
      {
        card: {
          ...usual,
          brief: {
            subject: hostile,
            summary: hostile,
            score: { value: 1, meaning: hostile },
            origin: hostile,
            facts: [{ label: hostile, value: hostile }],
          },
          action: {
            do: hostile,
            say: hostile,
            outcomes: [],
            contact: { name: hostile, email: hostile },
          },
        },
        details: hostile,
      },
    );

    expect(html).not.toMatch(/<script|<img|"x"|'y'/);
    // Preview, lead, reason, summary, subject, contact's name, its address, say, score, origin, fact (twice), details.
    expect(html.split('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;').length - 1).toBe(13);
    expect(html).toContain('onerror=&#39;y&#39;&gt;&amp;lt;');
  });

  test('changes nothing of the structure, and both parts say the same', () => {
    const letter = fc.record({
      card: anyCard,
      message: anyMessage,
      code: fc.constant('KM47'),
      codeNeeded: fc.boolean(),
      details: fc.option(fc.constantFrom('</p><p>', '<a href="x">', 'a\nb'), { nil: undefined }),
      replyTo: fc.option(fc.constant('+15005550006'), { nil: undefined }),
      replyAddress: fc.option(fc.constant('r+1@reply.baton.example'), { nil: undefined }),
      link: fc.option(fc.constant('https://baton.example/h/alice.1'), { nil: undefined }),
    });
    fc.assert(
      fc.property(letter, (one) => {
        const { subject, text, html } = renderEmail(one, reader);
        const tags = html.match(/<[^>]*>?/g) ?? [];

        expect(subject).not.toMatch(/[\r\n]/);
        expect(subject).toContain('KM47');
        expect(text).toContain(phraseAction(one.card, reader));
        expect(
          tags.filter(
            (tag) =>
              !/^<(?:!doctype html|title|\/?(?:html|head|title|body|div|h1|h2|p|table|tr|td|a)(?: (?:lang|role|style|clicktracking|href)="[^"<>]*")*|meta (?:charset|name)="[^"<>]*"(?: content="[^"<>]*")?)>$/.test(
                tag,
              ),
          ),
        ).toEqual([]);
        // Lines of the facts may hold anything, so the comparison is of what is left without spaces.
        expect(readHtml(html).replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
      }),
      { numRuns: 200 },
    );
  });
});
