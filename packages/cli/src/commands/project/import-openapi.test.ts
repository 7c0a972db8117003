import { describe, expect, it } from 'vitest';
import { imported } from '../../../test/imported.js';

const openapi = `
openapi: 3.0.3
info: { title: Pets, version: '1' }
servers: [{ url: 'https://{region}.pets.example/v1/', variables: { region: { default: eu } } }]
security: [{ key: [] }]
paths:
  /pets/{pet-id}:
    parameters:
      - { name: pet-id, in: path, required: true, schema: { type: integer, minimum: 7 } }
    get:
      operationId: getPet
      security: [{ token: [] }]
      parameters:
        - { name: fields, in: query, required: true, schema: { type: string }, example: name }
        - { name: page, in: query, schema: { type: integer } }
      responses: { '200': { description: ok } }
    delete: { responses: { '204': { description: gone } } }
  /pets:
    post:
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
      responses: { '201': { description: made } }
  /photos:
    post:
      requestBody: { content: { image/png: { schema: { type: string, format: binary } } } }
      responses: { '200': { description: ok } }
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Pet-Key }
    token: { type: http, scheme: bearer }
  schemas:
    Pet:
      type: object
      properties:
        id: { type: integer, readOnly: true }
        name: { type: string, example: Rex }
        kind: { type: string, enum: [dog, cat] }
        friends: { type: array, items: { $ref: '#/components/schemas/Pet' } }
`;

