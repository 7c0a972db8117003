/** One request of a recording. */
export interface Recorded {
  /** Since any moment. */
  readonly seconds: number;
  /** Whose requests are sent one after the other. Absent: it stands alone. */
  readonly session?: string;
  /** Exactly as it was sent; `base64` where it is no text. Absent: it was not recorded. */
  readonly body?: { readonly kind: 'text' | 'base64'; readonly content: string };
  readonly contentType?: string;
}

/** How a row of a recording is read; undefined where it is no request. May throw an `Error` that says what is wrong. */
export type ReadRow = (row: Readonly<Record<string, unknown>>, number: number) => readonly Recorded[];
