import { beforeEach, expect, test, vi } from 'vitest';
import { createMissedReplies } from '../../src/activities/missed-replies.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import type { RecordedReply } from '../../src/domain/payloads.ts';
import { createLogger } from '../../src/logger.ts';

const ALICE = '+15005550010';
const NOW = Date.parse('2026-11-30T09:10:00.000Z');

const directory = directorySchema.parse({
  organisation: { timezone: 'UTC' },
  responders: { alice: { name: 'Alice Ng', phone: ALICE } },
});

const recorded: RecordedReply[] = [];
beforeEach(() => {
  recorded.length = 0;
});

/** Collects what Twilio received, of which these reached the API. */
async function collect(
  received: readonly (readonly [sid: string, minute: number, body: string])[],
  known: readonly string[] = [],
): Promise<string[]> {
  const missed = createMissedReplies({
    inbox: {
      listReceived: () =>
        Promise.resolve(
          received.map(([sid, minute, body]) => ({
            sid,
            from: ALICE,
            to: ['+15005550006'],
            body,
            at: new Date(Date.UTC(2026, 10, 30, 9, minute)),
          })),
        ),
    },
    responders: {
      read: () => Promise.resolve({ offers: [], closed: [], idle: 0, replies: {} }),
      recordReply: vi.fn((_: string, reply: RecordedReply) => {
        recorded.push(reply);
        return Promise.resolve();
      }),
    },
    replies: {
      findUnknown: (_, __, ids) => Promise.resolve(ids.filter((id) => !known.includes(id))),
    },
    directory: () => directory,
    logger: createLogger('worker', 'silent'),
    now: () => NOW,
  });
  await missed.collect();
  return recorded.map(({ text }) => text);
}

test('what reached nobody is recorded, as something said when it came', async () => {
  await expect(
    collect(
      [
        ['SM1', 1, '1 KM47'],
        ['SM2', 2, 'pass RT52'],
      ],
      ['sms:SM2'],
    ),
  ).resolves.toEqual(['1 KM47']);
  expect(recorded).toMatchObject([
    { replyId: 'sms:SM1', receivedAt: '2026-11-30T09:01:00.000Z', isLate: true },
  ]);
});

test('what was said again is recorded once, and not at all when it got here then', async () => {
  const twice = [
    ['SM1', 1, '1 KM47'],
    ['SM2', 2, ' 1  km47'],
  ] as const;
  await expect(collect(twice)).resolves.toEqual([' 1  km47']);
  recorded.length = 0;
  await expect(collect(twice, ['sms:SM2'])).resolves.toEqual([]);
});

test.each([
  ['something else was said of it', '1 KM47', 'pass KM47'],
  ['it may have been said of another', '1', '1'],
])('both are recorded when %s', async (_, first, second) => {
  await expect(
    collect([
      ['SM1', 1, first],
      ['SM2', 2, second],
    ]),
  ).resolves.toEqual([first, second]);
});

test('of what many said in an hour each thing is looked at once: the worker goes on meanwhile', async () => {
  const texts = Array.from({ length: 6_000 }, (_, index) => `pass RT52 not me, ${index}`);
  const received = texts.map((text, index) => [`SM${index}`, index % 9, text] as const);
  await expect(collect(received)).resolves.toHaveLength(texts.length);
});

test('what came a moment ago may still be on its way to the API', async () => {
  await expect(collect([['SM1', 10, '1 KM47']])).resolves.toEqual([]);
});
