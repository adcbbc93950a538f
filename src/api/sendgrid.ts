import { Busboy } from '@fastify/busboy';
import express, { Router } from 'express';
import { z } from 'zod';
import { findResponder, type Directory } from '../domain/directory.ts';

import { explainSendgridEvent } from '../domain/provider-codes.ts';
import { parseReply } from '../domain/reply.ts';
import type { LinkTarget, Links } from '../links/links.ts';
import type { Logger } from '../logger.ts';
import { readEmailReply } from './email-reply.ts';
import type { HandoffClient } from './handoff-client.ts';
import { Problem } from './problem.ts';
import type { Responders } from '../people/responders.ts';
import { requireSendgridSignature, sha256 } from './verify.ts';

export interface SendgridDependencies {
  readonly handoffs: HandoffClient;
  readonly responders: Responders;
  readonly directory: () => Directory;
  readonly links: Links;
  /** The public keys that SendGrid signs with; without one what it sends is refused. */
  readonly keys: {
    readonly eventsKey?: string | undefined;
    readonly inboundKey?: string | undefined;
  };
  readonly logger: Logger;
}

/** SendGrid's own limit for a mail with its attachments. */
const MAX_MAIL = '30mb';

/** What we read of an event; `h`, `n`, `r` and `b` are the custom arguments that the email was sent with. */
const eventSchema = z.object({
  event: z.string(),
  type: z.string().optional().catch(undefined),
  status: z.string().optional().catch(undefined),
  reason: z.string().optional().catch(undefined),
  bounce_classification: z.string().optional().catch(undefined),
  h: z.string().optional().catch(undefined),
  n: z.string().optional().catch(undefined),
  r: z.string().optional().catch(undefined),
  b: z.string().optional().catch(undefined),
});

/** Returns the routes that SendGrid calls: what became of emails, and replies to them. */
export function routeSendgrid(deps: SendgridDependencies): Router {
  const router = Router();

  router.post(
    '/events',
    // The signature is over the bytes as they came.
    express.raw({ type: () => true, limit: '2mb' }),
    requireSendgridSignature(deps.keys.eventsKey),
    async (request, response) => {
      for (const event of readEvents(request.body as Buffer)) await report(deps, event);
      response.status(204).end();
    },
  );

  router.post(
    '/inbound',
    express.raw({ type: () => true, limit: MAX_MAIL }),
    requireSendgridSignature(deps.keys.inboundKey),
    async (request, response) => {
      const mail = await readMail(request.body as Buffer, request.get('Content-Type') ?? '');
      await receive(deps, mail);
      response.status(204).end();
    },
  );

  return router;
}

function readEvents(body: Buffer): z.infer<typeof eventSchema>[] {
  let batch: unknown;
  try {
    batch = JSON.parse(body.toString('utf8'));
  } catch {
    throw new Problem(400, 'The body is not JSON.');
  }
  // An event that we cannot read is none that we know.
  return (Array.isArray(batch) ? batch : [batch]).flatMap((one) => {
    const event = eventSchema.safeParse(one);
    return event.success ? [event.data] : [];
  });
}

/** Tells a handoff, or the person whose list it was, that an email did not arrive. What else happens to it changes nothing. */
async function report(
  { handoffs, responders }: SendgridDependencies,
  { h, n, r, b, ...event }: z.infer<typeof eventSchema>,
): Promise<void> {
  const because = explainSendgridEvent(event);
  if (because === undefined) return;
  if (h !== undefined && n !== undefined) await handoffs.reportUndelivered(h, n, because);
  else if (r !== undefined && b !== undefined) await responders.reportBundle(r, b, because);
}

/** A mail as Inbound Parse hands it over; headers by their names in lower case. */
interface InboundMail {
  readonly id: string;
  /** Whom it was really delivered to. */
  readonly to: readonly string[];
  readonly from: string;
  readonly headers: Readonly<Record<string, string>>;
  /** When it was sent, if that is a while ago: an ISO instant. What was offered since it cannot mean. */
  readonly sentAt?: string;
  readonly text?: string;
  readonly html?: string;
}

