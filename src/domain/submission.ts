import { z } from 'zod';
import { drawBrief } from './brief-writer/draw.ts';
import { BRIEF_PARTS, type BriefPart, type Written } from './brief-writer/parts.ts';
import { findResponder, type Directory } from './directory.ts';
import {
  handoffRequestSchema,
  LIMITS,
  materialRequestSchema,
  type HandoffRequest,
  type MaterialRequest,
} from './handoff.ts';
import { snapshotPolicy, type EscalationPolicy, type Policies, type Policy } from './policy.ts';
import { isRecord } from './record.ts';
import { lookUp } from './state.ts';
import { cleanProse, countCharacters } from './text.ts';

/** One thing that is wrong with a submission, and where: a JSON Pointer (RFC 6901). */
export interface SubmissionFault {
  readonly pointer: string;
  readonly detail: string;
}

/** A submission with the policy it will follow. */
export interface Submission {
  /** With what was drawn from its material in the place of what is missing. */
  readonly body: HandoffRequest;
  /** As it was sent: two that are equal in this are the same submission. */
  readonly sent: HandoffRequest | MaterialRequest;
  /** Who wrote what its source did not; missing: nothing is. */
  readonly written?: Written;
  /** Raw material, whatever was made of it. */
  readonly material?: string;
  readonly policy: EscalationPolicy;
  readonly designTest: Policy['designTest'];
}

/** What a body refers to, whatever else is wrong with it. Made once: that costs more than a body takes. */
const references = z.object({ policy: z.string(), assignee: z.string() }).partial().catch({});

/** Returns a submission as it would be accepted, or every fault of it. */
export function readSubmission(
  body: unknown,
  { directory, policies }: { readonly directory: Directory; readonly policies: Policies },
): Submission | { readonly faults: readonly SubmissionFault[] } {
  const hasMaterial = isRecord(body) && body['material'] !== undefined;
  const schema = hasMaterial ? materialRequestSchema : handoffRequestSchema;
  const parsed = schema.safeParse(hasMaterial ? body : keepWhole(body));
  const faults = parsed.success ? [] : listFaults(parsed.error);
  // Faults of reference are found in a body with other faults too, so that all come at once.
  const named = references.parse(body);
  const policy = named.policy === undefined ? undefined : lookUp(policies, named.policy);
  if (named.policy !== undefined && !policy) {
    const known = Object.keys(policies).join(', ');
    const detail = `there is no policy "${named.policy}"; there are ${known}`;
    faults.push({ pointer: '/policy', detail });
  }
  if (named.assignee !== undefined && !findResponder(directory, named.assignee)) {
    const detail = `there is no responder "${named.assignee}"`;
    faults.push({ pointer: '/assignee', detail });
  }
  if (!parsed.data || !policy) return { faults };
  const { urgency, assignee } = parsed.data;
  const snapshot = snapshotPolicy(parsed.data.policy, policy, { urgency, assignee });
  if (!snapshot) {
    const offered = (['critical', 'urgent', 'routine'] as const).filter((name) => policy[name]);
    const detail = `policy ${parsed.data.policy} has no rules for ${urgency}; it has ${offered.join(', ')}`;
    faults.push({ pointer: '/urgency', detail });
  }
  if (!snapshot || faults.length > 0) return { faults };
  return { ...complete(parsed.data), policy: snapshot, designTest: policy.designTest };
}

/** What is cut where it is shown, and how it is called among the details. */
const CUT = [
  ['brief', 'subject', 'Subject'],
  ['brief', 'summary', 'Summary'],
  ['brief', 'origin', 'Origin'],
  ['action', 'do', 'Action'],
  ['action', 'say', 'What to say'],
] as const;

/** Returns a submission whose details say in full what is too long for its place; raw material has it all anyway. */
function keepWhole(body: unknown): unknown {
  if (!isRecord(body) || !isRecord(body['brief'])) return body;
  const { details = '', ...brief } = body['brief'];
  if (typeof details !== 'string') return body;
  const whole = CUT.flatMap(([part, field, label]) => {
    const text = isRecord(body[part]) ? body[part][field] : undefined;
    const isCut = typeof text === 'string' && countCharacters(cleanProse(text)) > LIMITS[field];
    return isCut ? [`${label}, in full: ${text}`] : [];
  });
  if (whole.length === 0) return body;
  const all = [details, ...whole].filter((text) => text !== '').join('\n\n');
  return { ...body, brief: { ...brief, details: all } };
}

/** Returns a request with a whole brief and action: what its source has not said is drawn from its material. */
function complete(
  sent: HandoffRequest | MaterialRequest,
): Pick<Submission, 'body' | 'sent' | 'written' | 'material'> {
  if (!('material' in sent)) return { body: sent, sent };
  const { material, brief: given = {}, action = {}, ...request } = sent;
  const { subject, summary } = given;
  const { do: what, contact: known } = action;
  const brief = { ...given, details: given.details ?? material };
  if (subject !== undefined && summary !== undefined && what !== undefined) {
    return {
      body: { ...request, brief: { ...brief, subject, summary }, action: { ...action, do: what } },
      sent,
      material,
    };
  }
  const drawn = drawBrief(material, { subject, origin: given.origin, contact: known });
  const contact = { ...drawn.contact, ...known };
  const facts = given.facts ?? drawn.facts;
  const parts: Readonly<Record<BriefPart, boolean>> = {
    subject: subject === undefined,
    summary: summary === undefined,
    action: what === undefined,
    facts: given.facts === undefined,
    contact: Object.keys(drawn.contact).length > 0,
  };
  return {
    body: {
      ...request,
      brief: {
        ...brief,
        subject: subject ?? drawn.subject,
        summary: summary ?? drawn.summary,
        ...(facts.length > 0 && { facts }),
      },
      action: {
        ...action,
        do: what ?? drawn.do,
        ...(Object.keys(contact).length > 0 && { contact }),
      },
    },
    sent,
    written: { drawn: BRIEF_PARTS.filter((part) => parts[part]) },
    material,
  };
}

function listFaults(error: z.ZodError): SubmissionFault[] {
  return error.issues.map((issue) => ({
    pointer: issue.path
      .map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join(''),
    detail: issue.message,
  }));
}
