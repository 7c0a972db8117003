/** A mistake of whoever calls, or of the machine: what is wrong, and what to do. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly hint: string,
    /** As the command `loadwright` ends: 2 for the command line, 97 for what cannot be installed, 104 for the folder. */
    readonly exitCode: 2 | 97 | 104,
  ) {
    super(message);
  }
}
