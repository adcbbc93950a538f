import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Absence } from '../domain/availability/situation.ts';
import { readAbsence as parseAbsence } from '../domain/payloads.ts';
import { AWAY_MEMO } from '../domain/responder.ts';

/** A plan waits for this; a person is told rather than missed. */
const DEADLINE_MS = 1_000;

/**
 * Returns what a responder last said of being away, as the memo of their workflow has it: no worker is needed.
 * It may be over. Throws when Temporal cannot be reached.
 */
export async function readAbsence(
  client: Client,
  workflowId: string,
): Promise<Absence | undefined> {
  try {
    const { memo } = await client.workflow.getHandle(workflowId).describe();
    return parseAbsence(memo?.[AWAY_MEMO]);
  } catch (error) {
    // Nothing was ever offered to them, and they never said anything.
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/**
 * Returns the same for several responders, and for those whom they named to cover for them; nobody is away of whom
 * nothing is known within a second.
 */
export async function readAbsences(
  client: Client,
  responders: readonly string[],
  workflowIdOf: (responder: string) => string,
): Promise<Readonly<Record<string, Absence>>> {
  const found: Record<string, Absence> = {};
  const read = async (responder: string): Promise<void> => {
    const absence = await readAbsence(client, workflowIdOf(responder)).catch(() => undefined);
    if (absence) found[responder] = absence;
  };
  await client.withDeadline(Date.now() + DEADLINE_MS, async () => {
    const asked = new Set<string>();
    for (let next = [...responders]; next.length > 0;) {
      for (const responder of next) asked.add(responder);
      await Promise.all(next.map(read));
      const covers = Object.values(found).flatMap(({ cover }) => cover ?? []);
      next = [...new Set(covers)].filter((cover) => !asked.has(cover));
    }
  });
  return found;
}
