import { randomUUID } from 'node:crypto';
import type { EmulatedRequest, EmulatedResponse } from '@loadwright/core/testing';
import { autoScalingFace } from './autoscaling-face.js';
import { cloudWatchFace } from './cloudwatch-face.js';
import type { EmulatedScaling } from './emulated-scaling.js';
import { metricFace } from './metric-face.js';
import type { EmulatedMetrics } from './metrics.js';
import { sagemakerFace } from './sagemaker-face.js';
import { stillAutoScalingFace, stillSagemakerFace, type Described } from './still-endpoint.js';
import { ServiceError, type Members, type Operation } from './service-error.js';

interface Face {
  /** In signatures. */
  readonly service: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** The three services that an endpoint is observed and its scaling is set with, behind one address: `X-Amz-Target` names the one that is meant. */
export class ControlPlane {
  readonly #faces: ReadonlyMap<string, Face>;

  /** @param scaling Undefined: the endpoint does not scale. */
  constructor(endpoint: Described, metrics: EmulatedMetrics, scaling: EmulatedScaling | undefined) {
    const sagemaker = scaling ? sagemakerFace(scaling) : stillSagemakerFace(endpoint);
    const monitoring = { ...(scaling && cloudWatchFace(scaling)), ...metricFace(metrics, endpoint) };
    this.#faces = new Map([
      ['SageMaker', { service: 'sagemaker', operations: sagemaker }],
      [
        'AnyScaleFrontendService',
        {
          service: 'application-autoscaling',
          operations: scaling ? autoScalingFace(scaling) : stillAutoScalingFace,
        },
      ],
      ['GraniteServiceVersion20100801', { service: 'monitoring', operations: monitoring }],
    ]);
  }

  /** @returns the service in the signature; undefined when it is a call of none of them. */
  serviceOf(request: EmulatedRequest): string | undefined {
    return this.#faces.get(targetOf(request)[0])?.service;
  }

  answer(request: EmulatedRequest): EmulatedResponse {
    const [service, operation] = targetOf(request);
    const run = this.#faces.get(service)?.operations[operation];
    const headers = {
      'content-type': request.headers['content-type'] ?? 'application/x-amz-json-1.1',
      'x-amzn-RequestId': randomUUID(),
    };
    try {
      if (!run)
        throw new ServiceError(
          'UnknownOperationException',
          `The emulator does not know ${service}.${operation}.`,
        );
      return { status: 200, headers, body: run(JSON.parse(request.body.toString() || '{}') as Members) };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return { status: 400, headers, body: { __type: error.type, message: error.message } };
    }
  }
}

function targetOf({ headers }: EmulatedRequest): [service: string, operation: string] {
  const [service = '', operation = ''] = (headers['x-amz-target'] ?? '').split('.');
  return [service, operation];
}
