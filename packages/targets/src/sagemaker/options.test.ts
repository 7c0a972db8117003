import { describe, expect, it } from 'vitest';
import { sagemaker, type SagemakerInput } from './index.js';
import { sagemakerOptionsSchema } from './options.js';

const { definition } = sagemaker;
const minimal: SagemakerInput = {
  endpointName: 'Fraud-2',
  region: 'eu-west-1',
  payloads: { inline: [{ instances: [[1]] }] },
};
const options = (input: Partial<SagemakerInput> = {}) =>
  sagemakerOptionsSchema.parse({ ...minimal, ...input });
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

describe('options', () => {
  it('have defaults', () => {
    expect(options()).toEqual({
      ...minimal,
      payloads: { inline: [{ instances: [[1]] }], order: 'sequential' },
      contentType: 'application/json',
      requestName: 'invoke',
      openai: false,
      stream: false,
      timeout: '70s',
      maxBodyBytes: 6_291_456,
      maxAnswerBytes: 67_108_864,
      expect: { status: [200] },
      fips: false,
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['endpointName', { endpointName: '-fraud' }, 'letters, digits and hyphens'],
    ['endpointName', { endpointName: 'a'.repeat(64) }, '1 to 63'],
    ['endpointName', { endpointName: undefined }, 'expected string'],
    ['region', { region: undefined }, 'eu-west-1'],
    ['region', { region: 'ireland' }, 'such as eu-west-1'],
    ['region', { region: 'eu-isox-west-1' }, 'aws-us-gov'],
    ['payloads', { payloads: undefined }, 'Invalid input'],
    ['contentType', { contentType: '' }, '1 to 1024'],
    ['inferenceId', { inferenceId: 'a b' }, '1 to 32 letters'],
    ['inferenceId', { inferenceId: 'x'.repeat(33) }, '1 to 32 letters'],
    ['inferenceId', { inferenceId: 'a', openai: true }, 'cannot be given with openai'],
    ['customAttributes', { customAttributes: 'a\r\nx-injected: 1' }, 'printable ASCII'],
    ['customAttributes', { customAttributes: 'a'.repeat(1025) }, '1 to 1024'],
    ['targetModel', { targetModel: 'naïve.tar.gz' }, 'printable ASCII'],
    ['targetVariant', { targetVariant: 'a b' }, 'letters, digits and hyphens'],
    ['requestName', { requestName: '' }, '>=1'],
    ['timeout', { timeout: '70' }, 'such as 30s'],
    ['expect.status', { expect: { status: [] } }, '>=1'],
    ['baseUrl', { baseUrl: 'ftp://host' }, 'http or https'],
    ['baseUrl', { baseUrl: 'https://host/path' }, 'no path'],
    ['baseUrl', { baseUrl: 'https://user:pass@host' }, 'no path, query or user'],
    ['fips', { fips: true, baseUrl: 'https://host' }, 'baseUrl'],
    ['fips', { fips: true, region: 'cn-north-1' }, 'China'],
    ['accountId', { accountId: '12345' }, '12 digits'],
    ['profile', { profile: 'work', credentials }, 'credentials'],
    ['credentials.secretAccessKey', { credentials: { accessKeyId: 'a' } }, 'expected string'],
    ['', { endpoint: 'fraud' }, '"endpoint"'],
  ])('refuse %s: %j', (field, input, message) => {
    const issues = sagemakerOptionsSchema.safeParse({ ...minimal, ...input }).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([field]);
    expect(issues[0]?.message).toContain(message);
  });
});

describe('host', () => {
  it.each<[Partial<SagemakerInput>, string]>([
    [{}, 'https://runtime.sagemaker.eu-west-1.amazonaws.com'],
    [{ fips: true, region: 'us-east-2' }, 'https://runtime-fips.sagemaker.us-east-2.amazonaws.com'],
    [{ region: 'cn-northwest-1' }, 'https://runtime.sagemaker.cn-northwest-1.amazonaws.com.cn'],
    [{ region: 'us-gov-west-1' }, 'https://runtime.sagemaker.us-gov-west-1.amazonaws.com'],
    [{ region: 'eusc-de-east-1' }, 'https://runtime.sagemaker.eusc-de-east-1.amazonaws.eu'],
    [{ region: 'us-iso-east-1' }, 'https://runtime.sagemaker.us-iso-east-1.c2s.ic.gov'],
    [{ region: 'us-isob-east-1' }, 'https://runtime.sagemaker.us-isob-east-1.sc2s.sgov.gov'],
    [{ baseUrl: 'http://127.0.0.1:8080/' }, 'http://127.0.0.1:8080'],
  ])('of %j', (input, host) => {
    expect(definition.host(options(input))).toBe(host);
  });
});

describe('target.json', () => {
  it('holds what the Python files read', () => {
    expect(definition.targetConfig(options())).toEqual({
      endpointName: 'Fraud-2',
      region: 'eu-west-1',
      contentType: 'application/json',
      headers: {},
      timeoutSeconds: 70,
      maxAnswerBytes: 67_108_864,
      requestName: 'invoke',
      expect: { status: [200] },
    });
  });

  it('turns options into headers', () => {
    const input = {
      accept: 'text/csv',
      customAttributes: 'trace=1',
      targetModel: 'customer17.tar.gz',
      targetVariant: 'blue',
      inferenceComponent: 'part',
      targetContainer: 'second',
      sessionId: 's-1',
    };
    expect(definition.targetConfig(options(input))).toMatchObject({
      accept: 'text/csv',
      headers: {
        'X-Amzn-SageMaker-Custom-Attributes': 'trace=1',
        'X-Amzn-SageMaker-Target-Model': 'customer17.tar.gz',
        'X-Amzn-SageMaker-Target-Variant': 'blue',
        'X-Amzn-SageMaker-Inference-Component': 'part',
        'X-Amzn-SageMaker-Target-Container-Hostname': 'second',
        'X-Amzn-SageMaker-Session-Id': 's-1',
      },
    });
  });
});

describe('permissions', () => {
  it('are to invoke this endpoint, as it is written and in lower case', () => {
    expect(definition.iamStatements!(options())).toEqual([
      {
        Sid: 'LoadwrightInvokeEndpoint',
        Effect: 'Allow',
        Action: ['sagemaker:InvokeEndpoint'],
        Resource: [
          'arn:aws:sagemaker:eu-west-1:*:endpoint/Fraud-2',
          'arn:aws:sagemaker:eu-west-1:*:endpoint/fraud-2',
        ],
      },
    ]);
  });

  it('are for the models that are called', () => {
    const targetModels = { 'a.tar.gz': 9, 'b.tar.gz': 1 };
    expect(definition.iamStatements!(options({ targetModels }))[0]!.Condition).toEqual({
      StringEquals: { 'sagemaker:TargetModel': ['a.tar.gz', 'b.tar.gz'] },
    });
    expect(definition.targetConfig(options({ targetModels }))).toMatchObject({ targetModels });
  });

  it('are for any model where payloads name it', () => {
    const input = { targetModelFrom: '/meta/model' };
    expect(definition.iamStatements!(options(input))[0]!.Condition).toEqual({
      StringLike: { 'sagemaker:TargetModel': '*' },
    });
    expect(definition.targetConfig(options(input))).toMatchObject(input);
  });

  it.each<[Partial<SagemakerInput>, string]>([
    [{ targetModels: {} }, '1 to 100 models'],
    [{ targetModels: { a: 0 } }, 'too_small'],
    [{ targetModels: { a: 1 }, targetModel: 'b' }, 'not both'],
    [{ targetModels: { a: 1 }, stream: true }, 'cannot be called with a stream'],
    [{ targetModel: 'a', stream: true }, 'cannot be called with a stream'],
    [{ targetModelFrom: '/a', stream: true }, 'cannot be called with a stream'],
    [{ targetModelFrom: '/a', targetModel: 'b' }, 'give it or targetModel, not both'],
    [{ targetModelFrom: '/a', targetModels: { a: 1 } }, 'give it or targetModels, not both'],
    [{ targetModelFrom: '/a', async: {} }, 'cannot be given with async'],
    [{ targetModelFrom: '/a', openai: true }, 'cannot be given with openai'],
    [{ sessionId: 'a'.repeat(257) }, '256'],
    [{ sessionId: 'a b' }, 'letters, digits and hyphens'],
    [{ sessionId: 'NEW_SESSION', stream: true }, 'InvokeEndpoint alone begins sessions'],
    [{ targetModelFrom: '' }, 'must be a JSON Pointer'],
    [{ targetModelFrom: 'model' }, 'must be a JSON Pointer'],
    [{ targetModelFrom: '/a~2' }, 'must be a JSON Pointer'],
  ])('of %j are refused', (input, message) => {
    expect(() => options(input)).toThrow(message);
  });

  it('of a stream are two actions', () => {
    expect(definition.iamStatements!(options({ stream: true }))[0]!.Action).toEqual([
      'sagemaker:InvokeEndpoint',
      'sagemaker:InvokeEndpointWithResponseStream',
    ]);
  });

  it.each([
    ['eusc-de-east-1', 'aws-eusc'],
    ['us-iso-west-1', 'aws-iso'],
    ['eu-isoe-west-1', 'aws-iso-e'],
    ['us-gov-east-1', 'aws-us-gov'],
    ['cn-north-1', 'aws-cn'],
  ])('of %s are in its partition, account and model', (region, partition) => {
    const input = { region, endpointName: 'fraud', accountId: '123456789012', targetModel: 'a.tar.gz' };
    expect(definition.iamStatements!(options(input))).toMatchObject([
      {
        Resource: [`arn:${partition}:sagemaker:${region}:123456789012:endpoint/fraud`],
        Condition: { StringEquals: { 'sagemaker:TargetModel': 'a.tar.gz' } },
      },
    ]);
  });
});
