import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { contactSchema, type Brief, type Contact } from '../handoff.ts';
import { flatten, isOurs, isTheirs, readMaterial, type Material } from './material.ts';
import { findSmuggled } from './smuggling.ts';

/** A brief drawn from a material; the contact holds only what stands in the material. */
export interface DrawnBrief {
  readonly subject: string;
  readonly summary: string;
  readonly facts: NonNullable<Brief['facts']>;
  readonly contact: Contact;
  /** The instruction. */
  readonly do: string;
}

/** What the source has said itself. */
export interface Known {
  readonly subject?: string | undefined;
  readonly origin?: string | undefined;
  readonly contact?: Contact | undefined;
}

const MAX_SUMMARY = 160;
const MAX_SUBJECT = 60;
const MAX_ACTION = 100;
const MAX_FACTS = 8;
const MAX_FACT = 160;

/**
 * Returns a brief drawn from a material by rules alone: values and words that stand in it, and an instruction that
 * follows from how its contact can be reached. What the material says is to be done is nobody's instruction.
 */
export function drawBrief(text: string, known: Known = {}): DrawnBrief {
  const material = readMaterial(text);
  const contact = findContact(material, known.contact ?? {});
  const name = known.contact?.name ?? contact.name;
  const summary = summarise(material);
  const email = known.contact?.email ?? contact.email;
  return {
    subject: known.subject ?? nameSubject(material, { name, email, origin: known.origin, summary }),
    summary,
    facts: listFacts(material, { ...contact, ...known.contact }),
    contact,
    do: instruct(material.form, { ...contact, ...known.contact }, name),
  };
}

// -- summary

/** What people come with. */
const ASKS =
  /\b(?:ask|asked|asking|want|wants|need|needs|would like|looking for|interested|help|call me|call back|speak|talk to|human|person|pric(?:e|es|ing)|quote|seats?|buy|order|cancel|refund|return|broken|not work|doesn['’]?t work|can['’]?t|cannot|error|issue|problem|outage|down|late|delayed|missing|wrong|complain|urgent|asap|deadline|appointment|book|demo|trial|upgrade|invoice|charged|payment|lock(?:ed)? out)\b/gi;
const GREETING =
  /^(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks|thank you|ok(?:ay)?|yes|no|sure|bye)\b[^.?!]{0,25}[.!?]*$/i;

interface Sentence {
  readonly text: string;
  readonly at: number;
  readonly score: number;
}

function summarise(material: Material): string {
  if (material.form === 'events') return summariseEvents(material);
  const sentences = listTheirs(material)
    .flatMap((passage) => passage.split(/(?<=[.!?])\s+/))
    .map((sentence) => sentence.slice(0, 2 * MAX_SUMMARY).trim())
    .filter((sentence) => sentence !== '' && findSmuggled(sentence) === undefined)
    .map((sentence, at) => ({ text: sentence, at, score: rate(sentence) }));
  const best = [...sentences].sort((one, other) => other.score - one.score || one.at - other.at);
  const chosen: Sentence[] = [];
  for (const sentence of best.slice(0, 3)) {
    const length = chosen.reduce((sum, { text }) => sum + text.length + 1, 0);
    if (chosen.length > 0 && (sentence.score < 2 || length + sentence.text.length > MAX_SUMMARY))
      continue;
    chosen.push(sentence);
  }
  const said = chosen
    .sort((one, other) => one.at - other.at)
    .map(({ text }) => text)
    .join(' ');
  return quoteWords(said);
}

/** Their words where the material tells who speaks, else whoever is not ours. */
function listTheirs({ passages }: Material): string[] {
  const theirs = passages.filter(isTheirs);
  const others = theirs.length > 0 ? theirs : passages.filter((passage) => !isOurs(passage));
  return others.map(({ text }) => text);
}

function rate(sentence: string): number {
  const words = countWords(sentence);
  const asks = Math.min(3, sentence.match(ASKS)?.length ?? 0);
  return (
    2 * asks +
    (sentence.includes('?') ? 1 : 0) +
    (/\d/.test(sentence) ? 1 : 0) +
    (words >= 5 && words <= 30 ? 2 : 0) -
    (words < 3 ? 4 : 0) -
    (GREETING.test(sentence) ? 5 : 0)
  );
}

function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

const NOTHING_TO_QUOTE = 'It came without a summary: what is known stands in the details.';

