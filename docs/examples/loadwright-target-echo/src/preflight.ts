import {
  LoadwrightError,
  networkFailure,
  type PreflightContext,
  type PreflightReport,
} from '@loadwright/core';
import type { EchoOptions } from './options.js';

/** One cheap request before any machine is started: a wrong address or token is found here. */
export async function echoPreflight(
  options: EchoOptions,
  context: PreflightContext,
): Promise<PreflightReport> {
  const url = `${options.url}/echo`;
  const began = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${context.resolvedEnvironment.variables['ECHO_TOKEN']}`,
    },
    body: JSON.stringify(context.firstPayload?.json ?? null),
    signal: context.signal,
  }).catch((error: unknown) => {
    throw networkFailure(error, url, 'the echo service');
  });
  if (response.status === 401) {
    throw new LoadwrightError('CREDENTIALS_INVALID', 'The echo service refused the token.', {
      hint: 'Set the variable ECHO_TOKEN, or the option target.token, to a token that is valid.',
    });
  }
  if (!response.ok) {
    throw new LoadwrightError('PREFLIGHT_FAILED', `The echo service answered HTTP ${response.status}.`, {
      hint: 'Check target.url, and that the service is up.',
    });
  }
  return { summary: `POST ${url}: ${response.status}`, latencyMilliseconds: performance.now() - began };
}
