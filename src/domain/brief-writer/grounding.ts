import { flatten } from './material.ts';

/** What a text says that does not stand in the sources. */
export type Ungrounded = 'a number' | 'a name' | 'a word' | 'a statement';

/** How close words must stand to be about one thing: this line and the next ones. */
const WINDOW = 3;
/** So much of what a sentence says must stand close together: words from all over could be put to say anything. */
const SUPPORT = 0.6;

/** The texts that a brief may draw on, ready to be searched. */
export class Ground {
  readonly #lines: readonly Line[];
  readonly #all: Line;
  /** Words that are never written small. */
  readonly #names: ReadonlySet<string>;

  constructor(material: string, known: readonly string[] = []) {
    const texts = [...material.split(/\r?\n|(?<=[.!?])\s+/), ...known];
    this.#lines = texts.map((text) => readLine(text)).filter(({ exact }) => exact.size > 0);
    this.#all = merge(this.#lines);
    const tokens = texts.flatMap(listTokens);
    const small = new Set(tokens.filter(({ isCapital }) => !isCapital).map(({ exact }) => exact));
    this.#names = new Set(tokens.map(({ exact }) => exact).filter((word) => !small.has(word)));
  }

  /** Returns what of a text does not stand in the sources, or undefined when all of it does. */
  findUngrounded(text: string): Ungrounded | undefined {
    for (const sentence of text.split(/[.!?;](?:\s+|$)/)) {
      const tokens = listTokens(sentence);
      const fault =
        this.#findUnknown(tokens) ??
        this.#findStrayNumber(tokens) ??
        (this.#isSupported(tokens) ? undefined : ('a statement' as const));
      if (fault) return fault;
    }
    return undefined;
  }

  /** Returns whether a value stands in the sources literally, and what its label says with it. */
  hasFact({ label, value }: { readonly label: string; readonly value: string }): boolean {
    const wanted = listTokens(value);
    const labels = listTokens(label).filter((token) => !isTelling(token) && !isGeneric(token));
    if (wanted.length === 0) return false;
    // A figure by itself says nothing: what it counts must stand beside it.
    const speaks = wanted.filter(({ isNumber }) => !isNumber).length >= 3;
    if (labels.length === 0 && !speaks) return false;
    return this.#lines.some(
      (line) =>
        line.text.includes(` ${wanted.map(({ exact }) => exact).join(' ')} `) &&
        labels.every((token) => has(line, token)),
    );
  }

  #findUnknown(tokens: readonly Token[]): Ungrounded | undefined {
    for (const [index, token] of tokens.entries()) {
      const isName = token.isCapital && index > 0 && !token.isNumber;
      if (isTelling(token)) continue;
      if (isName ? this.#all.exact.has(token.exact) : has(this.#all, token)) continue;
      return token.isNumber ? 'a number' : isName ? 'a name' : 'a word';
    }
    return undefined;
  }

  /** A figure must stand beside what the sources say of it. */
  #findStrayNumber(tokens: readonly Token[]): Ungrounded | undefined {
    const isStray = tokens.some((token, index) => {
      if (!token.isNumber) return false;
      const says = (other: Token): boolean => !isTelling(other) && !other.isNumber;
      const beside =
        tokens.slice(index + 1, index + 3).find(says) ??
        tokens.slice(Math.max(0, index - 3), index).findLast(says);
      return (
        beside !== undefined && !this.#lines.some((line) => has(line, token) && has(line, beside))
      );
    });
    return isStray ? 'a number' : undefined;
  }

  /** A "not" must stand where the sources have one, and may not be missing where they do. */
  #isTwisted(tokens: readonly Token[]): boolean {
    const content = tokens.filter((token) => !isTelling(token) && !isNegation(token));
    const counts = this.#lines.map((line) => content.filter((token) => has(line, token)).length);
    const most = counts.reduce((one, other) => Math.max(one, other), 0);
    if (!tokens.some(isNegation)) {
      return (
        most > 0 && this.#lines.every((line, index) => counts[index] !== most || isDenial(line))
      );
    }
    return tokens.some((token, index) => {
      if (!isNegation(token)) return false;
      const says = (other: Token): boolean => !isTelling(other) && !isNegation(other);
      const denied = tokens.slice(index + 1).find(says) ?? tokens.slice(0, index).findLast(says);
      return !denied || !this.#lines.some((line) => isDenial(line) && has(line, denied));
    });
  }

  /** What stands side by side here stands in one line there too; a name may stand for the "she" of the next line. */
  #isJoined(content: readonly Token[]): boolean {
    const words = content.filter((token) => !isNegation(token) && !this.#isName(token));
    return words.every((token, index) => {
      const next = words[index + 1];
      return !next || this.#lines.some((line) => has(line, token) && has(line, next));
    });
  }

  #isName({ exact, isCapital, isNumber }: Token): boolean {
    return isCapital && !isNumber && this.#names.has(exact);
  }

  #isSupported(tokens: readonly Token[]): boolean {
    const content = tokens.filter((token) => !isTelling(token));
    if (content.length === 0) return true;
    if (this.#isTwisted(tokens) || !this.#isJoined(content)) return false;
    return this.#lines.some((_, index) => {
      const near = this.#lines.slice(index, index + WINDOW);
      const found = content.filter((token) => near.some((line) => has(line, token)));
      return found.length >= SUPPORT * content.length;
    });
  }
}

