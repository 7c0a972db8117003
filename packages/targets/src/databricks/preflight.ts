import {
  answerProblem,
  createRedactor,
  LoadwrightError,
  networkFailure,
  type PreflightContext,
  type PreflightReport,
} from '@loadwright/core';
import { endpointPath, hostOf, timeoutSeconds, type DatabricksOptions } from './options.js';
import { refusal } from './refusal.js';
import { tokenVariable } from './token.js';
import { requestBody } from './wrap.js';

/** Sends the first payload once, exactly as the nodes will send it. */
export async function preflight(
  options: DatabricksOptions,
  context: PreflightContext,
): Promise<PreflightReport> {
  const url = hostOf(options) + endpointPath(options);
  const token = context.resolvedEnvironment.variables[tokenVariable.name] ?? '';
  if (!context.firstPayload) {
    throw new LoadwrightError('PAYLOADS_INVALID', 'payloads: there is no payload to send.', {
      hint: 'Give at least one row or body.',
    });
  }
  const { body, contentType } = requestBody(context.firstPayload, options.format);
  const { status, text, latencyMilliseconds } = await post(options, context, url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': contentType, accept: 'application/json' },
    body,
    redirect: 'manual',
  });
  const redact = createRedactor([token]);
  if (!options.expect.status.includes(status)) {
    throw refusal({ status, text: redact(text), url, endpointName: options.endpointName });
  }
  checkAnswer(redact(text), url, options);
  return {
    summary: `POST ${endpointPath(options)} answered ${status} with ${Buffer.byteLength(text)} bytes`,
    latencyMilliseconds,
  };
}

async function post(
  options: DatabricksOptions,
  context: PreflightContext,
  url: string,
  request: RequestInit,
): Promise<{ status: number; text: string; latencyMilliseconds: number }> {
  const timeLimit = AbortSignal.timeout(timeoutSeconds(options) * 1000);
  const start = performance.now();
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.any([context.signal, timeLimit]) });
    const text = await response.text();
    return { status: response.status, text, latencyMilliseconds: performance.now() - start };
  } catch (error) {
    throw networkFailure(error, url, `the Databricks endpoint "${options.endpointName}"`);
  }
}

/** Whole bodies may get any answer; everything else must be a prediction, and hold what `expect.json` says. */
function checkAnswer(text: string, url: string, { format, expect }: DatabricksOptions): void {
  if (format === 'raw' && !expect.json) return;
  const problem = expect.json ? answerProblem(text, expect.json) : predictionProblem(text);
  if (problem === undefined) return;
  throw new LoadwrightError(
    'PREFLIGHT_FAILED',
    `${url} answered, but ${problem}: ${text.slice(0, 200) || 'an empty body'}`,
    {
      hint: expect.json
        ? 'Correct the option expect.json, or the payloads. Every request would count as failed.'
        : 'Check workspaceUrl and endpointName. If this endpoint answers in another form (chat, embeddings), ' +
          "write whole bodies and set format: 'raw'.",
    },
  );
}

/** The form that every model and feature endpoint answers in. */
function predictionProblem(text: string): string | undefined {
  const missing = ['predictions', 'outputs'].every((key) => answerProblem(text, { pointer: `/${key}` }));
  return missing ? 'the answer has neither predictions nor outputs' : undefined;
}
