/*
 * api/ turns HTTP into commands on handoffs and back. It decides nothing about handoffs and reaches them only
 * through the Temporal client. HTTP statuses are chosen here and nowhere else.
 */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { z } from 'zod';
import type { Logger } from '../logger.ts';

/** One thing that is wrong with a request, and where: a JSON Pointer into the body, or a header or parameter. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

const TITLES = {
  400: 'The request cannot be read',
  401: 'An API key is needed',
  403: 'This is not allowed',
  404: 'There is no such thing',
  405: 'This method is not for this address',
  409: 'It conflicts with what happened before',
  413: 'The body is too large',
  415: 'The body must be JSON',
  422: 'The request has faults',
  429: 'Too many requests',
  500: 'Something went wrong here',
  503: 'Baton cannot be reached right now',
} as const;
export type ProblemStatus = keyof typeof TITLES;

/** A refusal as the client sees it: problem details of RFC 9457. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: ProblemStatus;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(
    status: ProblemStatus,
    detail: string,
    extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.status = status;
    this.extra = extra;
  }
}

/** Returns the 422 for faults in a body. */
export function invalidBody(faults: readonly Fault[]): Problem {
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
  return new Problem(422, `The body has ${count}; nothing was done.`, { errors: faults });
}

/** Returns zod's issues as faults with JSON Pointers (RFC 6901). */
export function toFaults(error: z.ZodError): Fault[] {
  return error.issues.map((issue) => ({
    pointer: issue.path
      .map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join(''),
    detail: issue.message,
  }));
}

/** Returns a query as its schema reads it, or throws a 422 with every fault. */
export function readQuery<S extends z.ZodType>(schema: S, query: unknown): z.output<S> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  throw new Problem(422, 'The query has faults.', { errors: toFaults(parsed.error) });
}

/** Answers requests that no route takes. */
export const answerUnknownRoute: RequestHandler = (request) => {
  throw new Problem(404, `There is no ${request.method} ${request.path} here; see /docs.`);
};

/** Returns the handler that turns whatever was thrown into problem details; what is not ours is logged. */
export function answerProblems(logger: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const problem = thrown instanceof Problem ? thrown : readParserError(thrown);
    if (problem.status === 500) {
      logger.error(
        { err: thrown, method: request.method, path: request.route as unknown },
        'request failed',
      );
    }
    if (problem.status === 503 && response.get('Retry-After') === undefined) {
      response.set('Retry-After', '5');
    }
    if (problem.status === 401) response.set('WWW-Authenticate', listChallenges(request.method));
    response
      .status(problem.status)
      .type('application/problem+json')
      .json({
        type: 'about:blank',
        title: TITLES[problem.status],
        status: problem.status,
        detail: problem.message,
        ...problem.extra,
      });
  };
}

/** A browser asks for a password where Basic is offered; see requireApiKey for when that is. */
function listChallenges(method: string): string[] {
  return method === 'GET' ? ['Bearer', 'Basic realm="Baton", charset="UTF-8"'] : ['Bearer'];
}

/** Express's body parsers throw errors with a type; see https://github.com/expressjs/body-parser#errors. */
function readParserError(thrown: unknown): Problem {
  const type =
    typeof thrown === 'object' && thrown !== null && 'type' in thrown ? thrown.type : undefined;
  switch (type) {
    case 'entity.parse.failed':
      return new Problem(400, 'The body is not valid JSON.');
    case 'entity.too.large':
    case 'parameters.too.many':
      return new Problem(413, 'The body is larger than this address takes.');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Problem(415, 'The body must be JSON in UTF-8.');
    case 'request.aborted':
    case 'request.size.invalid':
    case 'entity.verify.failed':
      return new Problem(400, 'The body did not arrive whole.');
    default:
      if (thrown instanceof URIError) return new Problem(400, 'The path is not valid.');
      // Such as what says that it is gzip, and is not.
      if (isOfTheClient(thrown))
        return new Problem(400, 'The body cannot be read as what it says it is.');
      return new Problem(500, 'Something went wrong here. The request can be repeated safely.');
  }
}

/** Errors of middleware carry the status that fits: https://github.com/jshttp/http-errors. */
function isOfTheClient(thrown: unknown): boolean {
  const { status } = (thrown ?? {}) as { status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500;
}
