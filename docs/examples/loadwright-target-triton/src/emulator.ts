import type { EmulatorDefinition } from '@loadwright/core/target';
import {
  capacityOptionsSchema,
  startLoopbackEndpoint,
  type CapacityOptions,
  type EmulatedRequest,
} from '@loadwright/core/testing';

interface Head {
  readonly inputs?: readonly {
    readonly shape: readonly number[];
    readonly parameters?: { readonly binary_data_size?: number };
  }[];
  readonly parameters?: {
    readonly sequence_id?: number;
    readonly sequence_start?: boolean;
    readonly sequence_end?: boolean;
  };
}

const lengthHeader = 'inference-header-content-length';

/** A model `sum` that adds up a tensor, and what came before it in the same sequence. */
export const tritonEmulator: EmulatorDefinition<unknown, CapacityOptions> = {
  options: capacityOptionsSchema,
  async start(capacity) {
    const sequences = new Map<number, number>();
    const endpoint = await startLoopbackEndpoint({
      capacity,
      check(request) {
        if (request.path !== '/v2/models/sum/infer') return refused(404, 'unknown model');
        const { head, tensor } = read(request);
        const [input] = head.inputs ?? [];
        if (input?.parameters?.binary_data_size !== tensor.length)
          return refused(400, 'wrong size of the tensor');
        if (input.shape.reduce((product, length) => product * length, 4) !== tensor.length) {
          return refused(400, 'wrong shape of the tensor');
        }
        const { sequence_id: id, sequence_start: isFirst } = head.parameters ?? {};
        const isUnknown = id !== undefined && !isFirst && !sequences.has(id);
        return isUnknown ? refused(400, 'the sequence has not begun') : undefined;
      },
      answer(request) {
        const { head, tensor } = read(request);
        const { sequence_end: isLast, sequence_id: id } = head.parameters ?? {};
        let sum = id === undefined ? 0 : (sequences.get(id) ?? 0);
        for (let at = 0; at < tensor.length; at += 4) sum += tensor.readFloatLE(at);
        if (id !== undefined && isLast) sequences.delete(id);
        else if (id !== undefined) sequences.set(id, sum);
        const output = Buffer.alloc(4);
        output.writeFloatLE(sum);
        const parameters = { binary_data_size: output.length };
        const outputs = [{ name: 'OUTPUT0', shape: [1], datatype: 'FP32', parameters }];
        const json = Buffer.from(JSON.stringify({ model_name: 'sum', outputs }));
        const headers = { 'content-type': 'application/octet-stream', [lengthHeader]: `${json.length}` };
        return { status: 200, headers, body: Buffer.concat([json, output]) };
      },
      throttled: () => refused(429, 'the queue is full'),
    });
    return {
      url: endpoint.url,
      targetOptions: { url: endpoint.url, model: 'sum' },
      environment: {},
      statistics: endpoint.statistics,
      stop: endpoint.stop,
    };
  },
};

function read({ body, headers }: EmulatedRequest): { head: Head; tensor: Buffer } {
  const length = Number(headers[lengthHeader] ?? body.length);
  return {
    head: JSON.parse(body.subarray(0, length).toString('utf8')) as Head,
    tensor: body.subarray(length),
  };
}

const refused = (status: number, error: string) => ({ status, body: { error } });
