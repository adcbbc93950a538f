/** A refusal: problem details as RFC 9457 has them. */
export class BatonProblem extends Error {
  override readonly name = 'BatonProblem';
  readonly status: number;
  readonly title: string;
  /** Every fault, and where. */
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  /** The whole answer. */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    const { title, detail, errors } = body;
    super(typeof detail === 'string' ? detail : `Baton answered ${status}`);
    this.status = status;
    this.title = typeof title === 'string' ? title : '';
    this.errors = Array.isArray(errors) ? (errors as BatonProblem['errors']) : [];
    this.body = body;
  }
}

/** Every attempt failed; nobody can tell whether the last one arrived. The same call may be made again. */
export class BatonUnreachableError extends Error {
  override readonly name = 'BatonUnreachableError';
  readonly attempts: number;

  constructor(attempts: number, cause: unknown) {
    super(`Baton could not be reached in ${attempts} attempts`, { cause });
    this.attempts = attempts;
  }
}
