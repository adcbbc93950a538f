import type { Request, Response } from 'express';
import type { ActiveFault } from './faults.ts';
import { twilioError } from './twilio-errors.ts';

/** Names the version in the paths and answers of Twilio's REST API. */
export const apiVersion = '2010-04-01';

/** Answers with an error of Twilio's API. */
export function sendError(response: Response, code: number): void {
  const error = twilioError(code);
  response.status(error.status).json(error);
}

/** Returns whether a fault keeps Twilio from accepting a request, and answers it, if there is to be an answer. */
export function sendBeforeAccepting(response: Response, fault: ActiveFault): boolean {
  if (fault.kind === 'rate-limited') sendError(response, 20429);
  else if (fault.kind === 'rejected') sendError(response, fault.code);
  else if (fault.kind === 'error-before-accepting') sendError(response, 20500);
  else return fault.kind === 'hang';
  return true;
}

/** Returns the first value of each field of a form; an empty one counts as missing. */
export function readForm(request: Request): ReadonlyMap<string, string> {
  const form = new Map<string, string>();
  for (const name of Object.keys((request.body as object | undefined) ?? {})) {
    const [first] = readAll(request, name);
    if (first !== undefined) form.set(name, first);
  }
  return form;
}

/** Returns every value of a field that may be repeated. */
export function readAll(request: Request, name: string): readonly string[] {
  const value: unknown = (request.body as Readonly<Record<string, unknown>> | undefined)?.[name];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((one) => typeof one === 'string').filter((one) => one !== '');
}

/** Returns the query of a request. */
export function readQuery(request: Request): URLSearchParams {
  return new URL(request.originalUrl, 'http://simulator').searchParams;
}

/** Says whether this is a number in E.164 format. */
export function isPhoneNumber(text: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(text);
}

/** Says whether Twilio would ask this URL: its host may not contain underscores. */
export function isCallbackUrl(text: string): boolean {
  return /^https?:\/\/[^\s_/]+(\/|$)/.test(text);
}

/** Says whether this is a whole number in a range. */
export function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** Returns an instant as Twilio's API writes it, in whole seconds; null without one. */
export function toRfc2822(iso: string | undefined): string | null {
  return iso === undefined ? null : new Date(iso).toUTCString().replace('GMT', '+0000');
}

/** Returns one page of a list, as the query asks. Source: https://www.twilio.com/docs/usage/twilios-response#pagination */
export function createListPage<T extends { readonly sid: string }>({
  path,
  name,
  newestFirst,
  query,
  describe,
}: {
  readonly path: string;
  /** What the list is called in the answer. */
  readonly name: string;
  readonly newestFirst: readonly T[];
  readonly query: URLSearchParams;
  readonly describe: (item: T) => unknown;
}): Readonly<Record<string, unknown>> {
  const wished = Number(query.get('PageSize') ?? 50);
  const pageSize = Number.isInteger(wished) ? Math.min(Math.max(wished, 1), 1000) : 50;
  const page = Number(query.get('Page') ?? 0);
  // The token names the last item of the page before, so that newer items do not shift the pages.
  const token = query.get('PageToken');
  const start = token === null ? 0 : newestFirst.findIndex(({ sid }) => `PA${sid}` === token) + 1;
  const items = newestFirst.slice(start, start + pageSize);
  const last = items.at(-1);

  const linkTo = (extra: Readonly<Record<string, string>>): string => {
    const params = new URLSearchParams(query);
    params.delete('PageToken');
    for (const [key, value] of Object.entries({ PageSize: `${pageSize}`, ...extra }))
      params.set(key, value);
    return `${path}?${params.toString()}`;
  };
  const hasMore = last !== undefined && start + pageSize < newestFirst.length;
  return {
    [name]: items.map(describe),
    page,
    page_size: pageSize,
    start,
    end: start + Math.max(items.length - 1, 0),
    uri: `${path}?${query.toString()}`,
    first_page_uri: linkTo({ Page: '0' }),
    next_page_uri: hasMore ? linkTo({ Page: `${page + 1}`, PageToken: `PA${last.sid}` }) : null,
    previous_page_uri: null,
  };
}
