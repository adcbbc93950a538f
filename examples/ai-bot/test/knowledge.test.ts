import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createKnowledge, readArticles } from '../src/knowledge.ts';

const articles = readArticles(fileURLToPath(new URL('../articles', import.meta.url)));
const knowledge = createKnowledge(articles);

test.each([
  ['how much does it cost', 'prices'],
  ['How much is it for a team?', 'prices'],
  ['price for 5 people', 'prices'],
  ['my invitation link expired', 'invite'],
  ['how to delete my account', 'cancel'],
  ['can I try it before paying', 'trial'],
  ['forgot my pasword', 'password'],
  ['lost the phone with my authenticator', 'two-factor'],
  ['add a colleague to the team', 'invite'],
  ['import boards from trelo', 'import'],
  ['download all my data', 'export'],
  ['I need an invoice with our vat number', 'invoices'],
  ['how do i cancel', 'cancel'],
  ['too many notification emails', 'notifications'],
  ['is there an iphone app', 'mobile'],
  ['where are your servers, gdpr', 'privacy'],
  ['the board is so slow', 'status'],
])('"%s" finds the article %s', (question, id) => {
  expect(knowledge.find(question)).toMatchObject({ article: { id }, isSure: true });
});

test.each(['does it do gantt diagrams', 'what is the weather', 'hmm'])(
  '"%s" finds nothing to be sure of',
  (question) => {
    expect(knowledge.find(question)?.isSure ?? false).toBe(false);
  },
);
