import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { InvokeEndpointAsyncCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { StagingContext } from '@loadwright/core/target';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answered, answering } from '../../../test/answered.js';
import { sagemakerEmulator, type SagemakerEmulator } from '../emulator.js';
import { sagemaker } from '../index.js';
import { sagemakerOptionsSchema } from '../options.js';
import { sagemakerPreflight } from '../preflight.js';
import { inputStatements } from './place.js';
import { stageInputs } from './staging.js';

let emulator: SagemakerEmulator;
afterEach(() => emulator.stop());

async function start(options: object = {}) {
  const found = await sagemakerEmulator.options['~standard'].validate({ serviceTime: '5ms', ...options });
  if (found.issues) throw new Error(JSON.stringify(found.issues));
  emulator = (await sagemakerEmulator.start(found.value)) as SagemakerEmulator;
}

const clientOptions = () => ({
  region: 'eu-west-1',
  endpoint: emulator.url,
  credentials: {
    accessKeyId: emulator.environment['AWS_ACCESS_KEY_ID']!,
    secretAccessKey: emulator.environment['AWS_SECRET_ACCESS_KEY']!,
    sessionToken: emulator.environment['AWS_SESSION_TOKEN']!,
  },
});

const optionsFor = (async: object = {}) =>
  sagemakerOptionsSchema.parse({ payloads: { inline: [1] }, ...emulator.targetOptions, async });

function contextOf(contents: readonly string[] = ['{"instances":[[1]]}'], runId = 'run-1'): StagingContext {
  async function* inputs() {
    for (const [index, text] of contents.entries()) {
      await Promise.resolve();
      yield { row: index + 1, content: Buffer.from(text), contentType: undefined };
    }
  }
  return {
    ...{ environment: emulator.environment, baseDirectory: '.', signal: new AbortController().signal },
    ...{ inputs, runId, until: new Date(Date.now() + 600_000) },
  };
}

describe('the emulator as the AWS SDK sees it', () => {
  it('answers 202, and puts the result or the failure where it said', async () => {
    await start({ modelErrorRate: 0.5 });
    const s3 = new S3Client({ ...clientOptions(), forcePathStyle: true });
    const runtime = new SageMakerRuntimeClient(clientOptions());
    await s3.send(new PutObjectCommand({ Bucket: 'mine', Key: 'a b/1', Body: '{"instances":[[1],[2]]}' }));
    const ask = (input: object) =>
      runtime.send(
        new InvokeEndpointAsyncCommand({
          ...{ EndpointName: 'loadwright-emulator', ContentType: 'application/json', ...input },
        }),
      );
    const first = await ask({
      InputLocation: 's3://mine/a b/1',
      S3OutputPathExtension: 'x/y',
      InferenceId: 'one',
    });
    expect(first).toMatchObject({ $metadata: { httpStatusCode: 202 }, InferenceId: 'one' });
    expect(first.OutputLocation).toMatch(/^s3:\/\/loadwright-emulator\/results\/x\/y\/.+\.out$/);
    const second = await ask({ Body: '[1]' });
    await expect
      .poll(() => emulator.s3.locations)
      .toEqual(['s3://mine/a b/1', first.OutputLocation!, second.FailureLocation!].sort());
    const Key = first.OutputLocation!.slice('s3://loadwright-emulator/'.length);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'loadwright-emulator', Key }));
    expect(JSON.parse(await Body!.transformToString())).toMatchObject({
      predictions: [expect.any(Number), expect.any(Number)],
    });
    await expect(s3.send(new GetObjectCommand({ Bucket: 'mine', Key: 'no' }))).rejects.toThrow(NoSuchKey);
    await expect(ask({})).rejects.toThrow('exactly one of InputLocation and Body');
  });

  it('lists a thousand keys a page', async () => {
    await start();
    for (let number = 0; number < 1500; number++)
      emulator.s3.write(`s3://mine/${number}<&>`, Buffer.from(''));
    const s3 = new S3Client({ ...clientOptions(), forcePathStyle: true });
    const first = await s3.send(new ListObjectsV2Command({ Bucket: 'mine' }));
    const rest = await s3.send(
      new ListObjectsV2Command({ Bucket: 'mine', ContinuationToken: first.NextContinuationToken }),
    );
    const keys = [...first.Contents!, ...rest.Contents!].map(({ Key }) => Key);
    expect([first.Contents!.length, rest.IsTruncated, new Set(keys).size]).toEqual([1000, false, 1500]);
    expect(keys).toContain('7<&>');
  });
});