function quoteWords(said: string): string {
  const words = countWords(said);
  if (words === 0) return NOTHING_TO_QUOTE;
  const cut = cutWords(said.replaceAll('"', "'"), MAX_SUMMARY);
  return words < 4 ? `All that was said: "${cut}"` : `"${cut}"`;
}

function summariseEvents({ passages, fields }: Material): string {
  const events = [...new Set(passages.map(({ text }) => text))].filter(
    (text) => text.length <= 80 && findSmuggled(text) === undefined,
  );
  const values = fields
    .map(({ label, value }) => `${label} ${value}`)
    .filter((text) => text.length <= 60 && findSmuggled(text) === undefined);
  const shown = events.length > 0 ? events.slice(-5) : values.slice(0, 4);
  if (shown.length === 0) return NOTHING_TO_QUOTE;
  const lead = events.length > 0 ? 'What happened last' : 'What came in';
  return cutWords(`${lead}: ${shown.join(', ')}`, MAX_SUMMARY);
}

/** Returns a text cut at a word, with `...` where something is left out. */
function cutWords(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 3).replace(/[\uD800-\uDBFF]$/, '');
  const space = cut.lastIndexOf(' ');
  return `${cut.slice(0, space > max / 2 ? space : undefined).replace(/[\s,.;:]+$/, '')}...`;
}

// -- whom it is about

const NAME = String.raw`\p{Lu}[\p{L}'’-]{1,30}(?:\s(?:(?:de|da|del|van|von|der|la)\s)?\p{Lu}[\p{L}'’.-]{0,30}){0,3}`;
const WHOLE_NAME = new RegExp(`^${NAME}$`, 'u');
const SAYS_NAME = new RegExp(
  String.raw`\b(?:[Mm]y name is|[Tt]his is|[Nn]ame['’]s)\s(${NAME})`,
  'u',
);
const NAME_LABEL =
  /^(?:(?:full |customer |client |contact |caller |lead |user |visitor )?name|caller|client|contact|customer|from|guest|lead|visitor|user)$/i;
const COMPANY_LABEL =
  /^(?:company(?: name)?|organi[sz]ation(?: name)?|account(?: name)?|business|firm)$/i;
const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}/g;

function findContact({ passages, fields }: Material, known: Contact): Contact {
  const texts = [
    ...passages.filter((passage) => !isOurs(passage)).map(({ text }) => text),
    ...fields.map(({ value }) => value),
  ];
  // A way to reach them that the source names is the one; of several in the material nobody knows which.
  const isKnown = (known.phone ?? known.email) !== undefined;
  const phones = new Set(texts.flatMap((text) => findPhones(text).map(({ number }) => number)));
  const emails = new Set(texts.flatMap((text) => text.match(EMAIL) ?? []));
  const isAddress = (email: string): boolean => contactSchema.safeParse({ email }).success;
  const [phone] = phones.size === 1 && !isKnown ? phones : [];
  const [email] = emails.size === 1 && !isKnown ? emails : [];
  const name = known.name === undefined ? findName({ passages, fields }) : undefined;
  return {
    ...(name !== undefined && { name }),
    ...(phone !== undefined && { phone }),
    ...(email !== undefined && isAddress(email) && { email }),
  };
}

/** Only with its country: without one nobody knows whose number it is. */
const PHONE = /(?<![\w+])\+\d(?:[\s().-]{0,2}\d){6,14}(?!\d)/g;

function findPhones(text: string): { readonly as: string; readonly number: string }[] {
  return (text.match(PHONE) ?? []).flatMap((as) => {
    const found = parsePhoneNumberFromString(as);
    return found?.isPossible() === true ? [{ as, number: found.number }] : [];
  });
}

function findName({ passages, fields }: Pick<Material, 'passages' | 'fields'>): string | undefined {
  const isName = (text: string): boolean => WHOLE_NAME.test(text) && text.length <= 80;
  const labelled = fields.find(({ label, value }) => NAME_LABEL.test(label) && isName(value));
  if (labelled) return labelled.value;
  const [first, last] = ['First name', 'Last name'].map(
    (wanted) => fields.find(({ label, value }) => label === wanted && isName(value))?.value,
  );
  if (first !== undefined) return last === undefined ? first : `${first} ${last}`;
  const said = passages
    .filter((passage) => !isOurs(passage))
    .map(({ text }) => SAYS_NAME.exec(text)?.[1])
    .find((name) => name !== undefined);
  if (said !== undefined) return said;
  const speakers = new Set(
    passages
      .filter((passage) => !isOurs(passage) && !isTheirs(passage))
      .flatMap(({ speaker }) => speaker ?? []),
  );
  const [speaker] = speakers.size === 1 ? speakers : [];
  return speaker !== undefined && isName(speaker) ? speaker : undefined;
}

