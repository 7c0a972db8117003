import type { EmulatorDefinition } from '@loadwright/core/target';
import { capacityOptionsSchema, startLoopbackEndpoint, type CapacityOptions } from '@loadwright/core/testing';

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data: readonly number[];
}

/** A model `iris` that adds up each row. It checks the tensor as servers do. */
export const kserveEmulator: EmulatorDefinition<unknown, CapacityOptions> = {
  options: capacityOptionsSchema,
  async start(capacity) {
    const endpoint = await startLoopbackEndpoint({
      capacity,
      check({ body, method, path }) {
        if (method === 'GET' && path === '/v2/models/iris/ready') return { status: 200 };
        if (path !== '/v2/models/iris/infer') return { status: 404, body: { error: 'unknown model' } };
        const problem = problemOf(body);
        return problem === undefined ? undefined : { status: 400, body: { error: problem } };
      },
      answer({ body }) {
        const { data, shape } = inputOf(body)!;
        const [rows = 0, columns = 0] = shape;
        const sums = Array.from({ length: rows }, (_, row) =>
          data.slice(row * columns, (row + 1) * columns).reduce((sum, number) => sum + number, 0),
        );
        const output = { name: 'output-0', shape: [rows], datatype: 'FP32', data: sums };
        return { status: 200, body: { model_name: 'iris', outputs: [output] } };
      },
      throttled: () => ({ status: 429, body: { error: 'the queue is full' } }),
    });
    return {
      url: endpoint.url,
      targetOptions: { url: endpoint.url, model: 'iris' },
      environment: {},
      statistics: endpoint.statistics,
      stop: endpoint.stop,
    };
  },
};

function inputOf(body: Buffer): Tensor | undefined {
  return (JSON.parse(body.toString('utf8')) as { inputs?: Tensor[] }).inputs?.[0];
}

function problemOf(body: Buffer): string | undefined {
  const input = inputOf(body);
  if (input === undefined) return 'inputs are missing';
  const size = input.shape.reduce((product, length) => product * length, 1);
  return input.data.length === size
    ? undefined
    : `shape ${input.shape.join('×')} for ${input.data.length} values`;
}
