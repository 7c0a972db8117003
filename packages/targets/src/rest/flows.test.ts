import { describe, expect, it } from 'vitest';
import { chaliceOptionsSchema } from '../chalice/options.js';
import { rest, type RestInput } from './index.js';
import { restOptionsSchema } from './options.js';

const { definition } = rest;
const baseUrl = 'https://api.example/v1';
const token = { $extracted: 'token' };
const login = { name: 'login', path: '/login', extract: { token: { json: '/token' } } };
const look = { name: 'look', method: 'GET', path: '/items', headers: { Authorization: token } };

type Step = NonNullable<RestInput['flows']>[number]['steps'][number];

/** Options with one flow. */
const flow = (...steps: Step[]) => ({ flows: [{ name: 'buy', steps }] });
const extracting = (extraction: object) => flow({ ...login, extract: { token: extraction } }, look);

describe('flows', () => {
  it.each<[string, string, object, string]>([
    [
      'a value that is not extracted',
      'flows.0.steps.1.query.q.$extracted',
      flow(login, { ...look, query: { q: { $extracted: 'tokn' } } }),
      'takes \\"tokn\\", which no earlier step of the flow extracts (they extract token)',
    ],
    [
      'a value of the same step',
      'flows.0.steps.0.body.a.0.$extracted',
      flow({ ...login, body: { a: [token] } }, look),
      'no earlier step of the flow extracts (they extract none)',
    ],
    [
      'a value of another flow',
      'flows.1.steps.1.headers.Authorization.$extracted',
      {
        flows: [
          ...flow(login, look).flows,
          {
            name: 'b',
            steps: [
              { name: 'x', path: '/' },
              { ...look, name: 'y' },
            ],
          },
        ],
      },
      'no earlier step of the flow',
    ],
    [
      'a value that nobody takes',
      'flows.0.steps.1.extract.id',
      flow(login, { ...look, extract: { id: { json: '/id' } } }),
      'is taken by no later step',
    ],
    [
      'a value that two steps give',
      'flows.0.steps.1.extract.token',
      flow(login, { ...login, name: 'again' }, look),
      'is extracted by an earlier step',
    ],
    [
      'a value within a choice',
      'flows.0.steps.0.extract.token',
      flow(login, { ...look, headers: { 'X-A': { $choice: [token] } } }),
      'no later step',
    ],
    ['a flow of one step', 'flows.0.steps', flow({ name: 'a', path: '/' }), 'two steps or more'],
    ['no flow at all', 'flows', { flows: [] }, '>=1 items'],
    [
      'a name of a value',
      'flows.0.steps.0.extract.a b',
      flow({ ...login, extract: { 'a b': { json: '' } } }, look),
      'must be a name',
    ],
    ['nothing to look at', 'flows.0.steps.0.extract.token', extracting({}), 'none is given'],
    [
      'two places',
      'flows.0.steps.0.extract.token',
      extracting({ json: '/a', header: 'a' }),
      'both are given',
    ],
    ['a JSON path', 'flows.0.steps.0.extract.token.json', extracting({ json: '$.token' }), 'JSON Pointer'],
    [
      'a header',
      'flows.0.steps.0.extract.token.header',
      extracting({ header: 'a b' }),
      'name of an HTTP header',
    ],
    [
      'two requests of a name',
      'flows.0.steps.1.name',
      flow(login, { ...look, name: 'login' }),
      'is there twice',
    ],
    [
      'the name of a route',
      'flows.0.steps.0.name',
      { ...flow(login, look), routes: [{ name: 'login', path: '/' }] },
      'is there twice',
    ],
    ['options of a single route', 'body', { ...flow(login, look), body: 1 }, 'with routes or flows'],
    ['what a route cannot', 'flows.0.steps.1.body', flow(login, { ...look, body: 1 }), 'method GET'],
    [
      'a trace',
      'flows.0.steps.0.payloads',
      flow({ ...login, payloads: { trace: 'a.jsonl', format: 'sagemaker-capture' } }, look),
      'cannot be a trace',
    ],
    [
      'a value in a route',
      'routes.0.body.$extracted',
      { routes: [{ name: 'a', path: '/', body: token }] },
      'only a step of flows can',
    ],
    ['a value in the only route', 'query.q.$extracted', { query: { q: token } }, 'only a step of flows can'],
    [
      'a value in common headers',
      'headers.X-A.$extracted',
      { ...flow(login, look), headers: { 'X-A': token } },
      'only a step of flows can',
    ],
    [
      'a secret in a header',
      'flows.0.steps.1.headers.Authorization',
      flow(login, { ...look, headers: { Authorization: 'canary' } }),
      'secretHeaders',
    ],
    [
      'a secret in a query',
      'flows.0.steps.1.query.token',
      flow(login, { ...look, query: { token: ['canary', token] } }),
      'secretHeaders',
    ],
    [
      'a prefix that no header carries',
      'flows.0.steps.1.headers.Authorization',
      flow(login, { ...look, headers: { Authorization: { $extracted: { name: 'token', prefix: 'ü' } } } }),
      'printable ASCII',
    ],
    [
      'a value of no name',
      'flows.0.steps.1.body.$extracted',
      flow(login, { ...look, method: 'PUT', body: { $extracted: 1 } }),
      '{ name, prefix }',
    ],
    [
      'a header of all requests',
      'flows.0.steps.1.headers.Authorization',
      { ...flow(login, look), bearerToken: 'canary' },
      'is set for all requests already',
    ],
    [
      'a secret header of all requests',
      'flows.0.steps.1.headers.Authorization',
      { ...flow(login, look), secretHeaders: { authorization: 'MY_TOKEN' } },
      'is set for all requests already',
    ],
  ])('refuse %s', (_, field, input, message) => {
    const issues = restOptionsSchema.safeParse({ baseUrl, ...input }).error?.issues ?? [];
    expect(JSON.stringify(issues)).toContain(message);
    expect(JSON.stringify(issues)).not.toContain('canary');
    expect(issues.map(({ path }) => path.join('.'))).toContain(
      field.split('.').slice(0, issues[0]!.path.length).join('.'),
    );
  });

  it.each([{ authentication: 'iam', region: 'eu-west-1' }, { authentication: 'bearer' }])(
    'refuse a header that %j of chalice sets',
    (input) => {
      const { error } = chaliceOptionsSchema.safeParse({ baseUrl, ...flow(login, look), ...input });
      expect(JSON.stringify(error)).toContain('is set for all requests already');
    },
  );

  it('refuse the header of an API key of chalice', () => {
    const steps = flow(login, { ...look, headers: { 'X-API-Key': token } });
    const { error } = chaliceOptionsSchema.safeParse({ baseUrl, ...steps, apiKey: 'canary' });
    expect(JSON.stringify(error)).toContain('is set for all requests already');
  });

  it('are taken apart for the Python files', () => {
    const options = restOptionsSchema.parse({
      baseUrl,
      flows: [
        {
          name: 'buy',
          weight: 2,
          steps: [
            { ...login, payloads: 'users.jsonl' },
            { ...look, query: { session_token: token } },
          ],
        },
      ],
    });
    expect(definition.targetConfig(options)).toMatchObject({
      requestName: 'login',
      preflightRequests: 2,
      flows: [
        {
          weight: 2,
          steps: [
            {
              requestName: 'login',
              path: '/v1/login',
              payloads: true,
              extract: { token: { json: '/token' } },
            },
            {
              requestName: 'look',
              query: { session_token: token },
              headers: { Authorization: token },
              extract: {},
            },
          ],
        },
      ],
    });
    expect(definition.targetConfig(options)).not.toHaveProperty('routes');
    expect(definition.targetConfig(options)).not.toHaveProperty('path');
    expect(definition.payloads!(options)).toEqual([{ source: 'users.jsonl', weight: 1, of: 'login' }]);
    expect(definition.labels!(options)).toEqual({ routes: 'POST /login, GET /items' });
  });
});
