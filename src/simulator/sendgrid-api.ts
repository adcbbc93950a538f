import { randomBytes } from 'node:crypto';
import express, { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import { awaitLatency, takeAnswerFault } from './fault-response.ts';
import type { FaultSwitchboard } from './faults.ts';
import type { EmailOrder } from './simulated-email.ts';

const address = z.looseObject({ email: z.string(), name: z.string().optional() });
const strings = z.record(z.string(), z.string());

// Lenient on purpose: what is missing is reported in SendGrid's own words by `findFaults`.
const mailSchema = z.looseObject({
  personalizations: z
    .array(
      z.looseObject({
        to: z.array(address).optional(),
        cc: z.array(address).optional(),
        bcc: z.array(address).optional(),
        subject: z.string().optional(),
        headers: strings.optional(),
        custom_args: strings.optional(),
      }),
    )
    .optional(),
  from: address.optional(),
  reply_to: address.optional(),
  subject: z.string().optional(),
  content: z.array(z.looseObject({ type: z.string(), value: z.string() })).optional(),
  headers: strings.optional(),
  custom_args: strings.optional(),
  template_id: z.string().optional(),
  mail_settings: z
    .looseObject({ sandbox_mode: z.looseObject({ enable: z.boolean().optional() }).optional() })
    .optional(),
});

type Mail = z.infer<typeof mailSchema>;

interface SendgridError {
  readonly message: string;
  readonly field: string | null;
  readonly help: string | null;
}

/** Returns SendGrid's `mail/send`; mount it at `/v3`. `accept` gets the copies of each message that was accepted. */
export function createSendgridApi(options: {
  readonly apiKey: string;
  readonly faults: FaultSwitchboard;
  readonly accept: (copies: readonly EmailOrder[]) => void;
}): Router {
  const { faults } = options;
  const router = Router();

  router.use((request, response, next) => {
    if (request.get('authorization') === `Bearer ${options.apiKey}`) next();
    else
      sendErrors(response, 401, 'The provided authorization grant is invalid, expired, or revoked');
  });

  // SendGrid allows 30 MB a message. Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/limitations
  router.post('/mail/send', express.json({ limit: '30mb' }), async (request, response) => {
    const body: unknown = request.body;
    const parsed = mailSchema.safeParse(body);
    const errors = parsed.success ? findFaults(parsed.data) : parsed.error.issues.map(toError);
    const mail = parsed.data;
    const target = { channel: 'email', to: mail ? listRecipients(mail) : [] } as const;
    await awaitLatency(faults, target);
    if (!mail || errors.length > 0) {
      response.status(400).json({ errors });
      return;
    }

    const fault = takeAnswerFault(faults, target)?.kind;
    if (fault === 'hang') return;
    if (fault === 'rate-limited') {
      response.set({ 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': '0' });
      response.set('x-ratelimit-reset', `${Math.ceil(Date.now() / 1000) + 1}`);
      sendErrors(response, 429, 'too many requests');
      return;
    }
    if (fault === 'error-before-accepting') {
      sendErrors(response, 500, 'Internal Server Error');
      return;
    }
    const messageId = randomBytes(16).toString('base64url');
    const isSandboxed = mail.mail_settings?.sandbox_mode?.enable === true;
    if (!isSandboxed) options.accept(createCopies(mail, messageId));
    if (fault === 'hang-after-accepting') return;
    if (fault === 'error-after-accepting') sendErrors(response, 500, 'Internal Server Error');
    else
      response
        .status(isSandboxed ? 200 : 202)
        .set('x-message-id', messageId)
        .end();
  });

  router.use((_request, response) => {
    sendErrors(response, 404, 'not found');
  });
  router.use((_error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) next();
    else sendErrors(response, 400, 'Bad Request');
  });
  return router;
}

function sendErrors(response: Response, status: number, message: string): void {
  const error: SendgridError = { message, field: null, help: null };
  response.status(status).json({ errors: [error] });
}

function toError(issue: z.core.$ZodIssue): SendgridError {
  return {
    message: `Invalid type. ${issue.message}`,
    field: issue.path.join('.') || null,
    help: null,
  };
}

/** Lists what SendGrid would refuse. Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors */
function findFaults(mail: Mail): readonly SendgridError[] {
  const faults: SendgridError[] = [];
  const report = (field: string, message: string): void => {
    faults.push({
      message,
      field,
      help: 'https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors',
    });
  };
  const { personalizations = [], from, subject, content = [], template_id: template } = mail;

  if (personalizations.length === 0)
    report(
      'personalizations',
      'The personalizations field is required and must have at least one personalization.',
    );
  for (const [index, { to = [] }] of personalizations.entries()) {
    const field = `personalizations.${index}.to`;
    if (to.length === 0)
      report(
        field,
        'The to array is required for all personalization objects, and must have at least one email object with a valid email address.',
      );
    for (const [place, { email }] of to.entries())
      if (!isAddress(email)) report(`${field}.${place}.email`, 'Does not contain a valid address.');
  }
  if (from === undefined || !isAddress(from.email))
    report(
      'from.email',
      'The from object must be provided for every email send. It is an object that requires the email parameter, but may also contain a name parameter.',
    );
  const hasSubject =
    Boolean(subject) ||
    (personalizations.length > 0 && personalizations.every((one) => Boolean(one.subject)));
  if (!hasSubject && template === undefined)
    report(
      'subject',
      'The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.',
    );
  if (content.length === 0 && template === undefined)
    report(
      'content',
      'Unless a valid template_id is provided, the content parameter is required. There must be at least one defined content block.',
    );
  for (const [index, { value }] of content.entries())
    if (value === '')
      report(
        `content.${index}.value`,
        'The content value must be a string at least one character in length.',
      );
  const types = content.map(({ type }) => type);
  if (types.includes('text/html') && types.indexOf('text/plain') > types.indexOf('text/html'))
    report('content', 'The text/plain part must come before the text/html part.');
  return faults;
}

function isAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text);
}

function listRecipients(mail: Mail): readonly string[] {
  return (mail.personalizations ?? []).flatMap(({ to = [], cc = [], bcc = [] }) =>
    [...to, ...cc, ...bcc].map(({ email }) => email),
  );
}

function createCopies(mail: Mail, messageId: string): readonly EmailOrder[] {
  const partOf = (type: string): string =>
    mail.content?.find((part) => part.type === type)?.value ?? '';
  const at = new Date().toISOString();
  const { from, reply_to: replyTo } = mail;
  return (mail.personalizations ?? []).flatMap((personalization) => {
    const { to = [], cc = [], bcc = [] } = personalization;
    const headers = { ...mail.headers, ...personalization.headers };
    const ownId = Object.entries(headers).find(([name]) => name.toLowerCase() === 'message-id');
    return [...to, ...cc, ...bcc].map(({ email }) => ({
      messageId,
      smtpId: ownId?.[1] ?? `<${messageId}@geopod-ismtpd-0>`,
      to: email,
      from: from?.email ?? '',
      ...(from?.name === undefined ? {} : { fromName: from.name }),
      subject: personalization.subject ?? mail.subject ?? '',
      text: partOf('text/plain'),
      html: partOf('text/html'),
      headers,
      customArgs: { ...mail.custom_args, ...personalization.custom_args },
      at,
      ...(replyTo === undefined ? {} : { replyTo: replyTo.email }),
    }));
  });
}