function nameSubject(
  { form, fields }: Material,
  about: {
    readonly name: string | undefined;
    readonly email: string | undefined;
    readonly origin: string | undefined;
    readonly summary: string;
  },
): string {
  const { name, email, origin, summary } = about;
  const company = fields.find(
    ({ label, value }) =>
      COMPANY_LABEL.test(label) && value.length <= 60 && findSmuggled(value) === undefined,
  )?.value;
  const who = name ?? email;
  if (who !== undefined && who.length <= MAX_SUBJECT) {
    return company === undefined || company === who ? who : `${who}, ${cutWords(company, 50)}`;
  }
  if (company !== undefined) return company;
  if (origin !== undefined) return `Somebody on ${origin}`;
  const said = /"(.+)"/.exec(summary)?.[1];
  if (said !== undefined) return `"${cutWords(said, MAX_SUBJECT)}"`;
  return form === 'events' ? 'Events without a name' : 'Conversation without a name';
}

// -- action

const READ_IT: Readonly<Record<Material['form'], string>> = {
  conversation: 'Read the attached conversation',
  events: 'Review the attached events',
  text: 'Read the attached text',
};

/** Names the way to reach them; without one there is only something to read. */
function instruct(form: Material['form'], contact: Contact, name: string | undefined): string {
  const way =
    contact.phone !== undefined ? 'Call' : contact.email !== undefined ? 'Email' : undefined;
  const known = name !== undefined && findSmuggled(name) === undefined ? name : undefined;
  if (way === undefined) {
    return known === undefined || form !== 'conversation'
      ? READ_IT[form]
      : `Read the conversation with ${cutWords(known, 60)}`;
  }
  return Array.from(`${way} ${known ?? 'the customer'}`)
    .slice(0, MAX_ACTION)
    .join('');
}

// -- facts

const NUMBERED =
  /\b(order|invoice|ticket|case|booking|reference)\s{0,2}(?:no\.?|number|#|id)?\s{0,2}(?:is|[:#])?\s{0,2}((?=[A-Z0-9-]{0,20}\d)[A-Z0-9][A-Z0-9-]{2,19})\b/gi;
const MONEY =
  /(?:[$€£]\s?\d[\d,.]{0,14}\d|[$€£]\s?\d|\b\d[\d,.]{0,14}\s?(?:EUR|USD|GBP|PLN|CHF)\b)/g;

function listFacts({ passages, fields }: Material, contact: Contact): NonNullable<Brief['facts']> {
  const texts = passages.filter((passage) => !isOurs(passage)).map(({ text }) => text);
  const found = [
    ...fields.map(({ label, value }) => ({ label, value })),
    ...texts.flatMap((text) =>
      [...text.matchAll(NUMBERED)].map(([, label = '', value = '']) => ({
        label: label.charAt(0).toUpperCase() + label.slice(1).toLowerCase(),
        value,
      })),
    ),
    ...texts.flatMap((text) =>
      (text.match(MONEY) ?? []).map((value) => ({
        label: 'Amount mentioned',
        value: flatten(value),
      })),
    ),
    ...texts.flatMap((text) =>
      findPhones(text).map(({ as }) => ({ label: 'Number mentioned', value: flatten(as) })),
    ),
    ...texts
      .flatMap((text) => text.match(EMAIL) ?? [])
      .map((value) => ({ label: 'Address mentioned', value })),
  ];
  const shown = new Set<string>([contact.name ?? '', contact.phone ?? '', contact.email ?? '']);
  return found
    .filter(({ label, value }) => {
      const key = /^\+?[\d\s().-]{7,}$/.test(value) ? value.replace(/[^\d+]/g, '') : value;
      if (value.length > MAX_FACT || shown.has(key) || !isShowable(label, value)) return false;
      shown.add(key);
      return true;
    })
    .slice(0, MAX_FACTS);
}

/** A number or an address that stands in the material may be shown; what would act on its reader may not. */
function isShowable(label: string, value: string): boolean {
  return [label, value].every((text) => {
    const smuggled = findSmuggled(text);
    return smuggled === undefined || smuggled === 'a phone number' || smuggled === 'an address';
  });
}
