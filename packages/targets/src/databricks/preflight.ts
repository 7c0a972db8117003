import {
  contentFailure,
  LoadwrightError,
  preflightFailure,
  type PreflightContext,
  type PreflightReport,
} from '@loadwright/core/target';
import {
  endpointPath,
  hostOf,
  serviceLimitSeconds,
  timeoutSeconds,
  type DatabricksOptions,
} from './options.js';
import { readPrediction } from './prediction.js';
import { refusal } from './refusal.js';
import { shapeHint } from './shape.js';

/** How much longer than the service a client may wait for what the service says then, in seconds. */
const graceSeconds = 15;

/** What the answer to the load's first request means. */
export async function preflight(
  options: DatabricksOptions,
  { request }: Pick<PreflightContext, 'request'>,
): Promise<PreflightReport> {
  const { endpointName, expect, format } = options;
  const asked = await request();
  const { answer } = asked;
  // The workers may have got another URL from the workspace.
  const url = asked.request?.url ?? hostOf(options) + endpointPath(options);
  if (answer === null) throw preflightFailure(asked, `the Databricks endpoint "${endpointName}"`);
  const { status, body } = answer;
  const text = body.text ?? '';
  if (!expect.status.includes(status)) {
    const shape = format === 'raw' ? undefined : shapeHint(format, asked.request?.body.text);
    throw withHint(refusal({ status, text, url, endpointName }), shape);
  }
  const wrong = contentFailure(asked, url);
  if (wrong) throw wrong;
  const notes = timeoutNotes(options);
  const isStream = /^text\/event-stream\b/.test(answer.headers['content-type'] ?? '');
  // Whole bodies may get any answer; everything else must be a prediction.
  if (format !== 'raw' && !expect.json && !isStream) {
    const { problem, note } = readPrediction(text, body.isCut);
    if (problem !== undefined) throw noPrediction(url, problem, text);
    if (note !== undefined) notes.push(note);
  }
  return {
    summary: `POST ${new URL(url).pathname} answered ${status} with ${body.bytes} bytes`,
    latencyMilliseconds: asked.seconds * 1000,
    notes,
  };
}

function withHint(error: LoadwrightError, more: string | undefined): LoadwrightError {
  if (more === undefined) return error;
  const { code, message, hint = '', retryable } = error;
  return new LoadwrightError(code, message, { hint: `${more} ${hint}`.trim(), retryable });
}

function noPrediction(url: string, problem: string, text: string): LoadwrightError {
  return new LoadwrightError(
    'PREFLIGHT_FAILED',
    `${url} answered, but ${problem}: ${text.slice(0, 200) || 'an empty body'}`,
    {
      hint:
        'Check baseUrl and endpointName. If this endpoint answers in another form (chat, embeddings), ' +
        "write whole bodies and set format: 'raw'.",
    },
  );
}

function timeoutNotes(options: DatabricksOptions): string[] {
  if (timeoutSeconds(options) <= serviceLimitSeconds + graceSeconds) return [];
  return [
    `The timeout of ${options.timeout} is longer than Databricks lets a request run (${serviceLimitSeconds} s): ` +
      'such requests end with its own 504.',
  ];
}
