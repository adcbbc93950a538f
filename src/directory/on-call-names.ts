import type { Directory } from '../domain/directory.ts';

/**
 * Returns the responder whom an event of an on-call calendar means: the one whose id, name or email stands in its
 * title in whole words; otherwise the one among those who attend (emails in lower case). Undefined for nobody, and
 * where it could be several.
 */
export function findOnCall(
  directory: Directory,
  title: string,
  attendees: readonly string[],
): string | undefined {
  const people = Object.entries(directory.responders);
  const named = listNamed(directory, title);
  const found =
    named.length > 0
      ? named
      : people
          .filter(([, { email }]) => email !== undefined && attendees.includes(email.toLowerCase()))
          .map(([id]) => id);
  return found.length === 1 ? found[0] : undefined;
}

function listNamed({ responders }: Directory, title: string): string[] {
  const names = Object.entries(responders).flatMap(([id, { name, email = '' }]) =>
    [id, name, email]
      .map(normalise)
      .filter(Boolean)
      .map((text) => ({ id, text })),
  );
  const texts = [...new Set(names.map(({ text }) => text))];
  const found = new Set<string>();
  let rest = ` ${normalise(title)} `;
  // The longest first, and each word once: "Alice Brown" does not mean the Alice of another name.
  for (const text of texts.sort((one, other) => other.length - one.length)) {
    if (!rest.includes(` ${text} `)) continue;
    rest = rest.replaceAll(` ${text} `, ' | ');
    for (const name of names) if (name.text === text) found.add(name.id);
  }
  return [...found];
}

/** Returns a text's words in lower case, one space apart; ids and emails are words. */
function normalise(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}_@.+'-]+/u)
    .map((word) => word.replace(/^[.'+-]+|[.'+-]+$/g, ''))
    .filter(Boolean)
    .join(' ');
}
