import { LoadwrightError, type ErrorCode, type PreflightAnswer } from '@loadwright/core/target';
import { actionsOf } from './actions.js';
import type { SagemakerOptions } from './options.js';

interface Advice {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryable?: boolean;
}

type Answer = NonNullable<PreflightAnswer['answer']>;

/** The error in an answer of SageMaker. */
interface ServiceError {
  readonly name: string;
  readonly message: string;
  /** Of the model behind the service. */
  readonly OriginalStatusCode?: number;
  readonly OriginalMessage?: string;
  readonly LogStreamArn?: string;
}

/** Advice by the error's name, which shows more than its status. */
function adviceByName(name: string, options: SagemakerOptions): Advice | undefined {
  switch (name) {
    case 'ExpiredTokenException':
    case 'ExpiredToken':
      return {
        code: 'CREDENTIALS_INVALID',
        hint: 'Get new credentials (aws sso login, or a new AWS_SESSION_TOKEN with its key and secret).',
      };
    case 'AccessDeniedException':
      return {
        code: 'CREDENTIALS_INVALID',
        hint: `Allow ${actionsOf(options).join(' and ')} on the endpoint "${options.endpointName}" for these credentials.`,
      };
    case 'InvalidSignatureException':
    case 'SignatureDoesNotMatch':
      return {
        code: 'CREDENTIALS_INVALID',
        hint: 'Check AWS_SECRET_ACCESS_KEY, the option region, and the clock of this machine.',
      };
    case 'UnrecognizedClientException':
    case 'InvalidClientTokenId':
    case 'MissingAuthenticationTokenException':
      return {
        code: 'CREDENTIALS_INVALID',
        hint: 'Check AWS_ACCESS_KEY_ID, and AWS_SESSION_TOKEN when the credentials are temporary.',
      };
    case 'ThrottlingException':
    case 'TooManyRequestsException':
      return {
        code: 'PREFLIGHT_FAILED',
        hint: 'The endpoint is already at its limit: wait for other load to end, or scale it up.',
        retryable: true,
      };
    case 'ModelNotReadyException':
      return {
        code: 'PREFLIGHT_FAILED',
        hint: 'The model is still being loaded, which may take up to 6 minutes: try again.',
        retryable: true,
      };
    default:
      return undefined;
  }
}

function adviceByStatus(status: number, error: ServiceError, options: SagemakerOptions): Advice {
  if (status === 403 || status === 401) {
    return {
      code: 'CREDENTIALS_INVALID',
      hint: `Check the credentials, and that they may call ${actionsOf(options).join(' and ')} on this endpoint.`,
    };
  }
  if (/no capacity/i.test(error.message)) {
    return {
      code: 'PREFLIGHT_FAILED',
      hint: 'The endpoint has no instance or copy of the model now: wait until it has scaled up.',
      retryable: true,
    };
  }
  if (status === 400 && /not found/i.test(error.message)) {
    return {
      code: 'PREFLIGHT_FAILED',
      hint:
        `Check the options endpointName and region (aws sagemaker list-endpoints --region ${options.region}), ` +
        'and that the credentials belong to the account of the endpoint.',
    };
  }
  if (status === 424) {
    const logs = error.LogStreamArn ? `: ${error.LogStreamArn}` : ' in CloudWatch';
    return {
      code: 'PREFLIGHT_FAILED',
      hint: `The model itself refused the first payload. Check payloads and contentType, and read its log${logs}.`,
    };
  }
  if (status === 400 || status === 413 || status === 415) {
    return { code: 'PREFLIGHT_FAILED', hint: 'Check payloads, contentType and the other request options.' };
  }
  return {
    code: 'PREFLIGHT_FAILED',
    hint: 'The service failed on its side: check the status of the endpoint, and try again.',
    retryable: status >= 500 || status === 429,
  };
}

/** The error for an answer that SageMaker gave instead of a prediction. */
export function refusal(answer: Answer, options: SagemakerOptions): LoadwrightError {
  const { status } = answer;
  const error = errorOf(answer);
  const { name, message } = error;
  const { code, hint, retryable } = adviceByName(name, options) ?? adviceByStatus(status, error, options);
  const original =
    error.OriginalStatusCode === undefined
      ? ''
      : `, the model answered ${error.OriginalStatusCode}: ${error.OriginalMessage ?? ''}`;
  const said = firstLine(original === '' ? message : '');
  const text =
    `SageMaker refused the request to endpoint "${options.endpointName}" (${[status, name].filter(Boolean).join(' ')})` +
    firstLine(original) +
    (said && said !== name ? `: ${said}` : '');
  return new LoadwrightError(code, text, { hint, retryable: retryable ?? false });
}

/** The type is in a header or in the body, with a namespace or an address about it. */
function errorOf({ headers, body }: Answer): ServiceError {
  const parsed = parse(body.text ?? '');
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const name = headers['x-amzn-errortype']?.split(':', 1)[0] || text(parsed['__type'])?.split('#').at(-1);
  return {
    ...(parsed as Partial<ServiceError>),
    name: name || text(parsed['code']) || '',
    message: text(parsed['message']) ?? text(parsed['Message']) ?? '',
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 300);
}
