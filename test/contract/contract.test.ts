import { expect, test } from 'vitest';
import { checkContract } from './run.ts';

test('the API answers as it describes itself, whatever it is asked', async () => {
  // The same requests each time; `npm run test:contract` makes 5,000 others and more.
  const { isGood, requests, output } = await checkContract({ examples: 4, seed: '20261123' });

  expect(isGood, output).toBe(true);
  expect(requests).toBeGreaterThan(1_000);
}, 240_000);