/** Records a reply durably; the person's own workflow understands and answers it. */
async function receive(
  { responders, directory, links, logger }: SendgridDependencies,
  mail: InboundMail,
): Promise<void> {
  const known = directory();
  const target = findTarget(links, mail, Object.keys(known.responders));
  const responder = target && findResponder(known, target.responder);
  if (!responder) {
    // No answer: it would tell strangers that somebody is here.
    logger.info({ mail: mail.id }, 'a mail to no address of ours is left alone');
    return;
  }
  const { id, name } = responder;
  const reply = readEmailReply(mail);
  if (reply.kind === 'automatic') {
    logger.info({ mail: mail.id, responder: id, why: reply.why }, 'a machine answered an email');
    return;
  }
  const isTheirs = mail.from.toLowerCase() === responder.email?.toLowerCase();
  await responders.recordReply(id, {
    replyId: `email:${mail.id}`,
    text: isCarrierWord(reply.text) ? '?' : reply.text,
    by: { kind: 'responder', id, name },
    via: 'email',
    about: target.handoff,
    ...(mail.sentAt !== undefined && { receivedAt: mail.sentAt }),
    // A thread that was forwarded is answered by others, in all innocence.
    ...(!isTheirs && { from: mail.from }),
  });
}

/** Whether a word is one that carriers own: in an email it stops nothing, so the person is told what does. */
function isCarrierWord(text: string): boolean {
  return ['opt-out', 'opt-in', 'carrier-help'].includes(parseReply(text).kind);
}

function findTarget(
  links: Links,
  { to }: InboundMail,
  responders: readonly string[],
): LinkTarget | undefined {
  for (const address of to) {
    const target = links.readMailbox(address, responders);
    if (target) return target;
  }
  return undefined;
}

async function readMail(body: Buffer, contentType: string): Promise<InboundMail> {
  const fields = await readForm(body, contentType);
  const charsets = readCharsets(fields.get('charsets'));
  const read = (name: string): string | undefined => {
    const bytes = fields.get(name);
    return bytes && decode(bytes, charsets[name]);
  };
  if (!fields.has('headers') && fields.has('email')) {
    throw new Problem(
      400,
      'Turn off "POST the raw, full MIME message" in SendGrid\'s Inbound Parse.',
    );
  }
  const headers = readHeaders(read('headers') ?? '');
  const envelope = readEnvelope(read('envelope'));
  const text = read('text');
  const html = read('html');
  const sentAt = readLateDate(headers['date']);
  return {
    // A mail that comes twice is the same: by its own name, else by its content.
    id: sha256(headers['message-id'] ?? body.toString('latin1')).slice(0, 32),
    to: envelope.to.length > 0 ? envelope.to : listAddresses(read('to') ?? ''),
    // Who wrote it, not the machine that a list or an alias sends by.
    from: listAddresses(read('from') ?? '')[0] ?? envelope.from,
    headers,
    ...(sentAt !== undefined && { sentAt }),
    ...(text !== undefined && { text }),
    ...(html !== undefined && { html }),
  };
}

/** A mail that is older was held up on its way; of one that is younger the clock of its sender may be wrong. */
const LATE_MS = 10 * 60_000;

function readLateDate(date: string | undefined): string | undefined {
  const at = Date.parse(date ?? '');
  return at < Date.now() - LATE_MS ? new Date(at).toISOString() : undefined;
}

/** Returns the fields of a multipart form as bytes; files are passed over. */
function readForm(body: Buffer, contentType: string): Promise<Map<string, Buffer>> {
  return new Promise((resolve, reject) => {
    const refuse = () => {
      reject(new Problem(400, 'The body is not a multipart form.'));
    };
    try {
      const fields = new Map<string, Buffer>();
      const form = new Busboy({
        headers: { 'content-type': contentType },
        // Each field has an alphabet of its own, named beside it: as Latin-1 its bytes survive.
        defCharset: 'latin1',
        limits: { fieldSize: body.length + 1 },
      });
      form.on('field', (name, value) => fields.set(name, Buffer.from(value, 'latin1')));
      form.on('file', (_name, file) => file.resume());
      form.on('error', refuse);
      form.on('finish', () => {
        resolve(fields);
      });
      form.end(body);
    } catch {
      refuse();
    }
  });
}

function readCharsets(bytes: Buffer | undefined): Readonly<Record<string, string>> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(bytes?.toString() ?? '{}'));
  } catch {
    return {};
  }
}

function decode(bytes: Buffer, charset = 'utf-8'): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}

const envelopeSchema = z.object({
  to: z.array(z.string()).catch([]),
  from: z.string().catch(''),
});

function readEnvelope(text: string | undefined): z.infer<typeof envelopeSchema> {
  try {
    return envelopeSchema.parse(JSON.parse(text ?? '{}'));
  } catch {
    return { to: [], from: '' };
  }
}

/** Returns headers with long ones unfolded (RFC 5322, 2.2.3); of repeated ones the last. */
function readHeaders(text: string): Readonly<Record<string, string>> {
  const lines = text.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const pairs = lines.flatMap((line): [string, string][] => {
    const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value.trim()]];
  });
  return Object.fromEntries(pairs);
}

function listAddresses(text: string): string[] {
  return text.match(/[^\s<>,;:"()]+@[^\s<>,;:"()]+/g) ?? [];
}
