import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import type { Emulator } from '@loadwright/core/target';
import { afterEach, describe, expect, it } from 'vitest';
import { sagemakerEmulator } from './emulator.js';

interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let container: Server | undefined;
let emulator: Emulator | undefined;
let client: SageMakerRuntimeClient;
afterEach(async () => {
  client.destroy();
  await emulator?.stop();
  container?.closeAllConnections();
  await new Promise((resolve) => container?.close(resolve) ?? resolve(undefined));
});

/** An endpoint of which the container answers as `respond` does. */
async function start(respond: (response: ServerResponse, received: Received) => void): Promise<Received[]> {
  const all: Received[] = [];
  container = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      all.push({
        path: request.url,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      respond(response, all.at(-1)!);
    });
  });
  await new Promise<void>((resolve) => container!.listen(0, '127.0.0.1', resolve));
  await endpointBefore(`http://127.0.0.1:${(container.address() as AddressInfo).port}`);
  return all;
}

async function endpointBefore(url: string): Promise<void> {
  const valid = await sagemakerEmulator.options['~standard'].validate({
    endpointName: 'fraud',
    serviceTime: '1ms',
    container: url,
  });
  if (valid.issues) throw new Error(JSON.stringify(valid.issues));
  emulator = await sagemakerEmulator.start(valid.value);
  const { environment } = emulator;
  client = new SageMakerRuntimeClient({
    endpoint: emulator.url,
    region: 'eu-west-1',
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY']!,
      sessionToken: environment['AWS_SESSION_TOKEN'],
    },
    maxAttempts: 1,
  });
}

const input = { EndpointName: 'fraud', Body: '{"x":1.0}', ContentType: 'application/json' };

describe('an endpoint before a container', () => {
  it('passes on body, types and custom attributes, and nothing else of the request', async () => {
    const received = await start((response) => {
      response.writeHead(200, {
        'content-type': 'text/csv',
        'x-amzn-sagemaker-custom-attributes': 'answered',
        'x-own': 'lost',
      });
      response.end('0.5\n');
    });
    const answer = await client.send(
      new InvokeEndpointCommand({ ...input, Accept: 'text/csv', CustomAttributes: 'asked', SessionId: 's' }),
    );
    expect(answer).toMatchObject({ ContentType: 'text/csv', CustomAttributes: 'answered' });
    expect(answer.Body.transformToString()).toBe('0.5\n');
    const { body, headers, path } = received[0]!;
    expect([path, body]).toEqual(['/invocations', '{"x":1.0}']);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'text/csv',
      'x-amzn-sagemaker-custom-attributes': 'asked',
    });
    expect(Object.keys(headers).filter((name) => /^(authorization|x-amz-)/.test(name))).toEqual([]);
  });

  it.each([
    [400, 'client error (400)'],
    [503, 'server error (503)'],
  ])('reports the status %i of the container as ModelError', async (status, text) => {
    await start((response) => response.writeHead(status).end('no such column'));
    await expect(client.send(new InvokeEndpointCommand(input))).rejects.toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: status,
      OriginalMessage: 'no such column',
      message: expect.stringContaining(text) as string,
    });
  });

  it('reports a container that is not there as ModelError', async () => {
    await start(() => {});
    const url = `http://127.0.0.1:${(container!.address() as AddressInfo).port}`;
    container!.close();
    await emulator?.stop();
    client.destroy();
    await endpointBefore(url);
    await expect(client.send(new InvokeEndpointCommand(input))).rejects.toMatchObject({
      name: 'ModelError',
      message: expect.stringContaining('The container did not answer') as string,
    });
  });

  async function partsOf(): Promise<string[]> {
    const { Body } = await client.send(new InvokeEndpointWithResponseStreamCommand(input));
    const parts: string[] = [];
    for await (const { PayloadPart } of Body!) parts.push(Buffer.from(PayloadPart!.Bytes!).toString());
    return parts;
  }

  it('streams what the container writes, piece by piece', async () => {
    await start((response) => {
      response.writeHead(200, { 'content-type': 'application/jsonlines' });
      response.write('{"n":1}\n');
      setImmediate(() => response.end('{"n":2}\n'));
    });
    expect((await partsOf()).join('')).toBe('{"n":1}\n{"n":2}\n');
  });

  it('ends a stream that the container breaks with ModelStreamError', async () => {
    await start((response) => {
      response.writeHead(200, { 'content-type': 'application/jsonlines' });
      response.write('{"n":1}\n', () => response.destroy());
    });
    await expect(partsOf()).rejects.toMatchObject({ name: 'ModelStreamError' });
  });
});
