import { describe, expect, test } from 'vitest';
import { readOutcome } from '../../src/domain/outcome.ts';

const DECLARED = ['reached', 'no-answer', 'bad-lead'];

describe('fault 4: an outcome counts only where the words name it and nothing turns it round', () => {
  test.each<[text: string, outcome: string | undefined, note: string | undefined]>([
    ['reached', 'reached', undefined],
    ['Reached.', 'reached', undefined],
    ['REACHED!', 'reached', undefined],
    ['reached spoke to her', 'reached', 'spoke to her'],
    ['reached, she wants a demo', 'reached', 'she wants a demo'],
    ['reached, not interested', 'reached', 'not interested'],
    ['reached (no budget)', 'reached', '(no budget)'],
    ['no answer', 'no-answer', undefined],
    ['noanswer', 'no-answer', undefined],
    ['no-answer, left a voicemail', 'no-answer', 'left a voicemail'],
    ['no answer, not at home', 'no-answer', 'not at home'],
    ['bad lead, wrong number', 'bad-lead', 'wrong number'],
    ['reached? not yet', undefined, 'reached? not yet'],
    ['reached, not yet', undefined, 'reached, not yet'],
    ['reached out twice, no reply', undefined, 'reached out twice, no reply'],
    ['reached-out', undefined, 'reached-out'],
    ['reached voicemail', undefined, 'reached voicemail'],
    ['reached her voice mail', undefined, 'reached her voice mail'],
    ['reached, but only her voicemail', undefined, 'reached, but only her voicemail'],
    ['reached nobody', undefined, 'reached nobody'],
    ['reached no one', undefined, 'reached no one'],
    ["reached her number but couldn't talk", undefined, "reached her number but couldn't talk"],
    ['reached the wrong person', undefined, 'reached the wrong person'],
    ['reachedout', undefined, 'reachedout'],
    ['no answering machine', undefined, 'no answering machine'],
    ['she was reached', undefined, 'she was reached'],
    ['  ', undefined, undefined],
  ])('%j', (text, outcome, note) => {
    expect(readOutcome(text, DECLARED)).toEqual({
      ...(outcome !== undefined && { outcome }),
      ...(note !== undefined && { note }),
    });
  });

  test.each([
    ['reached voicemail', ['reached', 'reached-voicemail'], 'reached-voicemail', undefined],
    ['reached voicemail', ['reached-voicemail', 'reached'], 'reached-voicemail', undefined],
    ['no answer', ['no', 'no-answer'], 'no-answer', undefined],
    ['bad-lead', ['bad', 'bad-lead'], 'bad-lead', undefined],
    ['left voicemail wrong number', ['left', 'left-voicemail'], 'left-voicemail', 'wrong number'],
    ['leftvoicemail wrong number', ['left-voicemail'], 'left-voicemail', 'wrong number'],
  ])('%j of %j is the longest, with every letter of the note', (text, declared, outcome, note) => {
    expect(readOutcome(text, declared)).toEqual({ outcome, ...(note !== undefined && { note }) });
  });

  test('an outcome is no pattern', () => {
    expect(readOutcome('anything', ['.*'])).toEqual({ note: 'anything' });
  });
});
