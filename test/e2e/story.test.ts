import { afterAll, beforeAll } from 'vitest';
import { startBaton, type Baton } from '../support/baton.ts';
import { tellStories } from '../support/stories.ts';

let baton: Baton;

beforeAll(async () => {
  baton = await startBaton();
});
afterAll(async () => {
  await baton.stop();
});

tellStories(() => baton);