interface Token {
  readonly exact: string;
  readonly stem: string;
  readonly isNumber: boolean;
  readonly isCapital: boolean;
}

interface Line {
  /** All tokens with spaces around each. */
  readonly text: string;
  readonly exact: ReadonlySet<string>;
  readonly stems: ReadonlySet<string>;
}

function readLine(text: string): Line {
  const tokens = listTokens(text);
  return {
    text: ` ${tokens.map(({ exact }) => exact).join(' ')} `,
    exact: new Set(tokens.map(({ exact }) => exact)),
    stems: new Set(tokens.map(({ stem }) => stem)),
  };
}

function merge(lines: readonly Line[]): Line {
  return {
    text: '',
    exact: new Set(lines.flatMap(({ exact }) => [...exact])),
    stems: new Set(lines.flatMap(({ stems }) => [...stems])),
  };
}

function has(line: Line, { exact, stem, isNumber }: Token): boolean {
  return line.exact.has(exact) || (!isNumber && line.stems.has(stem));
}

/** Words and figures; `4,200.50`, `14:05` and `2026-11-28` are one each, `40-seat` is two. */
function listTokens(text: string): Token[] {
  const plain = flatten(text)
    .normalize('NFKC')
    .replace(/[’‘`]/g, "'")
    .replace(/_/g, ' ')
    .replace(/(?<=\p{Nd}),(?=\p{Nd}{3}(?!\p{Nd}))/gu, '');
  const words =
    plain.match(
      /\p{Nd}+(?:[.:/-]\p{Nd}+)+|\p{Nd}[\p{L}\p{M}\p{N}]*|\p{L}[\p{L}\p{M}\p{N}]*(?:'\p{L}+)?/gu,
    ) ?? [];
  return words.map((word) => {
    const exact = word.toLowerCase().replace(/'s$/, '');
    const isNumber = /\p{N}/u.test(word);
    return {
      exact,
      stem: isNumber ? exact : stemOf(exact),
      isNumber,
      isCapital: /^\p{Lu}/u.test(word),
    };
  });
}

/** `asked`, `asking` and `asks` are one word, `prices` and `pricing` too. */
function stemOf(word: string): string {
  if (word.length < 4) return word;
  const bare = word
    .replace(/ies$/, 'y')
    .replace(/(?:ing|ed|es|s)$/, (end) => (word.length - end.length >= 3 ? '' : end))
    .replace(/e$/, '');
  return /([bdfglmnprt])\1$/.test(bare) ? bare.slice(0, -1) : bare;
}

const isTelling = ({ exact, isNumber }: Token): boolean => !isNumber && TELLING.has(exact);
const isNegation = ({ exact }: Token): boolean => NEGATIONS.has(exact);
const isDenial = ({ exact }: Line): boolean => [...NEGATIONS].some((word) => exact.has(word));
const isGeneric = ({ exact, isNumber }: Token): boolean => !isNumber && GENERIC.has(exact);

const wordSet = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

const NEGATIONS = wordSet(
  "not no never none nobody nothing without don't doesn't didn't isn't aren't wasn't weren't won't wouldn't can't cannot couldn't hasn't haven't",
);

/** Words with which a brief tells what others said, and which claim nothing by themselves. */
const TELLING = wordSet(`
  a an and the of to in on at by for from with about as is are was were be been being has have had do does did it its
  they them their theirs he she his her him this that these those who whom whose which what when where why how if
  whether or but so then than there here also only just still more while during after before into over regarding
  client customer caller visitor user person contact somebody someone people
  ask asks asked asking say says said tell tells told write writes wrote mention mentions mentioned describe
  describes described explain explains explained report reports reported want wants wanted need needs needed
  request requests requested would like wishes wished question questions conversation chat transcript`);

/** Words that label a value without saying anything of it. */
const GENERIC = wordSet(
  'name topic subject detail details info information fact value item note quote statement wish issue problem size number amount count',
);
