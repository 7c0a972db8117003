import {
  answerProblem,
  LoadwrightError,
  networkFailure,
  parseDuration,
  payloadBytes,
  requireClock,
  sigv4ClockToleranceSeconds,
  type PreflightContext,
  type PreflightReport,
} from '@loadwright/core';
import { hostOf } from './host.js';
import type { SagemakerOptions } from './options.js';
import { refusal } from './refusal.js';
import { compareClocks } from './service-clock.js';

/** Time to connect, in milliseconds: a wrong region or VPC endpoint shows soon. */
const connectionTimeout = 10_000;

/**
 * One InvokeEndpoint with the first payload, made by the AWS SDK: the same call that the load consists of.
 *
 * @throws `CREDENTIALS_INVALID` or `PREFLIGHT_FAILED`.
 */
export async function sagemakerPreflight(
  options: SagemakerOptions,
  context: PreflightContext,
): Promise<PreflightReport> {
  const { InvokeEndpointCommand, SageMakerRuntimeClient } = await import('@aws-sdk/client-sagemaker-runtime');
  const endpoint = hostOf(options);
  const { variables } = context.resolvedEnvironment;
  const client = new SageMakerRuntimeClient({
    region: options.region,
    endpoint,
    maxAttempts: 1,
    credentials: {
      accessKeyId: variables['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: variables['AWS_SECRET_ACCESS_KEY'] ?? '',
      ...(variables['AWS_SESSION_TOKEN'] ? { sessionToken: variables['AWS_SESSION_TOKEN'] } : {}),
    },
    requestHandler: {
      connectionTimeout,
      requestTimeout: parseDuration(options.timeout)! * 1000,
      throwOnRequestTimeout: true,
    },
  });
  const serviceClock = compareClocks(client);
  const payload = context.firstPayload ?? { text: '' };
  const command = new InvokeEndpointCommand({
    EndpointName: options.endpointName,
    Body: payloadBytes(payload),
    ContentType: payload.contentType ?? options.contentType,
    Accept: options.accept,
    CustomAttributes: options.customAttributes,
    TargetModel: options.targetModel,
    TargetVariant: options.targetVariant,
    InferenceComponentName: options.inferenceComponent,
  });
  const started = performance.now();
  try {
    const answer = await client
      .send(command, { abortSignal: context.signal })
      .then(({ $metadata, InvokedProductionVariant, Body }) => ({
        status: $metadata.httpStatusCode ?? 0,
        variant: InvokedProductionVariant,
        text: Body?.transformToString() ?? '',
      }))
      .catch((error: unknown) => {
        const status = statusOf(error);
        if (status === undefined) throw networkFailure(error, endpoint, whatOf(options));
        requireClock(serviceClock(), sigv4ClockToleranceSeconds);
        if (!options.expect.status.includes(status)) throw refusal(error, status, options, variables);
        return { status, variant: undefined, text: undefined };
      });
    requireClock(serviceClock(), sigv4ClockToleranceSeconds);
    if (!options.expect.status.includes(answer.status)) throw unexpected(answer.status, options);
    checkAnswer(answer.text, options);
    const latencyMilliseconds = performance.now() - started;
    const variant = answer.variant === undefined ? '' : `, variant ${answer.variant}`;
    return {
      summary: `${whatOf(options)} in ${options.region} answered ${answer.status}${variant}`,
      latencyMilliseconds,
    };
  } finally {
    client.destroy();
  }
}

function whatOf({ endpointName }: SagemakerOptions): string {
  return `SageMaker endpoint "${endpointName}"`;
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

function unexpected(status: number, options: SagemakerOptions): LoadwrightError {
  const allowed = options.expect.status.join(', ');
  return new LoadwrightError(
    'PREFLIGHT_FAILED',
    `${whatOf(options)} answered ${status}, but expect.status allows ${allowed}.`,
    { hint: `Add ${status} to the option expect.status if it is a correct answer.` },
  );
}

/** The body of an error that is expected is not known here: the SDK has read it. */
function checkAnswer(text: string | undefined, options: SagemakerOptions): void {
  const problem =
    options.expect.json && text !== undefined ? answerProblem(text, options.expect.json) : undefined;
  if (problem === undefined) return;
  throw new LoadwrightError(
    'PREFLIGHT_FAILED',
    `${whatOf(options)} answered, but ${problem}: ${text?.slice(0, 200)}`,
    {
      hint: 'Correct the option expect.json, or the payloads. Every request would count as failed.',
    },
  );
}
