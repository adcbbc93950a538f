import type { Baton } from './baton.ts';

/** What going through a whole list took and gave. */
export interface Walk {
  readonly ids: readonly string[];
  /** How long each page took, in milliseconds. */
  readonly pageMs: readonly number[];
}

/** Goes through a list of handoffs page by page; `meanwhile` runs after each page. */
export async function walkList(
  baton: Baton,
  query: string,
  meanwhile: (page: number) => Promise<void> = () => Promise.resolve(),
): Promise<Walk> {
  const ids: string[] = [];
  const pageMs: number[] = [];
  let cursor: string | undefined;
  do {
    const startedAt = performance.now();
    const { status, body } = await baton.call(
      'GET',
      `/v1/handoffs?${query}${cursor === undefined ? '' : `&cursor=${cursor}`}`,
    );
    pageMs.push(performance.now() - startedAt);
    if (status !== 200) throw new Error(`a page was answered ${status}: ${JSON.stringify(body)}`);
    const page = body as { handoffs: { id: string }[]; cursor?: string };
    ids.push(...page.handoffs.map(({ id }) => id));
    ({ cursor } = page);
    await meanwhile(pageMs.length);
  } while (cursor !== undefined);
  return { ids, pageMs };
}

/** Hands off so many, a few at a time, and returns their ids. */
export async function submitMany(
  baton: Baton,
  count: number,
  bodyOf: (index: number) => unknown,
): Promise<string[]> {
  const ids: string[] = [];
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      ids.push((await baton.submit(bodyOf(index))).id);
    }
  };
  await Promise.all(Array.from({ length: 32 }, run));
  return ids;
}
