import { defineConfig } from '@loadwright/cli/config';
import { chalice } from '@loadwright/targets/chalice';

/** The load test of the API: `npx --no-install loadwright run`, with the address of the API in API_URL. */
export default defineConfig({
  name: 'ml-service-api',
  target: chalice({
    baseUrl: process.env['API_URL'] ?? 'http://127.0.0.1:8000',
    route: '/evaluate',
    payloads: './payloads.jsonl',
    expect: { status: [200], json: { pointer: '/predictions/0', type: 'number' } },
  }),
  workers: 1,
  // Low, because `chalice local` is made for trying an API: a higher rate would measure that server.
  load: { arrivalRate: '10/s', duration: '20s' },
  thresholds: { http_req_duration: ['p(95)<1000'], http_req_failed: ['rate<0.01'] },
});
