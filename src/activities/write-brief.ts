import { activityInfo, Context } from '@temporalio/activity';
import { callWithin } from '../deadline.ts';
import { Agendas } from '../domain/availability/agenda.ts';
import { createSituation, type Calendars } from '../domain/availability/situation.ts';
import { checkDraft, readDraft } from '../domain/brief-writer/check.ts';
import { chooseParts, listParts } from '../domain/brief-writer/choose.ts';
import { WRITE_WITHIN_MS, type WritingResult } from '../domain/brief-writer/written.ts';
import type { Directory } from '../domain/directory.ts';
import { reviewSubmission } from '../domain/preview.ts';
import type { HandoffInput } from '../domain/state.ts';
import { BriefModelError, type BriefModel } from './brief-model.ts';
import { heartbeating } from './sending.ts';

export interface WritingDependencies {
  readonly model: BriefModel;
  readonly directory: () => Directory;
  /** Missing: there are no calendars. */
  readonly calendars?: Calendars | undefined;
}

/** A handoff as it was drawn from its material, less its details, and that material. */
export type WritingInput = Pick<HandoffInput, 'handoff' | 'policy'> & {
  readonly material: string;
};

/** What checking and reporting back take. */
const ROOM_MS = 500;

/** Returns the activity that asks a model for a brief. */
export function createWritingActivities({ model, directory, calendars }: WritingDependencies) {
  return {
    /**
     * Asks the model, and returns what of its answer can be found in the material and passes the design test; else
     * why there is nothing. Only what Temporal itself reports is a failure.
     */
    writeBrief: heartbeating(async ({ handoff, policy, material }: WritingInput) => {
      try {
        const answer = await callWithin(
          { ms: leftMs(), signal: Context.current().cancellationSignal },
          (signal) => model.ask({ handoff, material }, signal),
        );
        const draft = readDraft(answer);
        if (!draft) return { because: 'the answer was not of the form that was asked for' };
        const agendas = new Agendas(directory(), createSituation(calendars));
        const { brief, refused } = chooseParts(
          handoff,
          checkDraft(draft, { handoff, material, model: model.name }),
          (candidate) => reviewSubmission({ handoff: candidate, policy }, agendas),
        );
        return listParts(brief).length > 0
          ? { brief }
          : { because: `nothing of the model's held: ${describe(refused)}` };
      } catch (error) {
        if (error instanceof BriefModelError) return { because: error.message };
        throw error;
      }
    }) satisfies (input: WritingInput) => Promise<WritingResult>,
  };
}

function describe(refused: readonly { readonly part: string; readonly because: string }[]): string {
  return refused.map(({ part, because }) => `${part}: ${because}`).join('; ') || 'it said nothing';
}

/** What an earlier attempt has used up is gone. A clock that is ahead of the server's must not end it at once. */
function leftMs(): number {
  const { scheduledTimestampMs, currentAttemptScheduledTimestampMs, attempt } = activityInfo();
  const usedMs = attempt === 1 ? 0 : currentAttemptScheduledTimestampMs - scheduledTimestampMs;
  return Math.max(1, WRITE_WITHIN_MS - ROOM_MS - usedMs);
}
