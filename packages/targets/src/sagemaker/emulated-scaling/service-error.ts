/** A refusal in the form of AWS's JSON services. */
export class ServiceError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export const validationError = (message: string): ServiceError =>
  new ServiceError('ValidationException', message);

/** Members of a call's JSON. */
export type Members = Readonly<Record<string, unknown>>;

/** A call's operation: from its input to its answer. */
export type Operation = (input: Members) => object;
