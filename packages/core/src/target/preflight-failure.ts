import { LoadwrightError, type ErrorCode } from '../errors.js';
import { errorHint } from '../report/error-hints.js';
import type { PreflightAnswer } from './preflight-answer.js';

interface Explanation {
  readonly problem: string;
  readonly hint: string;
  /** It may pass by itself: a service that is starting looks so. Default false. */
  readonly retryable?: boolean;
}

/** What to do about a request that got no answer, by the reason that the load's client gives. */
const explanations: readonly (readonly [RegExp, Explanation])[] = [
  [
    /name resolution failed|host name is not valid/,
    { problem: 'its name cannot be resolved', hint: 'Check the host name, the region and the DNS.' },
  ],
  [
    /connection refused/,
    {
      problem: 'nothing listens there',
      hint: 'Check the port, and that the service (or the emulator) is running.',
      retryable: true,
    },
  ],
  [
    /proxy refused/,
    {
      problem: 'the proxy did not open a way to it',
      hint: 'Check HTTPS_PROXY, and name hosts that are reached directly in NO_PROXY.',
      retryable: true,
    },
  ],
  [
    /E(?:HOST|NET)UNREACH|EADDRNOTAVAIL/,
    {
      problem: 'there is no route to it',
      hint: 'Check the network, the VPN and the security groups.',
      retryable: true,
    },
  ],
];

const byKind: Readonly<Record<string, Explanation>> = {
  timeout: {
    problem: 'it did not answer in time',
    hint: 'Check firewalls and security groups, or allow more time with the option timeout.',
    retryable: true,
  },
  tls: {
    problem: 'no secure connection came about',
    hint:
      'Use the name that the certificate was issued for. For a private authority set SSL_CERT_FILE to a file that ' +
      'holds its certificate. Check that the URL has the right scheme (http or https) and port.',
  },
  reset: {
    problem: 'it closed the connection',
    hint: 'Check that the URL has the right scheme (http or https) and port, and read the logs of the service.',
    retryable: true,
  },
  protocol: {
    problem: 'what it sent is not HTTP',
    hint: 'Check that the URL has the right scheme (http or https) and port.',
  },
};

const reachable: Explanation = {
  problem: 'there is no connection',
  hint: 'Check the URL, and that the service is running.',
  retryable: true,
};

/** What kept a request from being made at all: its reason is a sentence without an end. */
const unmade: Readonly<Record<string, { code: ErrorCode; hint: string }>> = {
  payload: {
    code: 'PAYLOADS_INVALID',
    hint: 'Correct the payload, or choose another format of the body.',
  },
  setup: {
    code: 'PREFLIGHT_FAILED',
    hint: 'Correct the options of the target, its payloads or its variables.',
  },
  credentials: {
    code: 'CREDENTIALS_INVALID',
    hint: 'Correct the credentials, in the variables or the options of the target, and what they allow.',
  },
  target: {
    code: 'PREFLIGHT_FAILED',
    hint: 'Correct the RequestSource of the target: every request of the load would fail as well.',
  },
};

/**
 * The error for a preflight that got no answer at all.
 *
 * @param what The system that was asked, for people: `the SageMaker endpoint "fraud"`.
 */
export function preflightFailure({ request, failure }: PreflightAnswer, what: string): LoadwrightError {
  const { kind, reason } = failure ?? { kind: 'unknown', reason: 'no reason is known' };
  const own = unmade[kind];
  if (own) {
    return new LoadwrightError(own.code, `The request could not be made: ${reason.replace(/\.$/, '')}.`, {
      hint: own.hint,
    });
  }
  const {
    problem,
    hint,
    retryable = false,
  } = explanations.find(([pattern]) => pattern.test(reason))?.[1] ?? byKind[kind] ?? reachable;
  const place = request === null ? '' : ` at ${withoutQuery(request.url)}`;
  return new LoadwrightError('PREFLIGHT_FAILED', `Could not reach ${what}${place}: ${problem} (${reason}).`, {
    // Of certificates a report knows more.
    hint: (kind === 'tls' && errorHint(reason)) || hint,
    retryable,
  });
}

/**
 * The error for an answer whose status is right and whose content is not; undefined when it is right.
 *
 * @param subject Who answered: `POST https://api.example/evaluate`.
 */
export function contentFailure(
  { answer, failure }: PreflightAnswer,
  subject: string,
): LoadwrightError | undefined {
  if (failure === null) return undefined;
  const beginning = (answer?.body.text ?? '').slice(0, 200) || 'an empty body';
  return new LoadwrightError('PREFLIGHT_FAILED', `${subject} answered, but ${failure.reason}: ${beginning}`, {
    hint: 'Correct the option expect, or the payloads. Every request would count as failed.',
  });
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/\/$/, '');
}
