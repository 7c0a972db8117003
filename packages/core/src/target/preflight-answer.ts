import { z } from 'zod';

const body = z.object({
  bytes: z.number(),
  isCut: z.boolean(),
  text: z.string().optional(),
  base64: z.string().optional(),
});

const headers = z.record(z.string(), z.string());

/** The document that `loadwright_runtime/http/one_request.py` makes. */
export const preflightAnswerSchema: z.ZodType<PreflightAnswer> = z.object({
  version: z.literal(1),
  request: z
    .object({
      method: z.string(),
      url: z.string(),
      name: z.string(),
      headers,
      body,
      row: z.number().nullable(),
    })
    .nullable(),
  answer: z.object({ status: z.number(), headers, body }).nullable(),
  seconds: z.number(),
  sentAt: z.number(),
  failure: z.object({ kind: z.string(), reason: z.string() }).nullable(),
  before: z.number().optional(),
});

/** A body as it may be shown: secrets are redacted, and what a service has compressed is decoded. */
export interface PreflightBody {
  /** Of the whole body. */
  readonly bytes: number;
  /** What is here is only its beginning. */
  readonly isCut: boolean;
  /** Its beginning, where it is UTF-8. */
  readonly text?: string | undefined;
  /** Its beginning, where it is not. */
  readonly base64?: string | undefined;
}

/** One request that was sent as the load sends it, and what came of it. */
export interface PreflightAnswer {
  readonly version: 1;
  /** Null: it could not even be made. Values of credential headers are redacted. */
  readonly request: {
    readonly method: string;
    readonly url: string;
    /** In statistics and thresholds. */
    readonly name: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: PreflightBody;
    /** Number of the payload, from 1. Null: it has none. */
    readonly row: number | null;
  } | null;
  /** Null: there was none. Names of headers are in lower case. */
  readonly answer: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: PreflightBody;
  } | null;
  /** From just before the first byte is sent to the last byte of the answer. */
  readonly seconds: number;
  /** Unix time in seconds. */
  readonly sentAt: number;
  /**
   * What the load would count it as; null: a success. Kinds: `setup`, `payload`, `target`, `connect`, `tls`, `timeout`, `reset`,
   * `protocol`, `stream`, `status`, `throttled`, `check`, `extract`.
   */
  readonly failure: { readonly kind: string; readonly reason: string } | null;
  /** How many requests were sent before it, whose answers it needs. Absent: none. */
  readonly before?: number | undefined;
}
