import {
  contentFailure,
  LoadwrightError,
  preflightFailure,
  type PreflightContext,
  type PreflightReport,
} from '@loadwright/core/target';
import type { EchoOptions } from './options.js';

/** What the answer to the load's first request means: a wrong address or token is found before any machine is started. */
export async function echoPreflight(
  options: EchoOptions,
  { request }: PreflightContext,
): Promise<PreflightReport> {
  const asked = await request();
  // Nobody answered: the error says why, and what to do.
  if (asked.answer === null) throw preflightFailure(asked, 'the echo service');
  const { status } = asked.answer;
  if (status === 401) {
    throw new LoadwrightError('CREDENTIALS_INVALID', 'The echo service refused the token.', {
      hint: 'Set the variable ECHO_TOKEN, or the option target.token, to a token that is valid.',
    });
  }
  if (!options.expect.status.includes(status)) {
    throw new LoadwrightError('PREFLIGHT_FAILED', `The echo service answered HTTP ${status}.`, {
      hint: 'Check target.url, and that the service is up.',
      retryable: status >= 500,
    });
  }
  const wrong = contentFailure(asked, 'The echo service');
  if (wrong) throw wrong;
  return { summary: `POST /echo answered ${status}`, latencyMilliseconds: asked.seconds * 1000 };
}
