import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { contactAgenda, findFreeTime } from '../availability/agenda.ts';
import type { Contact } from '../handoff.ts';
import { finding, nameTime, quote, type Case, type Finding } from './finding.ts';
import { readReach } from './instruction.ts';

/** Returns what there is against the contact, given what the person is to do. */
export function reviewContact(about: Case): Finding[] {
  const { contact = {}, do: instruction } = about.handoff.action;
  const { ways, isEither } = readReach(instruction);
  const has = {
    phone: contact.phone !== undefined,
    email: contact.email !== undefined,
    any: (contact.phone ?? contact.email) !== undefined,
  };
  const missing = ways.filter((way) => !has[way]);
  const isEnough = isEither && missing.length < ways.length;
  return [
    ...missing
      .slice(0, isEnough ? 0 : isEither ? 1 : undefined)
      .map((way) => reviewMissing(about, way)),
    ...reviewPhone(contact),
    ...reviewHours(about, contact, ways.includes('phone')),
  ];
}

function reviewMissing({ handoff }: Case, way: 'phone' | 'email' | 'any'): Finding {
  const instruction = quote(handoff.action.do);
  const found = findInText(handoff, way);
  if (found) {
    const field = way === 'email' ? 'email' : 'phone';
    return finding('contact-only-in-text', 'error', found.pointer, {
      what: `How to reach the contact stands in the text only: ${quote(found.text)}.`,
      why: 'A text message cuts the text and keeps the contact: they may never get it, and can not tap it.',
      fix: `Put it into action.contact: ${EXAMPLES[field]}.`,
    });
  }
  switch (way) {
    case 'phone':
      return finding('contact-without-phone', 'error', '/action/contact/phone', {
        what: `The action ${instruction} comes without a phone number.`,
        why: 'They have to look it up first, on a phone, at night, or can not call at all.',
        fix: `Give the number with its country: ${EXAMPLES.phone}.`,
      });
    case 'email':
      return finding('contact-without-email', 'error', '/action/contact/email', {
        what: `The action ${instruction} comes without an email address.`,
        why: 'They have to look it up first, or write to somebody else of that name.',
        fix: `Give the address: ${EXAMPLES.email}.`,
      });
    case 'any':
      return finding('contact-not-reachable', 'error', '/action/contact', {
        what: `The action ${instruction} comes without any way to do so.`,
        why: 'They have to look up how to reach the contact first, or can not answer at all.',
        fix: `Give a number or an address in action.contact: ${EXAMPLES.email}.`,
      });
  }
}

const EXAMPLES = {
  phone: '"phone": "+15125550147"',
  email: '"email": "maria@example.com"',
} as const;

const EMAIL_ADDRESS = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/;
/** In groups or with a plus, so that an order number is none. */
const PHONE_NUMBER =
  /(?<![\w.+-])(?:\+\d[\d\s().-]{6,20}\d|\(?\d{2,5}\)?[\s./-]\d{2,4}(?:[\s.-]\d{2,4}){1,3})(?![\w-])/;
const DAY = /\d{4}-\d{2}-\d{2}/;

/** Returns the first number or address in the texts that a person reads. */
function findInText(
  { brief, action }: Case['handoff'],
  way: 'phone' | 'email' | 'any',
): { pointer: string; text: string } | undefined {
  const texts = {
    '/action/do': action.do,
    '/brief/subject': brief.subject,
    '/brief/summary': brief.summary,
    '/action/say': action.say ?? '',
  };
  for (const [pointer, text] of Object.entries(texts)) {
    const email = way === 'phone' ? undefined : EMAIL_ADDRESS.exec(text)?.[0];
    const phone = way === 'email' ? undefined : PHONE_NUMBER.exec(text.replace(DAY, ' '))?.[0];
    const found = phone ?? email;
    if (found !== undefined) return { pointer, text: found };
  }
  return undefined;
}

function reviewPhone({ phone }: Contact): Finding[] {
  if (phone === undefined || parsePhoneNumberFromString(phone)?.isPossible()) return [];
  return [
    finding('contact-phone-impossible', 'error', '/action/contact/phone', {
      what: `There can be no phone number ${quote(phone)}.`,
      why: 'They dial it, hear that it does not exist, and have no other.',
      fix: 'Check the country code and the number of digits: "phone": "+15125550147".',
    }),
  ];
}

function reviewHours(about: Case, contact: Contact, isCall: boolean): Finding[] {
  const { hours, timezone } = contact;
  if (hours === undefined) return [];
  const fallback = about.directory.organisation.timezone;
  if (timezone === undefined) {
    return [
      finding('contact-hours-without-timezone', 'error', '/action/contact/timezone', {
        what: `The contact's hours ${hours} have no time zone; they are taken as ${fallback}.`,
        why: 'A contact who lives elsewhere is called in the middle of their night.',
        fix: 'Say where the contact is: "timezone": "America/Chicago".',
      }),
    ];
  }
  const { dueAt, toldAt } = about;
  const agenda = contactAgenda(contact, fallback);
  if (!isCall || !agenda || dueAt === undefined || dueAt <= toldAt) return [];
  const opensAt = findFreeTime(toldAt, [agenda]).at ?? Infinity;
  if (opensAt < dueAt) return [];
  return [
    finding('deadline-outside-contact-hours', 'error', '/action/contact/hours', {
      what: `The contact may be called ${hours} (${timezone}): not before the deadline, ${nameTime(about, dueAt)}.`,
      why: 'They can only call at a forbidden hour, or too late.',
      fix: 'Set the deadline within the hours of the contact, such as "within": "PT16H".',
    }),
  ];
}
