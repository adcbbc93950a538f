import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLinks } from '../../src/links/links.ts';

const secret = 'a-secret-of-at-least-32-characters';
const links = createLinks({
  secret,
  baseUrl: 'https://baton.example',
  mailDomain: 'Reply.Baton.example',
});
const other = createLinks({
  secret: `${secret}!`,
  baseUrl: 'https://baton.example',
  mailDomain: 'reply.baton.example',
});

const handoff = fc
  .uint8Array({ minLength: 15, maxLength: 15 })
  .map((bytes) => `hof_${Buffer.from(bytes).toString('hex')}`);
const responder = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const DAY = 86_400_000;
const expiresAt = '2026-11-30T12:00:00.000Z';
const now = Date.parse('2026-11-23T15:00:00.000Z');

const tokenOf = (page: string | undefined) => page?.replace('https://baton.example/h/', '') ?? '';

describe('the link of a page', () => {
  test('leads back to its handoff and its person, until a week after its end', () => {
    fc.assert(
      fc.property(handoff, responder, (id, person) => {
        const token = tokenOf(links.page({ handoff: id, responder: person, expiresAt }));
        const target = { handoff: id, responder: person };
        expect(token.length).toBe(person.length + 1 + 44);
        expect(links.read(token, now)).toEqual({ state: 'valid', ...target });
        expect(links.read(token, Date.parse(expiresAt) + 7 * DAY)).toEqual({
          state: 'valid',
          ...target,
        });
        expect(links.read(token, Date.parse(expiresAt) + 9 * DAY)).toEqual({
          state: 'expired',
          ...target,
        });
      }),
    );
  });

  test('is wrong with any character changed, for anybody else, or of another installation', () => {
    const change = fc.tuple(
      handoff,
      responder,
      fc.nat(),
      fc.constantFrom(...Array.from('abcXYZ0189-_.=')),
    );
    fc.assert(
      fc.property(change, ([id, person, place, character]) => {
        const token = tokenOf(links.page({ handoff: id, responder: person, expiresAt }));
        const at = place % token.length;
        const changed = `${token.slice(0, at)}${character}${token.slice(at + 1)}`;
        fc.pre(changed !== token);
        expect(links.read(changed, now)).toEqual({ state: 'wrong' });
        expect(links.read(token.replace(/^[^.]+/, `${person}x`), now)).toEqual({ state: 'wrong' });
        expect(other.read(token, now)).toEqual({ state: 'wrong' });
      }),
      { numRuns: 500 },
    );
  });

  test.each(['', '.', 'alice', 'alice.', '.abc', 'alice.!!', `alice.${'A'.repeat(44)}`, 'a.b.c'])(
    'that is none (%j) is wrong',
    (token) => {
      expect(links.read(token, now)).toEqual({ state: 'wrong' });
    },
  );

  test('any text is wrong, and breaks nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (token) => {
        expect(links.read(token, now)).toEqual({ state: 'wrong' });
      }),
    );
  });

  test('of an id that Baton did not make there is none', () => {
    expect(links.page({ handoff: 'hof_1', responder: 'alice', expiresAt })).toBeUndefined();
    expect(links.mailbox({ handoff: 'hof_1', responder: 'alice' })).toBeUndefined();
  });
});

describe('the address for replies', () => {
  test('leads back to its handoff and its person, in any case, and is short enough for mail', () => {
    fc.assert(
      fc.property(
        handoff,
        fc.uniqueArray(responder, { minLength: 2, maxLength: 5 }),
        (id, people) => {
          const [first = '', ...others] = people;
          const address = links.mailbox({ handoff: id, responder: first }) ?? '';
          const target = { handoff: id, responder: first };
          // RFC 5321, 4.5.3.1.1.
          expect(address.split('@')[0]?.length).toBeLessThanOrEqual(64);
          expect(links.readMailbox(address, [...others, first])).toEqual(target);
          expect(links.readMailbox(` ${address.toUpperCase()} `, people)).toEqual(target);
          expect(links.readMailbox(address, others)).toBeUndefined();
          expect(other.readMailbox(address, people)).toBeUndefined();
          expect(links.readMailbox(address.replace('@', '0@'), people)).toBeUndefined();
          expect(
            links.readMailbox(address.replace(/@.*/, '@evil.example'), people),
          ).toBeUndefined();
        },
      ),
    );
  });

  test('is no link, and the other way round', () => {
    const target = { handoff: 'hof_0123456789abcdef0123456789abcd', responder: 'alice' };
    const token = tokenOf(links.page({ ...target, expiresAt }));
    const bytes = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('hex');
    expect(
      links.readMailbox(`r+${bytes.slice(0, 62)}@reply.baton.example`, ['alice']),
    ).toBeUndefined();
  });

  test('there is none without a domain', () => {
    const silent = createLinks({ secret, baseUrl: 'https://baton.example' });
    expect(
      silent.mailbox({ handoff: 'hof_0123456789abcdef0123456789abcd', responder: 'alice' }),
    ).toBeUndefined();
    expect(silent.readMailbox('r+00@reply.baton.example', ['alice'])).toBeUndefined();
  });
});
