import type { PreflightAnswer, PreflightContext } from '@loadwright/core/target';

/** What a service answers. */
export interface FixedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
  /** What the load would count it as. Default: a success for 2xx, else a failure by its status. */
  readonly failure?: PreflightAnswer['failure'];
  /** The body that was sent, and where. */
  readonly sent?: { readonly url?: string; readonly text?: string };
}

/** What the load's client says of an answer. */
export function answered({
  status,
  headers = {},
  body = '',
  failure,
  sent = {},
}: FixedAnswer): PreflightAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const byStatus = status < 300 ? null : { kind: 'status', reason: `HTTP ${status}` };
  const { url = 'http://127.0.0.1/path', text: sentText = '{}' } = sent;
  return {
    version: 1,
    request: {
      method: 'POST',
      url,
      name: 'request',
      headers: {},
      body: { bytes: Buffer.byteLength(sentText), isCut: false, text: sentText },
      row: 1,
    },
    answer: {
      status,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
      ),
      body: { bytes: Buffer.byteLength(text), isCut: false, text },
    },
    seconds: 0.02,
    sentAt: Date.now() / 1000 - 0.02,
    failure: failure === undefined ? byStatus : failure,
  };
}

/** What the load's client says when there is no answer. */
export function unanswered(kind: string, reason: string): PreflightAnswer {
  return { ...answered({ status: 200, failure: { kind, reason } }), answer: null };
}

/** Gives one answer after the other, the last one again and again. */
export function answering(...answers: PreflightAnswer[]): PreflightContext['request'] {
  let number = 0;
  return async () => answers[Math.min(number++, answers.length - 1)]!;
}
