import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/min';
import { IANAZone } from 'luxon';
import type { LeadEvent } from './events.ts';
import { plain, readText } from './features.ts';

/** Whom to call: what the lead said last of themselves, made fit for a message. */
export interface Contact {
  readonly name: string;
  readonly company: string;
  readonly title: string;
  /** In E.164 form. */
  readonly phone?: string;
  readonly email?: string;
  readonly timezone: string;
}

const EMAIL = /^[\w.+-]{1,64}@[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63})+$/i;

/** Returns how a lead can be reached; undefined when in no way. */
export function contactOf(
  events: readonly LeadEvent[],
  usual: { readonly timezone: string; readonly country: string },
): Contact | undefined {
  const traits = events
    .filter(({ type }) => type === 'identify')
    .reduce<Readonly<Record<string, unknown>>>((all, { data }) => ({ ...all, ...data }), {});
  const read = (name: string): string => readText(traits[name]);
  const parsed = parsePhoneNumberFromString(read('phone'), usual.country as CountryCode);
  const phone = parsed?.isPossible() === true ? parsed.number : undefined;
  const email = EMAIL.test(read('email')) ? read('email').toLowerCase() : undefined;
  if (phone === undefined && email === undefined) return undefined;
  const company = traits['company'];
  const companyName =
    typeof company === 'object' && company !== null
      ? readText((company as Record<string, unknown>)['name'])
      : readText(company);
  const name = read('name') || `${read('firstName')} ${read('lastName')}`;
  return {
    name: plain(name, 30) || 'a lead without a name',
    company: plain(companyName, 30),
    title: plain(read('title'), 40),
    ...(phone !== undefined && { phone }),
    ...(email !== undefined && { email }),
    timezone: IANAZone.isValidZone(read('timezone')) ? read('timezone') : usual.timezone,
  };
}
