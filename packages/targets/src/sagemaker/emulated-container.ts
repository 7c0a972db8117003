import { Buffer } from 'node:buffer';
import { messageOf } from '@loadwright/core/target';
import { exceptionFrame, partFrame } from './event-stream-frames.js';

/** https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html: an answer within 60 s. */
const longestAnswerMilliseconds = 60_000;

/** Headers of a request that reach a container, and of its answer that reach the caller; SageMaker takes away all others. */
const passedOn = ['content-type', 'accept', 'x-amzn-sagemaker-custom-attributes'] as const;

/** What a container made of a request. */
export type ContainerAnswer =
  | { readonly contentType: string; readonly customAttributes?: string; readonly body: Buffer }
  | { readonly contentType: string; readonly chunks: AsyncIterable<Buffer> }
  | { readonly failedStatus: number; readonly message: string };

/** What is sent to a container. */
export interface ContainerRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** By InvokeEndpointWithResponseStream. */
  readonly isStream: boolean;
}

/**
 * Invokes a model's container as SageMaker does: `POST /invocations`, https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html.
 *
 * @param container its base URL
 */
export async function invokeContainer(
  container: string,
  { body, headers, isStream }: ContainerRequest,
): Promise<ContainerAnswer> {
  const limit = AbortSignal.timeout(longestAnswerMilliseconds);
  let response: Response;
  try {
    response = await fetch(new URL('/invocations', container), {
      method: 'POST',
      headers: Object.fromEntries(
        passedOn.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
      ),
      body: new Uint8Array(body),
      redirect: 'manual',
      signal: limit,
    });
    const contentType = response.headers.get('content-type') ?? 'application/octet-stream';
    if (response.ok && isStream) return { contentType, chunks: framesOf(response) };
    const answer = Buffer.from(await response.arrayBuffer());
    if (!response.ok) return { failedStatus: response.status, message: answer.toString() };
    const customAttributes = response.headers.get(passedOn[2]) ?? undefined;
    return { contentType, body: answer, ...(customAttributes !== undefined && { customAttributes }) };
  } catch (error) {
    const message = limit.aborted
      ? 'Your invocation timed out while waiting for a response from container primary.'
      : `The container did not answer: ${messageOf(error)}`;
    return { failedStatus: 0, message };
  }
}

/** Each chunk of the container becomes a part; a stream that breaks ends with the error that SageMaker sends in its place. */
async function* framesOf(response: Response): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response.body ?? []) yield partFrame(Buffer.from(chunk as Uint8Array));
  } catch {
    yield exceptionFrame('ModelStreamError', {
      Message: 'The model closed the stream.',
      ErrorCode: 'StreamBroken',
    });
  }
}
