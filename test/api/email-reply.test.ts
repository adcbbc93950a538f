import { describe, expect, test } from 'vitest';
import { readEmailReply } from '../../src/api/email-reply.ts';

const read = (text: string, headers: Record<string, string> = {}) =>
  readEmailReply({ text, headers });

describe('what a person wrote above what they quote', () => {
  test.each([
    [
      'Gmail',
      '1\r\n\r\nOn Mon, Nov 23, 2026 at 10:01 AM Baton <b@e.com> wrote:\r\n\r\n> Call Maria\r\n',
      '1',
    ],
    [
      'Gmail, broken line',
      'On it\n\nOn Mon, Nov 23, 2026 at 10:01 AM Baton of a very long name\n<baton@example.com> wrote:\n> x',
      'On it',
    ],
    [
      'Gmail in German',
      '1\n\nAm Mo., 23. Nov. 2026 um 10:01 Uhr schrieb Baton <b@e.com>:\n\n> Call',
      '1',
    ],
    [
      'Gmail in French',
      'done reached\n\nLe lun. 23 nov. 2026 à 10:01, Baton <b@e.com> a écrit :\n> x',
      'done reached',
    ],
    [
      'Gmail in Polish',
      'pass\n\nW dniu pon., 23 lis 2026 o 10:01 Baton <b@e.com> napisał(a):\n> x',
      'pass',
    ],
    [
      'Gmail in Spanish',
      '1\n\nEl lun, 23 nov 2026 a las 10:01, Baton (<b@e.com>) escribió:\n> x',
      '1',
    ],
    [
      'Outlook',
      '1\n\n-----Original Message-----\nFrom: Baton\nSent: Monday\nTo: Alice\nSubject: x\n\nCall Maria',
      '1',
    ],
    [
      'Outlook of today',
      '1\r\n\r\n________________________________\r\nFrom: Baton <b@e.com>\r\nSent: Monday, November 23, 2026 10:01 AM\r\nTo: Alice\r\nSubject: URGENT\r\n\r\nCall Maria',
      '1',
    ],
    [
      'Outlook in German',
      '2, in a meeting\n\nVon: Baton <b@e.com>\nGesendet: Montag, 23. November 2026 10:01\nAn: Alice\nBetreff: URGENT\n\nCall',
      '2, in a meeting',
    ],
    [
      'Outlook on a phone',
      '1\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: Baton\nSent: x',
      '1',
    ],
    [
      'iPhone',
      '1\n\nSent from my iPhone\n\n> On Nov 23, 2026, at 10:01, Baton <b@e.com> wrote:\n> \n> Call Maria',
      '1',
    ],
    [
      'a signature',
      'done, she wants a demo\n\n-- \nAlice Ng\nSales, Example Ltd\n+1 500',
      'done, she wants a demo',
    ],
    ['a greeting at the end', '1\n\nBest regards,\nAlice Ng', '1'],
    ['below the quote', '> Call Maria\n\n1', '1'],
    ['without a quote', 'on my way\n', 'on my way'],
    ['nothing', '\n\nOn Mon, Nov 23, 2026 at 10:01 AM Baton <b@e.com> wrote:\n> Call Maria', ''],
  ])('%s', (_program, text, written) => {
    expect(read(text)).toEqual({ kind: 'reply', text: written });
  });

  test.each([
    [
      'Gmail',
      '<div dir="ltr">1</div><br><div class="gmail_quote"><div class="gmail_attr">On Mon Baton wrote:<br></div><blockquote>Reply 2</blockquote></div>',
      '1',
    ],
    [
      'Apple',
      '<html><body>done reached<br><div><br><blockquote type="cite">On Nov 23, Baton wrote:<br>2</blockquote></div></body></html>',
      'done reached',
    ],
    [
      'Outlook',
      '<div class="elementToProof">1</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Baton<br><b>Sent:</b> Monday</div><div>Reply 2 to pass</div>',
      '1',
    ],
    ['entities', '<p>can&#39;t, driving</p>', "can't, driving"],
    ['a script', '<script>1</script><style>p{}</style><p>2</p>', '2'],
  ])('HTML alone, by %s', (_program, html, written) => {
    expect(readEmailReply({ html, headers: {} })).toEqual({ kind: 'reply', text: written });
  });

  test('of a text that is empty is in the HTML', () => {
    expect(readEmailReply({ text: ' \r\n', html: '<p>1</p>', headers: {} })).toMatchObject({
      text: '1',
    });
  });

  test('is cut where no answer is so long', () => {
    const reply = read('word '.repeat(10_000));
    expect(reply.kind === 'reply' && reply.text.length).toBe(2_000);
  });
});

describe('a machine', () => {
  test.each([
    [{ 'auto-submitted': 'auto-replied' }, 'Auto-Submitted'],
    [{ 'auto-submitted': 'Auto-Generated' }, 'Auto-Submitted'],
    [{ precedence: 'bulk' }, 'Precedence'],
    [{ precedence: 'auto_reply' }, 'Precedence'],
    [{ 'x-autoreply': 'yes' }, 'x-autoreply'],
    [{ 'return-path': '<>' }, 'Return-Path'],
    [{ 'content-type': 'multipart/report; report-type=delivery-status' }, 'Content-Type'],
    [{ subject: 'Automatic reply: URGENT: Call Maria' }, 'Subject'],
    [{ subject: 'Out of Office: URGENT' }, 'Subject'],
    [{ subject: 'Automatische Antwort: URGENT' }, 'Subject'],
    [{ subject: 'Undeliverable: URGENT' }, 'Subject'],
  ])('is known by %j', (headers, why) => {
    expect(read('1', headers as Record<string, string>)).toEqual({ kind: 'automatic', why });
  });

  test.each([
    { 'auto-submitted': 'no' },
    { subject: 'Re: URGENT: Call Maria' },
    { 'return-path': '<alice@example.com>' },
    { precedence: 'first-class' },
  ])('is not seen in %j', (headers) => {
    expect(read('1', headers as Record<string, string>)).toMatchObject({ kind: 'reply' });
  });
});
