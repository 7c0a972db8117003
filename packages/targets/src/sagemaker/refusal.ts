import { LoadwrightError, type ErrorCode } from '@loadwright/core';
import type { SagemakerOptions } from './options.js';

interface Advice {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryable?: boolean;
}

/** What the SDK's error for an answer of SageMaker holds. */
interface ServiceError {
  readonly name?: string;
  readonly message?: string;
  readonly OriginalStatusCode?: number;
  readonly OriginalMessage?: string;
  readonly LogStreamArn?: string;
}

/** Advice by the error's name, which tells more than its status. */
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
        hint: `Allow sagemaker:InvokeEndpoint on the endpoint "${options.endpointName}" for these credentials.`,
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
      hint: 'Check the credentials, and that they may call sagemaker:InvokeEndpoint on this endpoint.',
    };
  }
  if (status === 400 && /not found/i.test(error.message ?? '')) {
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

/**
 * The error for an answer that SageMaker gave instead of a prediction.
 *
 * @param secrets values that must not appear in the message; AWS repeats signed headers, session token included, when
 * a signature is wrong.
 */
export function refusal(
  thrown: unknown,
  status: number,
  options: SagemakerOptions,
  secrets: Readonly<Record<string, string>>,
): LoadwrightError {
  const error = thrown as ServiceError;
  const name = error.name ?? 'Error';
  const { code, hint, retryable } = adviceByName(name, options) ?? adviceByStatus(status, error, options);
  const original =
    error.OriginalStatusCode === undefined
      ? ''
      : `, the model answered ${error.OriginalStatusCode}: ${error.OriginalMessage ?? ''}`;
  const said = firstLine(original === '' ? (error.message ?? '') : '');
  let text = `SageMaker refused the request to endpoint "${options.endpointName}" (${status} ${name})`;
  text += firstLine(original) + (said && said !== name ? `: ${said}` : '');
  for (const secret of Object.values(secrets)) if (secret !== '') text = text.replaceAll(secret, '***');
  return new LoadwrightError(code, text, { hint, retryable: retryable ?? false });
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 300);
}
