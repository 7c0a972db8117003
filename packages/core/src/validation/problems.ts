import { allSteps, isLoadwrightError, LoadwrightError } from '../errors.js';

/** Gathers what is wrong, so that a user sees all of it at once. */
export class Problems {
  readonly #problems: LoadwrightError[];

  constructor(problems: readonly LoadwrightError[] = []) {
    this.#problems = [...problems];
  }

  /** Runs a check. @returns its value; undefined when it threw a {@link LoadwrightError}, which is kept. */
  attempt<Value>(check: () => Value): Value | undefined {
    try {
      return check();
    } catch (error) {
      if (!isLoadwrightError(error)) throw error;
      this.#problems.push(error);
      return undefined;
    }
  }

  get found(): boolean {
    return this.#problems.length > 0;
  }

  /**
   * All problems as one error, a line each: of their code when they share it, otherwise `CONFIG_INVALID`.
   */
  combined(): LoadwrightError {
    const unique = (texts: readonly (string | undefined)[]) => [
      ...new Set(texts.filter((text) => text !== undefined)),
    ];
    const [code, ...others] = new Set(this.#problems.map((problem) => problem.code));
    const hints = unique(this.#problems.map((problem) => problem.hint));
    return new LoadwrightError(
      code !== undefined && others.length === 0 ? code : 'CONFIG_INVALID',
      unique(this.#problems.map((problem) => problem.message)).join('\n'),
      { ...(hints.length > 0 && { hint: hints.join('\n') }), next: allSteps(this.#problems) },
    );
  }
}
