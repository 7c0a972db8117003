import { textOf, type Call } from '../calls.js';
import type { Context } from './policy.js';

/** One thing that a caller must be allowed to do. */
export interface Requirement {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

/** The account of the stand-in. */
export const accountId = '123456789012';

/** What calls of SageMaker about its endpoint concern; SageMaker writes it in lower case. */
export const endpointArn = (call: Call) =>
  `arn:aws:sagemaker:${call.region}:${accountId}:endpoint/${textOf(call, 'EndpointName').toLowerCase()}`;