describe('loadwright import openapi', () => {
  it('makes a route of each operation, with its examples', async () => {
    const { exitCode, stderr, stdout, target } = await imported('openapi', openapi);
    expect(exitCode).toBe(0);
    expect(target).toMatchObject({
      baseUrl: 'https://eu.pets.example/v1',
      authentication: 'bearer',
      secretHeaders: { 'X-Pet-Key': 'API_X_PET_KEY' },
      routes: [
        {
          name: 'getPet',
          method: 'GET',
          path: '/pets/{pet_id}',
          parameters: { pet_id: 7 },
          query: { fields: 'name' },
        },
        { name: 'POST /pets', method: 'POST', body: { name: 'Rex', kind: 'dog' }, expect: { status: [201] } },
      ],
    });
    expect(target!.routes).toHaveLength(2);
    expect(stdout).toContain('API_X_PET_KEY');
    expect(stderr).toContain('DELETE /pets/{pet-id} is left out');
    expect(stderr).toContain('POST /photos is left out: its body is image/png');
  });

  it('makes a form of multipart/form-data', async () => {
    const schema = {
      type: 'object',
      properties: { model: { type: 'string', example: 'v2' }, image: { type: 'string', format: 'binary' } },
    };
    const { stderr, target } = await imported(
      'openapi',
      JSON.stringify({
        openapi: '3.0.3',
        info: { title: 'a', version: '1' },
        servers: [{ url: 'https://api.example' }],
        paths: {
          '/up': {
            post: {
              requestBody: { content: { 'multipart/form-data': { schema } } },
              responses: { 200: { description: 'ok' } },
            },
          },
        },
      }),
    );
    expect(target!.routes[0]).toMatchObject({
      multipart: { file: 'image', fields: { model: 'v2' } },
      payloads: { file: './image.bin', format: 'binary', contentType: 'application/octet-stream' },
    });
    expect(stderr).toContain('the file ./image.bin is sent as it is');
  });

  const responses = { 200: { description: 'ok' } };
  const described = (paths: object, components?: object) =>
    JSON.stringify({
      openapi: '3.0.3',
      info: { title: 'a', version: '1' },
      servers: [{ url: 'https://api.example' }],
      paths,
      ...(components && { components }),
    });
  const upload = (...required: string[]) => {
    const file = { type: 'string', format: 'binary' };
    const properties = { a: file, b: { type: 'array', items: file }, text: { type: 'string', example: 'x' } };
    const schema = { type: 'object', properties, ...(required.length > 0 && { required }) };
    return { responses, requestBody: { content: { 'multipart/form-data': { schema } } } };
  };
  const takes = (schema: object) => ({
    responses,
    requestBody: { content: { 'application/json': { schema } } },
  });

  it('leaves out what cannot be imported, names each reason, and takes the rest', async () => {
    const good = { get: { responses } };
    const bad: Record<string, [operation: unknown, reason: string]> = {
      '/image': [
        { post: { responses, requestBody: { content: { 'image/png': {} } } } },
        'its body is image/png',
      ],
      '/body-of-get': [{ get: takes({ type: 'object' }) }, 'cannot be sent with method GET'],
      '/gone': [{ delete: { responses } }, 'add it by hand if the load may delete'],
      '/no-value/{id}': [{ get: { responses } }, 'holds {id}, for which parameters has no value'],
      '/with space': [{ get: { responses } }, 'must start with / and have no spaces'],
      '/no-responses': [{ get: {} }, "must have required property 'responses'"],
      '/no-schema': [
        { post: takes({ $ref: '#/components/schemas/None' }) },
        'it refers to #/components/schemas/None, which is not in it',
      ],
      '/deep': [
        { post: takes({ $ref: '#/components/schemas/Deep' }) },
        'it refers to #/components/schemas/None, which is not in it',
      ],
      '/elsewhere': [
        { post: { responses, requestBody: { $ref: 'other.yaml#/a' } } },
        'it refers to other.yaml#/a',
      ],
      '/nothing': [null, 'must be object'],
      '/enum': [
        { post: { responses, parameters: [{ name: 'x', in: 'nowhere' }] } },
        'enum/post/parameters/0: must',
      ],
      '/bad-schema': [{ post: takes({ $ref: '#/components/schemas/Bad' }) }, 'schemas/Bad'],
      'no-slash': [{ get: { responses } }, 'not expected to be here'],
    };
    const paths = {
      ...Object.fromEntries(Object.entries(bad).map(([path, [operation]]) => [path, operation])),
      '/first': { ...good, put: {} },
      '/last': { post: takes({ $ref: '#/components/schemas/Good' }) },
    };
    const components = {
      schemas: {
        Good: { type: 'object', properties: { n: { $ref: '#/components/schemas/Number' } } },
        Number: { type: 'integer', example: 7 },
        Bad: { type: 'integer', minimum: 'none' },
        Unused: { $ref: '#/components/schemas/None' },
        Deep: { type: 'array', items: { $ref: '#/components/schemas/None' } },
      },
    };
    const { exitCode, stderr, target } = await imported('openapi', described(paths, components));
    expect(exitCode, stderr).toBe(0);
    expect(target!.routes.map(({ name }) => name)).toEqual(['GET /first', 'POST /last']);
    expect(target!.routes[1]).toMatchObject({ body: { n: 7 } });
    expect(stderr).toContain(
      "PUT /first is left out: /paths/~1first/put: must have required property 'responses'",
    );
    expect(stderr).not.toContain('TypeError');
    for (const [path, [, reason]] of Object.entries(bad)) {
      const line = stderr.split('\n').find((one) => one.includes(`${path} is left out`));
      expect(line, path).toContain(reason);
    }
  });

  it('names the reason when nothing can be imported', async () => {
    const image = { responses, requestBody: { content: { 'image/png': {} } } };
    const paths = { '/a': { post: image }, '/b': { post: image } };
    const { exitCode, files, stderr } = await imported('openapi', described(paths));
    expect({ exitCode, written: files.includes('loadwright.config.yaml') }).toEqual({
      exitCode: 2,
      written: false,
    });
    expect(stderr).toContain('POST /a is left out: its body is image/png');
    expect(stderr).toContain('and 1 more');
  });

  it('sends all files of a form that are required', async () => {
    const { target } = await imported('openapi', described({ '/up': { post: upload('a', 'b') } }));
    expect(target!.routes[0]).toMatchObject({
      multipart: { file: 'a', files: [{ name: 'b', payloads: { file: './b.bin' } }] },
      payloads: { file: './a.bin' },
    });
  });

  it('sends the file of a form that is required, and leaves out those that are not', async () => {
    for (const [required, sent, left] of [
      [['b'], 'b', 'a'],
      [[], 'a', 'b'],
    ] as const) {
      const { stderr, target } = await imported(
        'openapi',
        described({ '/up': { post: upload(...required) } }),
      );
      expect(target!.routes[0]).toMatchObject({
        multipart: { file: sent, fields: { text: 'x' } },
        payloads: { file: `./${sent}.bin` },
      });
      expect(stderr).toContain(`the optional file ${left} of the form is left out`);
    }
  });

  it('reads Swagger 2, and JSON', async () => {
    const swagger = {
      swagger: '2.0',
      info: { title: 'a', version: '1' },
      paths: { '/a': { get: { responses: { 200: { description: 'ok' } } } } },
    };
    const without = await imported('openapi', JSON.stringify(swagger));
    expect(without.stderr).toContain('--base-url');
    const { target } = await imported('openapi', JSON.stringify(swagger), '--base-url', 'https://a.example/');
    expect(target).toMatchObject({ baseUrl: 'https://a.example', routes: [{ name: 'GET /a', path: '/a' }] });
  });

  it.each([
    ['a: [', 'this is no valid description'],
    ['hello: world', 'this is no valid description'],
    ['openapi: 3.0.3\ninfo: { title: a, version: "1" }', "must have required property 'paths'"],
  ])('refuses %s', async (text, message) => {
    const { exitCode, stderr } = await imported('openapi', text);
    expect(exitCode).toBe(2);
    expect(stderr.replace(/\s+/g, ' ')).toContain(message);
  });
});
