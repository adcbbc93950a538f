// What every part of the page is made with. Everything shown was written by somebody else: it enters the page through
// textContent only.

export const $ = (id) => document.getElementById(id);
export const make = (tag, className = '', text = undefined) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
export const testId = (node, id) => {
  node.dataset.testid = id;
  return node;
};
export const setText = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};
export const clock = (iso, timeZone) => {
  const date = new Date(iso ?? NaN);
  if (Number.isNaN(date.getTime())) return '';
  // A phone shows the time of where its owner is, as the messages on it do.
  if (timeZone)
    return date.toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return date.toDateString() === new Date().toDateString()
    ? time
    : `${date.toLocaleDateString([], { weekday: 'short', day: 'numeric', month: 'short' })} ${time}`;
};
export const placeOf = (timeZone) => timeZone.split('/').at(-1).replaceAll('_', ' ');
export const fromNow = (iso) => {
  const seconds = Math.round((Date.parse(iso) - Date.now()) / 1000);
  if (Number.isNaN(seconds)) return '';
  const size = Math.abs(seconds);
  const [value, unit] =
    size < 90
      ? [seconds, 'second']
      : size < 5400
        ? [Math.round(seconds / 60), 'minute']
        : size < 129600
          ? [Math.round(seconds / 3600), 'hour']
          : [Math.round(seconds / 86400), 'day'];
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(value, unit);
};

/** Keeps one child per item by key, so that focus, scroll and half-typed text survive an update. */
export function reconcile(parent, items, keyOf, create, update) {
  parent.known ??= new Map();
  const keep = new Set(items.map(keyOf));
  for (const [key, node] of parent.known)
    if (!keep.has(key)) {
      node.remove();
      parent.known.delete(key);
    }
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let node = parent.known.get(key);
    if (!node) parent.known.set(key, (node = create(item)));
    update(node, item);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
}

export async function ask(path, method = 'GET', body = undefined) {
  const response = await fetch(path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  let json = {};
  try {
    json = text ? JSON.parse(text) : {};
  } catch {
    // Not JSON: the status says enough.
  }
  if (!response.ok)
    throw new Error(json.detail ?? json.title ?? json.error ?? `HTTP ${response.status}`);
  return json;
}

let notices = {};
export function notice(topic, text) {
  notices = { ...notices, [topic]: text };
  const shown = Object.values(notices).filter(Boolean).join(' ');
  setText($('notice'), shown);
  $('notice').hidden = shown === '';
}

/** Adds text with its addresses as links. */
export function addLinked(parent, text) {
  for (const [index, part] of text.split(/(https?:\/\/[^\s<>"]+)/).entries()) {
    if (index % 2 === 0) {
      parent.append(part);
      continue;
    }
    const link = make('a', '', part);
    link.href = part;
    link.target = '_blank';
    link.rel = 'noreferrer noopener';
    parent.append(link);
  }
}
