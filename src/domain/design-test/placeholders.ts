import { finding, quote, type Case, type Finding } from './finding.ts';

/** A value that was never filled in stands for the whole text. */
const EMPTY_VALUE =
  /^(?:undefined|null|nil|nan|n\/a|todo|fixme|xxx+|-+|\?+|\[object object\])[.!]?$/i;
/** What a template engine would have replaced. */
const PLACEHOLDER =
  /\{\{[^{}]{0,80}\}\}|\$\{[^{}]{0,80}\}|<%.{0,80}?%>|(?<![\w%])%[A-Z][A-Z_]{2,30}%|(?<![\w/{])\{[a-z_]{2,30}(?:\.[a-z_]{1,30})*\}|\[(?:first |last |your |customer )?name\]|\[object Object\]|lorem ipsum/i;
const TODO = /\b(?:TODO|FIXME)\b(?!\s+(?:list|app|item))/;
/** `Hello null,` and `Score: NaN`, but not `undefined is not a function` or `returns null`. */
const EMPTY_PART =
  /(?:^|[.,;|]\s)\s*[A-Z][\w ]{0,20}:\s*(?:undefined|null|NaN)\b(?=$|[,.;|]|\s+[A-Z])|^(?:undefined|null|NaN)\b(?=$|[,;!?]|\s+(?:[A-Z]|undefined|null))|\b(?:[Hh]ello|[Hh]i|[Dd]ear|[Cc]all|[Ee]mail|[Cc]ontact)\s+(?:undefined|null|NaN)\b/m;

/** Returns what a template left open, field by field. */
export function reviewPlaceholders({ handoff }: Case): Finding[] {
  return listTexts(handoff).flatMap(({ pointer, text, isBack }) => {
    const value = text.trim();
    const patterns = isBack ? [EMPTY_VALUE] : [EMPTY_VALUE, PLACEHOLDER, TODO, EMPTY_PART];
    const found = patterns.map((pattern) => pattern.exec(value)?.[0]).find((part) => part);
    if (found === undefined) return [];
    const isNeeded = /^\/(?:action|brief\/(?:subject|summary))/.test(pointer);
    return [
      finding('template-left-open', isNeeded ? 'error' : 'warning', pointer, {
        what: `A value was never filled in: ${quote(found)}.`,
        why: isNeeded
          ? 'They do not learn who or what it is about, and trust the rest of it less.'
          : 'They read a line that says nothing, and trust the rest of it less.',
        fix: 'Fill it in before it is handed off, such as "Maria Lopez", or leave the field out.',
      }),
    ];
  });
}

interface Text {
  readonly pointer: string;
  readonly text: string;
  /** Raw material such as a transcript, in which anything may stand. */
  readonly isBack?: boolean;
}

function listTexts({ brief, action }: Case['handoff']): Text[] {
  const { subject, summary, score, origin, facts = [], details } = brief;
  const texts: { pointer: string; text: string | undefined; isBack?: boolean }[] = [
    { pointer: '/action/do', text: action.do },
    { pointer: '/action/contact/name', text: action.contact?.name },
    { pointer: '/action/say', text: action.say },
    ...action.outcomes.map((text, index) => ({ pointer: `/action/outcomes/${index}`, text })),
    { pointer: '/brief/subject', text: subject },
    { pointer: '/brief/summary', text: summary },
    { pointer: '/brief/score/meaning', text: score?.meaning },
    { pointer: '/brief/origin', text: origin },
    ...facts.flatMap(({ label, value }, index) => [
      { pointer: `/brief/facts/${index}/label`, text: label },
      { pointer: `/brief/facts/${index}/value`, text: value },
    ]),
    { pointer: '/brief/details', text: details, isBack: true },
  ];
  return texts.flatMap(({ text, ...about }) => (text === undefined ? [] : [{ ...about, text }]));
}
