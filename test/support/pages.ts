const BUTTON = /<button[^>]*>[^]*?<\/button>/g;

/** Presses the button with this label as a browser without JavaScript does, and returns the page that follows. */
export async function pressButton(
  url: string,
  label: RegExp,
): Promise<{ status: number; html: string }> {
  const page = await (await fetch(url)).text();
  const isMeant = (button: string): boolean => label.test(button.replace(/<[^>]*>/g, ''));
  const form = (page.match(/<form[^]*?<\/form>/g) ?? []).find((one) =>
    (one.match(BUTTON) ?? []).some(isMeant),
  );
  const button = (form?.match(BUTTON) ?? []).find(isMeant);
  if (form === undefined || button === undefined) {
    throw new Error(`no button ${label.toString()} in:\n${page}`);
  }
  const fields = new URLSearchParams();
  for (const tag of [...(form.match(/<input[^>]*>/g) ?? []), button]) {
    const name = attribute(tag, 'name');
    if (name !== undefined) fields.set(name, attribute(tag, 'value') ?? '');
  }
  const response = await fetch(url, { method: 'POST', body: fields });
  return { status: response.status, html: await response.text() };
}

/** Returns the address of the page in a message; throws when there is none. */
export function linkIn(text: string): string {
  const [link] = /http:\/\/\S+\/h\/\S+/.exec(text) ?? [];
  if (link === undefined) throw new Error(`no link in: ${text}`);
  return link;
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
}
