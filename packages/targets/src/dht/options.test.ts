import { validate } from '@loadwright/core/target';
import { describe, expect, it } from 'vitest';
import { dht } from './index.js';

const { definition } = dht;
const valid = definition.example;
const parse = (options: unknown) => validate(definition.options, options, { field: 'target' });
const origin = 'https://origin.example/item';

describe('options', () => {
  it('fill in their defaults', () => {
    expect(parse({ ...valid, urls: { template: `${origin}/{i}` } })).toEqual({
      baseUrl: 'http://cache.example',
      path: '/cache',
      protocol: 'koorde',
      urls: { template: `${origin}/{i}`, count: 100 },
      choice: 'zipf',
      reencodes: false,
      requestName: 'cache',
      timeout: '30s',
      maxAnswerBytes: 67_108_864,
    });
  });

  it.each([
    ['baseUrl', undefined, 'missing'],
    ['baseUrl', 'cache.example', 'must be a URL'],
    ['baseUrl', 'file:///etc/passwd', 'must be a URL'],
    ['baseUrl', 'http://someone:else@cache.example', 'user name'],
    ['baseUrl', 'http://cache.example/?a=b', 'query'],
    ['path', 'cache', 'must start with /'],
    ['path', '/cache?url=', 'must start with /'],
    ['protocol', undefined, 'koorde'],
    ['protocol', 'pastry', 'koorde'],
    ['urls', undefined, 'missing'],
    ['urls', {}, 'urls'],
    ['urls', { template: `${origin}/1` }, 'must hold {i}'],
    ['urls', { template: '{i}.example' }, 'must be a URL'],
    ['urls', { template: `${origin}?a=1&b={i}` }, 'must not hold &'],
    ['urls', { template: `${origin}#{i}` }, 'must not hold &'],
    ['urls', { template: `${origin}/{i}`, count: 0 }, 'count'],
    ['urls', { list: [] }, 'list'],
    ['urls', { list: [`${origin}/1`, `${origin}/1`] }, 'is there twice'],
    ['urls', { list: [`${origin}/1`, 'item 2'] }, 'must be a URL'],
    ['urls', { list: [`${origin}/1`, `${origin}/1 2`] }, 'must not hold &'],
    ['urls', { file: 'urls.csv' }, 'name the column'],
    ['choice', 'trace', 'only where urls names a file'],
    ['mix', { cache: 0 }, 'mix'],
    ['nodes', [], 'nodes'],
    ['nodes', ['10.0.0.1'], 'host and port'],
    ['entryNodes', ['http://10.0.0.1:8080'], 'host and port'],
    ['urls', { list: [`${origin}/1`], count: 5 }, 'count'],
    ['choice', 'pareto', 'zipf'],
    ['zipfExponent', 0, 'zipfExponent'],
    ['zipfExponent', '1.2', 'zipfExponent'],
    ['timeout', 'long', 'must be a duration'],
    ['payloads', './a.json', 'unknown option'],
  ])('refuse %s = %j', (field, value, explanation) => {
    const refused = expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(new RegExp(`^target\\.${field}`)),
    });
    expect(() => parse({ ...valid, [field]: value })).toThrow(refused);
    expect(() => parse({ ...valid, [field]: value })).toThrow(explanation);
  });

  it('refuse what has no effect', () => {
    const hotSet = { urls: 5, share: 0.9 };
    expect(() => parse({ ...valid, hotSet })).toThrow('only when choice is hot-set');
    expect(() => parse({ ...valid, choice: 'hot-set' })).toThrow('must be given when choice is hot-set');
    const tls = { ...valid, baseUrl: 'https://cache.example', entryNodes: ['10.0.0.1:8080'] };
    expect(() => parse(tls)).toThrow('plain http');
  });

  it('take any URL where nodes encode it again', () => {
    const list = [`${origin}?a=1&b=ü#c`, `${origin}?a b`];
    expect(parse({ ...valid, reencodes: true, urls: { list } }).urls).toEqual({ list });
  });

  it.each([
    ['urls.txt', { file: 'urls.txt', format: 'lines' }],
    ['access.log.gz', { file: 'access.log.gz', format: 'lines' }],
    ['urls.CSV.gz', { file: 'urls.CSV.gz', csvAs: 'json' }],
    ['urls.tsv', { file: 'urls.tsv', csvAs: 'json' }],
    ['urls.jsonl', { file: 'urls.jsonl' }],
  ])('read URLs from %s', (file, source) => {
    const column = 'format' in source ? {} : { column: 'url' };
    const options = parse({ ...valid, urls: { file, ...column }, choice: 'trace' });
    expect(definition.payloads!(options)).toEqual(source);
    expect(definition.targetConfig(options)).toMatchObject({
      urls: { file: true, reencodes: false, ...column },
    });
  });

  it('read URLs from cells with another separator between them', () => {
    const urls = { file: 'urls.csv', column: 'url', csvSeparator: ';' };
    const source = { file: 'urls.csv', csvAs: 'json', csvSeparator: ';' };
    expect(definition.payloads!(parse({ ...valid, urls }))).toEqual(source);
  });

  it.each<[string, object, string]>([
    ['urls.column', { urls: { file: 'urls.txt', column: 'url' } }, 'has a meaning only for'],
    ['urls.column', { urls: { file: 'urls.tsv' } }, 'must name the column'],
    ['urls.csvSeparator', { urls: { file: 'urls.jsonl', csvSeparator: ';' } }, 'has a meaning only for'],
    ['urls.list', { urls: { list: ['https://someone:canary@origin.example/'] } }, 'no user or password'],
    ['urls.list', { urls: { list: ['https://origin.example/\ud800'] }, reencodes: true }, 'half a character'],
    ['urls.template', { urls: { template: 'https://canary@origin.example/{i}' } }, 'no user or password'],
    [
      'hotSet.urls',
      { choice: 'hot-set', hotSet: { urls: 100, share: 0.5 } },
      'fewer than the URLs of the pool',
    ],
    ['nodes', { nodes: ['10.0.0.1:65536'] }, 'at most 65535'],
    ['nodes', { nodes: ['10.0.0.1:80', '10.0.0.1:80'] }, '"10.0.0.1:80" is there twice'],
    ['entryNodes', { entryNodes: ['[::1]:99999'] }, 'at most 65535'],
  ])('refuse %s of %j', (field, changes, message) => {
    const refused = () => parse({ ...valid, ...changes });
    expect(refused).toThrow(message);
    expect(refused).toThrow(new RegExp(`target\\.${field.replaceAll('.', '\\.')}`));
    expect(refused).not.toThrow('canary');
  });

  it('name nodes and weights for the Python files', () => {
    const options = parse({
      ...valid,
      entryNodes: ['10.0.0.1:8080', '[::1]:81'],
      mix: { cache: 9, metrics: 1 },
      choice: 'hot-set',
      hotSet: { urls: 5, share: 0.9, change: '1m' },
    });
    expect(definition.targetConfig(options)).toMatchObject({
      addresses: [
        ['10.0.0.1', 8080],
        ['::1', 81],
      ],
      mix: { cache: 9, metrics: 1 },
      hotSet: { urls: 5, share: 0.9, changeSeconds: 60 },
    });
    expect(definition.labels!(options)).toMatchObject({ choice: 'hot-set 5 for 90 %' });
  });

  it('refuse an exponent without Zipf', () => {
    expect(() => parse({ ...valid, choice: 'uniform', zipfExponent: 1 })).toThrow('only when choice is zipf');
  });
});

describe('what follows from the options', () => {
  it('targetConfig holds what the Python files read', () => {
    const options = parse({ ...valid, urls: { list: [`${origin}/a`, `${origin}/b`] }, timeout: '10s' });
    expect(definition.targetConfig(options)).toEqual({
      path: '/cache',
      urls: { list: [`${origin}/a`, `${origin}/b`] },
      choice: 'zipf',
      zipfExponent: 1.2,
      timeoutSeconds: 10,
      maxAnswerBytes: 67_108_864,
      requestName: 'cache',
    });
  });

  it('host has no trailing slash', () => {
    expect(definition.host(parse({ ...valid, baseUrl: 'http://cache.example:8080/' }))).toBe(
      'http://cache.example:8080',
    );
  });

  it('every report is labelled with the protocol', () => {
    expect(definition.labels!(parse({ ...valid, protocol: 'chord', zipfExponent: 0.8 }))).toEqual({
      protocol: 'chord',
      urls: '100',
      choice: 'zipf 0.8',
    });
    const uniform = parse({ ...valid, choice: 'uniform', urls: { list: [origin] } });
    expect(definition.labels!(uniform)).toEqual({ protocol: 'koorde', urls: '1', choice: 'uniform' });
  });
});
