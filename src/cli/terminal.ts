/** Every terminal has so many columns. */
const WIDTH = 80;

const STYLES = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
} as const;
export type Style = keyof typeof STYLES;

/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** Returns how texts are coloured; without colour not at all. */
export function createPaint(hasColour: boolean): Paint {
  return (style, text) => (hasColour ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text);
}

/**
 * Returns a text folded at spaces into lines of 80 columns; `first` opens the first line, `rest` every other. Its own
 * line breaks stay; a word that is longer than a line is not cut.
 */
export function fold(text: string, first = '', rest = first, width = WIDTH): string {
  const lines: string[] = [];
  for (const paragraph of text.split(/\r?\n/)) {
    let line: string | undefined;
    for (const word of paragraph.split(' ')) {
      const start = lines.length === 0 ? first : rest;
      if (line === undefined) {
        line = word;
      } else if (start.length + line.length + 1 + word.length > width) {
        lines.push(start + line);
        line = word;
      } else {
        line += ` ${word}`;
      }
    }
    lines.push((lines.length === 0 ? first : rest) + (line ?? ''));
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** Returns a text as it stands on a screen, with a rule around its left side: what is in it is none of ours. */
export function frame(text: string, width = WIDTH - 2): string {
  const rule = '─'.repeat(width - 4);
  return [`  ┌─${rule}`, fold(text, '  │ ', '  │ ', width), `  └─${rule}`].join('\n');
}

/** Returns texts beside each other, as many as fit on a line. */
export function flow(texts: readonly string[], indent = ''): string {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    const joined = `${last ?? ''}   ${text}`;
    if (last === undefined || joined.length > WIDTH) lines.push(indent + text);
    else lines[lines.length - 1] = joined;
  }
  return lines.join('\n');
}