describe('inputs', () => {
  const inputPrefix = 's3://mine/load/';

  beforeEach(() => start());

  it('are put into the folder with their bytes, and nothing of them is left', async () => {
    const options = optionsFor({ inputPrefix });
    emulator.s3.write('s3://mine/load/theirs.json', Buffer.from('1'));
    const texts = Array.from({ length: 40 }, (_, index) => `{"n":1e-7,"text":"\u2028${index}"}`);
    const staged = await stageInputs(options, contextOf(texts));
    expect(staged!.summary).toBe('Put 40 inputs into s3://mine/load/; they are removed after the run.');
    expect(texts.map((_, index) => emulator.s3.read(`${inputPrefix}${index + 1}`)!.toString())).toEqual(
      texts,
    );
    expect(await staged!.remove()).toEqual([]);
    expect(emulator.s3.locations).toEqual(['s3://mine/load/theirs.json']);
  });

  it('of two runs at once are those of the first, and those of a dead run are taken over', async () => {
    const options = optionsFor({ inputPrefix });
    const first = await stageInputs(options, contextOf(['1', '2'], 'run-1'));
    await expect(stageInputs(options, contextOf(['3'], 'run-2'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^async.inputPrefix: .* holds the inputs of run run-1 until /) as string,
    });
    const over = { runId: 'run-1', until: new Date(Date.now() - 1000).toISOString() };
    emulator.s3.write(`${inputPrefix}.loadwright`, Buffer.from(JSON.stringify(over)));
    const second = await stageInputs(options, contextOf(['3'], 'run-2'));
    expect(emulator.s3.read(`${inputPrefix}1`)!.toString()).toBe('3');
    expect(await second!.remove()).toEqual([]);
    expect(emulator.s3.locations).toEqual([]);
    expect(await first!.remove()).toEqual([]);
  });

  it('that cannot all be put are removed again', async () => {
    const context = contextOf();
    async function* broken() {
      yield* context.inputs();
      throw new Error('the disk is broken');
    }
    await expect(stageInputs(optionsFor({ inputPrefix }), { ...context, inputs: broken })).rejects.toThrow(
      'the disk is broken',
    );
    expect(emulator.s3.locations).toEqual([]);
  });

  it('are nobody’s business where they travel in the request', async () => {
    expect(await stageInputs(optionsFor(), contextOf())).toBeUndefined();
    expect(inputStatements(optionsFor())).toEqual([]);
  });
});

describe('the first result', () => {
  const preflight = (location: string, failure: string | undefined, async: object = {}) =>
    sagemakerPreflight(optionsFor(async), {
      ...contextOf(),
      resolvedEnvironment: { variables: {} },
      request: answering(
        answered({
          status: 202,
          headers: {
            'X-Amzn-SageMaker-OutputLocation': location,
            ...(failure && { 'X-Amzn-SageMaker-FailureLocation': failure }),
          },
        }),
      ),
    });

  beforeEach(() => start());

  it('is awaited, and left or removed as the load does', async () => {
    emulator.s3.write('s3://mine/out/1.out', Buffer.from('1'));
    const { summary, notes } = await preflight('s3://mine/out/1.out', undefined);
    expect(summary).toMatch(/answered 202, its result came after \d\.\d s$/);
    expect(notes!.join()).toContain('no S3FailurePath');
    expect(emulator.s3.locations).toHaveLength(1);
    await preflight('s3://mine/out/1.out', undefined, { removeOutputs: true });
    expect(emulator.s3.locations).toEqual([]);
  });

  it('that is a failure stops the run with what the model said', async () => {
    emulator.s3.write('s3://mine/bad/1.out', Buffer.from('out of\nmemory'));
    await expect(preflight('s3://mine/out/1.out', 's3://mine/bad/1.out')).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: 'The model failed for the first payload: out of memory',
    });
  });
});

describe('options', () => {
  const parse = (input: object) =>
    sagemakerOptionsSchema.safeParse({
      endpointName: 'a',
      region: 'eu-west-1',
      payloads: 'a.jsonl',
      ...input,
    });

  beforeEach(() => start());

  it.each([
    [{ async: { inputPrefix: 's3://bucket/folder' } }, 'async.inputPrefix'],
    [{ async: { inputPrefix: 's3://bucket/' } }, 'async.inputPrefix'],
    [{ async: { inputPrefix: 's3://bucket/a/', inputLocations: true } }, 'async.inputLocations'],
    [{ async: { requestTtl: '10s' } }, 'async.requestTtl'],
    [{ async: { invocationTimeout: '2h' } }, 'async.invocationTimeout'],
    [{ async: {}, stream: true }, 'stream'],
    [{ async: {}, targetModels: { a: 1 } }, 'targetModels'],
    [{ async: {}, expect: { json: { pointer: '/a' } } }, 'expect'],
    [{ openai: true, stream: true }, 'stream'],
    [{ openai: true, async: {} }, 'async'],
    [{ openai: true, sessionId: 'a' }, 'sessionId'],
  ])('%j is refused, naming %s', (input, path) => {
    const { error } = parse(input);
    expect(error!.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  it('grant each action to whom it is for', () => {
    const async = { inputPrefix: 's3://mine/in/', outputPath: 's3://mine/out/', removeOutputs: true };
    const options = parse({ async }).data!;
    const ofNodes = sagemaker.definition.iamStatements!(options);
    expect(ofNodes.flatMap(({ Action }) => Action)).toEqual([
      'sagemaker:InvokeEndpointAsync',
      's3:ListBucket',
      's3:GetObject',
      's3:DeleteObject',
    ]);
    expect(ofNodes.at(-1)!.Resource).toEqual(['arn:aws:s3:::mine/out/*']);
    expect(sagemaker.definition.stagingStatements!(options).at(-1)).toMatchObject({
      Action: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'],
      Resource: ['arn:aws:s3:::mine/in/*'],
    });
  });
});
