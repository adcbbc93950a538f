import { LIMITS } from '../handoff.ts';
import { countCharacters } from '../text.ts';
import { finding, listWords, quote, type Case, type Finding } from './finding.ts';

/** Words that fit every handoff. */
const GENERIC = new Set(
  `a access account action alert an and application approval approve automated call case client complaint contact
  contract customer document email enquiry event feedback follow for from fyi handoff high hot important inbound
  incident incoming info inquiry invoice issue item lead message new notice notification of online order payment
  please priority problem prospect qualified question refund reminder report request required responded review
  support system task test the ticket to transaction unknown up update urgent user visitor warm web website work
  you your`.split(/\s+/),
);
const MIN_SUMMARY_WORDS = 4;
const MAX_SUMMARY = 500;
const MAX_LINES = 6;

/** `New lead: John Smith`: a word that fits everybody, and a bare name. */
const LABEL =
  /^(?:(?:new|hot|warm|inbound|qualified)\s+)*(?:lead|customer|client|contact|prospect|user|visitor)\s*[:–—-]\s*/i;
const BARE_NAME = /^\p{Lu}[\p{L}'’.-]*(?:\s+\p{Lu}[\p{L}'’.-]*){0,2}$/u;

/** Returns what there is against the subject and the summary, less those whose template was left open. */
export function reviewBrief({ handoff }: Case, openFields: readonly string[]): Finding[] {
  const { brief } = handoff;
  return [
    ...reviewLengths(handoff),
    ...(openFields.includes('/brief/subject') ? [] : reviewSubject(brief.subject)),
    ...(openFields.includes('/brief/summary') ? [] : reviewSummary(handoff)),
    ...reviewScore(handoff),
  ];
}

/** What was too long for its place is cut where it comes in. */
function reviewLengths({ brief, action }: Case['handoff']): Finding[] {
  const { subject, origin } = brief;
  const texts = [
    ['/brief/subject', subject, LIMITS.subject],
    ['/brief/summary', brief.summary, LIMITS.summary],
    ['/brief/origin', origin, LIMITS.origin],
    ['/action/do', action.do, LIMITS.do],
    ['/action/say', action.say, LIMITS.say],
  ] as const;
  return texts
    .filter(([, text = '', max]) => text.endsWith('…') && countCharacters(text) > max / 2)
    .map(([pointer, text = '', max]) =>
      finding('text-cut', pointer === '/action/do' ? 'error' : 'warning', pointer, {
        what: `It is longer than the ${max} characters there is room for: ${quote(text)}.`,
        why: 'They read how it begins; the rest stands among the details, which no text message has.',
        fix: 'Say it shorter, and put the rest into brief.details.',
      }),
    );
}

function reviewSubject(subject: string): Finding[] {
  const isGeneric = listWords(subject).every((word) => GENERIC.has(word) || /^\d{1,2}$/.test(word));
  const isBareName = LABEL.test(subject) && BARE_NAME.test(subject.replace(LABEL, ''));
  if (!isGeneric && !isBareName) return [];
  return [
    finding('subject-says-nothing', 'warning', '/brief/subject', {
      what: isGeneric
        ? `The subject ${quote(subject)} fits every handoff.`
        : `The subject ${quote(subject)} gives a name, but not who that is.`,
      why: 'With two of them open nobody can tell which is which, or which to take first.',
      fix: 'Say who or what it is about: "Maria Lopez, Acme Corp".',
    }),
  ];
}

function reviewSummary({ brief: { subject, summary }, action }: Case['handoff']): Finding[] {
  const dump = describeDump(summary);
  if (dump !== undefined) {
    return [
      finding('summary-is-a-dump', 'warning', '/brief/summary', {
        what: `The summary ${dump}: ${quote(summary)}.`,
        why: 'They have to find in it what matters, and a text message shows only how it begins.',
        fix: 'Say in one sentence why it comes now, and put the rest into brief.details.',
      }),
    ];
  }
  const words = listWords(summary);
  const known = new Set(listWords([subject, action.do, action.contact?.name].join(' ')));
  const isShort = words.length < MIN_SUMMARY_WORDS;
  if (!isShort && words.some((word) => !known.has(word) && !GENERIC.has(word))) return [];
  return [
    finding('summary-says-nothing', 'error', '/brief/summary', {
      what: isShort
        ? `The summary ${quote(summary)} is too short to say why.`
        : `The summary ${quote(summary)} only repeats the subject and the action.`,
      why: 'They act without knowing why it comes now, and have to ask what is known already.',
      fix: 'Say what happened: "Compared Pro and Team twice today; asked about 40 seats."',
    }),
  ];
}

/** Returns what raw material a text looks like, or undefined for one that somebody could have written. */
function describeDump(text: string): string | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length;
  if (text.match(/"[\w -]{1,40}"\s*:/g)?.[1] !== undefined || isJson(text)) return 'is JSON';
  if (
    /<\/?(?:a|b|body|br|div|h\d|html|i|img|li|p|script|span|table|td|tr|ul)(?:\s[^<>]*)?\/?>/i.test(
      text,
    )
  ) {
    return 'is HTML';
  }
  if (
    /Traceback \(most recent/.test(text) ||
    count(
      /^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b|at \S+ ?\(\S+:\d+)/,
    ) > 1
  ) {
    return 'is a log';
  }
  if ((text.match(/(?:^|[\s&?])\w{1,40}=\S/g)?.length ?? 0) > 3) return 'is a list of parameters';
  if (isTable(lines)) return 'is a table';
  const turn =
    /(?:^|\s)(?:agent|assistant|bot|caller|chatbot|customer|human|operator|user|visitor)\s?:\s/gi;
  if ((text.match(turn)?.length ?? 0) > 2 || count(/^\[?\d{1,2}:\d\d/) > 2)
    return 'is a transcript';
  if (text.length > MAX_SUMMARY) return `has ${text.length} characters`;
  return lines.length > MAX_LINES ? `has ${lines.length} lines` : undefined;
}

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** Three lines with as many separators each, and more than one of them. */
function isTable(lines: readonly string[]): boolean {
  const [first = ''] = lines;
  const separators = [',', ';', '\t', '|'].filter((one) => first.split(one).length > 2);
  return (
    lines.length > 2 &&
    separators.some((one) =>
      lines.every((line) => line.split(one).length === first.split(one).length),
    )
  );
}

function reviewScore({ brief: { score } }: Case['handoff']): Finding[] {
  if (!score) return [];
  const { value, outOf, meaning } = score;
  const scale = outOf === undefined ? '' : `/${outOf}`;
  return [
    ...(meaning === undefined
      ? [
          finding('score-without-meaning', 'warning', '/brief/score/meaning', {
            what: `The score ${value}${scale} does not say whether that is much.`,
            why: 'They do not know whether it is worth getting up for.',
            fix: 'Say what it stands for: "meaning": "top 3 % this month".',
          }),
        ]
      : []),
    ...(outOf !== undefined && (value > outOf || value < 0)
      ? [
          finding('score-off-its-scale', 'warning', '/brief/score/value', {
            what: `The score ${value}${scale} is off its own scale.`,
            why: 'They can not tell which of the two numbers is wrong.',
            fix: 'Give both on one scale: "value": 92, "outOf": 100.',
          }),
        ]
      : []),
  ];
}
