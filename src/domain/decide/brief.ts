import {
  applyModelBrief,
  listOpenParts,
  WRITE_WITHIN_MS,
  type WritingResult,
} from '../brief-writer/written.ts';
import { instantAfter } from '../duration.ts';
import { enumerate } from '../enumeration.ts';
import { isOpen } from '../state.ts';
import { askForPlan, enterFirst } from './stages.ts';
import type { Turn } from './turn.ts';

/** Only what nobody is woken for waits for a better brief. */
export function start(turn: Turn): void {
  const { writing, handoff } = turn.input;
  if (writing && listOpenParts(handoff).length > 0) {
    turn.effects.push({ type: 'write' });
    turn.state.writing = handoff.urgency === 'routine' ? 'waited-for' : 'beside';
  }
  if (turn.state.writing === 'waited-for') {
    // The first tier's clock does not run before it is planned.
    turn.state.stage.startedAt = instantAfter(turn.now, WRITE_WITHIN_MS);
  } else {
    enterFirst(turn);
  }
}

/** Nobody is told of it: those who have a message already have one they can act on. */
export function endWriting(turn: Turn, result: WritingResult): void {
  const { writing } = turn.state;
  delete turn.state.writing;
  if (isOpen(turn.state)) {
    turn.record({ what: 'written', because: useBrief(turn, result) });
  }
  const { stage } = turn.state;
  const isFirst = stage.serial === 0 && !stage.planned && !stage.notBefore;
  if (writing === 'waited-for' && isFirst && isOpen(turn.state) && !turn.state.owner) {
    askForPlan(turn);
  }
}

function useBrief(turn: Turn, result: WritingResult): string {
  const KEPT = 'the brief stays as it was drawn from the material';
  if ('because' in result) return `${KEPT}: ${result.because}`;
  const { metadata } = turn.handoff;
  const about = applyModelBrief(turn.handoff, result.brief);
  const parts = about.written.model?.parts ?? [];
  if (parts.length === 0) return `${KEPT}: its source has said the rest`;
  turn.state.amended = { ...about, ...(metadata && { metadata }) };
  return `${result.brief.model} wrote ${enumerate(parts)}, checked against the material`;
}
