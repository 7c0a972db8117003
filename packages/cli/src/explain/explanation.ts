/** What a code, a kind of failure or a rule means, and what to do. In texts, commands stand as `loadwright …`. */
export interface Explanation {
  /** One sentence. */
  readonly meaning: string;
  /** The usual causes, the most frequent first. */
  readonly causes: readonly string[];
  /** What to do, the first thing first. */
  readonly steps: readonly string[];
  /** Pages of the documentation, from `docs`: `how-to/run-is-invalid.md`. */
  readonly pages: readonly string[];
  /** It stands among the warnings of a report, and no verdict depends on it. */
  readonly isWarning?: true;
}
