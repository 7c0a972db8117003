import type { SagemakerOptions } from './options.js';

/** What whoever calls the endpoint must be allowed to do on it. */
export function actionsOf(options: Pick<SagemakerOptions, 'async' | 'openai' | 'stream'>): string[] {
  if (options.async) return ['sagemaker:InvokeEndpointAsync'];
  return [
    'sagemaker:InvokeEndpoint',
    // AWS's own policies list it apart, and grants of the first alone fail on streams.
    ...(options.stream ? ['sagemaker:InvokeEndpointWithResponseStream'] : []),
    ...(options.openai ? [bearerAction] : []),
  ];
}

/** It cannot be restricted to a resource. */
export const bearerAction = 'sagemaker:CallWithBearerToken';
