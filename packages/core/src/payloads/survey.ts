/** Members that one row has and another lacks, in words. */
function difference(first: readonly string[], other: readonly string[]): string {
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
  const added = other.filter((name) => !first.includes(name));
  const missing = first.filter((name) => !other.includes(name));
  return [
    ...(added.length > 0 ? [`also ${quoted(added)}`] : []),
    ...(missing.length > 0 ? [`without ${quoted(missing)}`] : []),
  ].join(', ');
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What of the payloads may be a mistake, found while they are read. Nothing is kept of them but names of members. */
export class PayloadSurvey {
  #payloads = 0;
  #first: readonly string[] | undefined;
  #signature = '';
  readonly #others = { count: 0, example: '' };
  readonly #uneven = { count: 0, example: '' };
  readonly #notes: string[] = [];
  readonly #hints = new Map<string, { count: number; first: number }>();

  /** @param payloadHint What the target says of a payload. */
  constructor(private readonly payloadHint?: (payload: unknown) => string | undefined) {}

  /** Looks at a payload of JSON. */
  add(value: unknown): void {
    this.#payloads += 1;
    this.#addHint(this.payloadHint?.(value));
    if (isObject(value)) this.#addObject(Object.keys(value));
    else if (Array.isArray(value)) this.#addList(value);
  }

  /** Keeps what was found of another kind. */
  note(text: string): void {
    this.#notes.push(text);
  }

  /** One line for each finding. @param name What the user calls the source. */
  notes(name: string): string[] {
    const notes = this.#notes.map((note) => `${name}: ${note}`);
    if (this.#others.count > 0) {
      notes.push(
        `${name}: ${this.#others.count} of ${this.#payloads} payloads have other members than the first one ` +
          `(${this.#others.example}).`,
      );
    }
    if (this.#uneven.count > 0) {
      notes.push(
        `${name}: rows of ${this.#uneven.count} of ${this.#payloads} payloads differ in their members ` +
          `(${this.#uneven.example}). In dataframe_split a row is sent with null for what it lacks.`,
      );
    }
    for (const [hint, { count, first }] of this.#hints) {
      notes.push(`${name}: ${count} of ${this.#payloads} payloads, first payload ${first}: ${hint}`);
    }
    return notes;
  }

  #addHint(hint: string | undefined): void {
    if (hint === undefined) return;
    const known = this.#hints.get(hint);
    if (known) known.count += 1;
    else this.#hints.set(hint, { count: 1, first: this.#payloads });
  }

  #addObject(keys: readonly string[]): void {
    const signature = keys.toSorted().join('\n');
    if (this.#first === undefined) {
      this.#first = keys;
      this.#signature = signature;
    } else if (signature !== this.#signature) {
      this.#others.count += 1;
      this.#others.example ||= `payload ${this.#payloads}: ${difference(this.#first, keys)}`;
    }
  }

  #addList(rows: readonly unknown[]): void {
    const first = rows[0];
    if (!isObject(first)) return;
    const keys = Object.keys(first);
    const signature = keys.toSorted().join('\n');
    const index = rows.findIndex(
      (row) => isObject(row) && Object.keys(row).toSorted().join('\n') !== signature,
    );
    if (index < 0) return;
    this.#uneven.count += 1;
    this.#uneven.example ||= `payload ${this.#payloads}, row ${index + 1}: ${difference(keys, Object.keys(rows[index] as object))}`;
  }
}
