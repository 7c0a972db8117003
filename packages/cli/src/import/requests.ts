/** A request that was found in what is imported, as it was sent or is described. */
export interface FoundRequest {
  readonly method: string;
  readonly url: URL;
  /** In their order, names as they were written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | undefined;
  /** In place of a body: a file that is sent as it is, relative to the configuration. */
  readonly file?: string;
  /** In place of a body: the parts of a form with files. */
  readonly form?: readonly FormPart[];
  /** Of the answer that was recorded. */
  readonly status?: number | undefined;
}

/** A part of `multipart/form-data`: a text, or a file. */
export interface FormPart {
  readonly name: string;
  readonly value?: string;
  /** Path, relative to the configuration. */
  readonly file?: string;
  readonly filename?: string | undefined;
  readonly type?: string | undefined;
  /** Whether the service takes the form without it. */
  readonly isOptional?: boolean;
}

/** A route of the target `rest`, as its options write it. */
export interface ImportedRoute {
  name: string;
  weight?: number;
  method: string;
  path: string;
  parameters?: Record<string, unknown>;
  query?: Record<string, string | string[]>;
  headers?: Record<string, string>;
  contentType?: string;
  body?: unknown;
  payloads?: unknown;
  multipart?: unknown;
  expect?: { status: number[] };
}

/** What an import comes down to. */
export interface Imported {
  readonly baseUrl: string;
  readonly routes: readonly ImportedRoute[];
  readonly authentication?: 'bearer';
  readonly secretHeaders: Readonly<Record<string, string | { variable: string; prefix: string }>>;
  /** Files of payloads beside the configuration, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** The variables that a run needs, without their values. */
  readonly variables: readonly string[];
  /** What was left out or changed, for people. */
  readonly notes: readonly string[];
}
