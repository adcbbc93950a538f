import { finding, quote, type Case, type Finding } from './finding.ts';
import { isNews, isVerb, isVerbByPlace, listInstructionWords } from './instruction.ts';
import { SOFT_VERBS } from './verbs.ts';

/** Returns what there is against what the person is asked to do. */
export function reviewInstruction({ handoff, verbs = [] }: Case): Finding[] {
  const instruction = handoff.action.do;
  const words = listInstructionWords(instruction);
  const [first = ''] = words;
  if (verbs.some((verb) => verb.toLowerCase() === first)) return [];
  // The list of verbs is English: it has nothing to say about other scripts.
  const isOtherScript = /\p{L}/u.test(instruction) && !/\p{Script=Latin}/u.test(instruction);
  if (isOtherScript) return [];
  if (!(isVerb(first) || isVerbByPlace(words)) || isNews(instruction)) {
    return [
      finding('action-is-no-instruction', 'error', '/action/do', {
        what: `The action ${quote(instruction)} does not begin with what to do.`,
        why: 'It opens the message: whoever is woken by it has to guess what is wanted of them.',
        fix: 'Begin with a verb and name whom or what it is about: "Call John Smith".',
      }),
    ];
  }
  if (!isVague(words)) return [];
  return [
    finding('action-too-vague', 'error', '/action/do', {
      what: `The action ${quote(instruction)} does not say whom or what it is about.`,
      why: 'Whoever reads it has to find out what to do first, or does something else.',
      fix: 'Name the object: "Call Maria Lopez", "Approve refund 8841".',
    }),
  ];
}

/** What adds nothing to a verb: `Take a look`, `Follow up on this asap`. */
const FILLERS = new Set(
  `a an the it this that these those them him her one something anything everything
  action look care glance of at in into on onto over with to up out off back down for about again through
  please kindly asap now today tomorrow immediately urgently quickly soon right away possible as so next steps
  needful details below above attached further necessary needed required touch and or then`.split(
    /\s+/,
  ),
);
/** What is always there: only a verb that is plain by itself can stand with it. */
const ANYTHING = new Set(
  'case customer client issue lead matter person problem request situation task thing ticket user'.split(
    ' ',
  ),
);

function isVague(words: readonly string[]): boolean {
  const [verb = '', ...rest] = words;
  const isFiller = (word: string, index: number): boolean =>
    FILLERS.has(word) ||
    (SOFT_VERBS.has(verb) && ANYTHING.has(word)) ||
    // `Approve or reject`
    (isVerb(word) && ['or', 'and', 'then'].includes(rest[index - 1] ?? ''));
  return rest.every(isFiller);
}
