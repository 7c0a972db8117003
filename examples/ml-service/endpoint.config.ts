import { defineConfig } from '@loadwright/cli/config';
import { sagemaker } from '@loadwright/targets/sagemaker';
import { endpointName } from './scripts/endpoint-name.mjs';

/** The same requests at the same rate to the endpoint itself: `npx --no-install loadwright run --config endpoint.config.ts`. */
export default defineConfig({
  name: 'ml-service-endpoint',
  target: sagemaker({
    endpointName,
    region: process.env['AWS_REGION'] ?? 'eu-west-1',
    baseUrl: process.env['SAGEMAKER_ENDPOINT_URL'], // not set: the real service
    payloads: './payloads.jsonl',
    accept: 'application/json',
    expect: { json: { pointer: '/predictions/0', type: 'number' } },
  }),
  workers: 1,
  load: { arrivalRate: '10/s', duration: '20s' },
  thresholds: { http_req_duration: ['p(95)<1000'], http_req_failed: ['rate<0.01'] },
});
