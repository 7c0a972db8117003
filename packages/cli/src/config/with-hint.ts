import { isLoadwrightError, LoadwrightError } from '@loadwright/core/errors';

/** Does something whose errors, where they have no hint of their own, get this one: what the command knows to do next. */
export async function withHint<Result>(hint: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isLoadwrightError(error) || error.hint !== undefined || error.next?.length > 0) throw error;
    const { code, message, retryable } = error;
    throw new LoadwrightError(code, message, { hint, retryable, cause: error });
  }
}
