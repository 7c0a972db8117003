import type { RestInput } from '../src/rest/index.js';

/** A flow that takes values by a header, a body and a path, beside a route. The emulator answers what it needs. */
export const flowOptions: RestInput = {
  baseUrl: 'https://api.example/v1',
  routes: [{ name: 'ping', method: 'GET', path: '/ping' }],
  flows: [
    {
      name: 'buy',
      weight: 5,
      steps: [
        { name: 'login', path: '/login', body: { a: 1 }, extract: { session: { json: '/id' } } },
        {
          name: 'order',
          path: '/orders',
          headers: { 'X-Session': { $extracted: { name: 'session', prefix: 'id=' } } },
          body: { item: 1 },
          extract: { id: { json: '/id' } },
        },
        {
          name: 'look',
          method: 'GET',
          path: '/orders/{id}',
          parameters: { id: { $extracted: 'id' } },
          expect: { json: { pointer: '/path', matches: '^/orders/[0-9a-f-]{36}$' } },
        },
      ],
    },
  ],
};
