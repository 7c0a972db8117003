import { defineConfig, sagemaker } from 'loadwright';

export default defineConfig({
  name: 'fraud',
  target: sagemaker({
    endpointName: 'fraud',
    region: 'eu-west-1',
    payloads: './features.jsonl',
  }),
  workers: 2,
  load: { profile: 'ramp', users: 20, duration: '5s', hold: '5s', waitTime: '100ms' },
  thresholds: {
    http_req_duration: ['p(95)<500'],
    http_req_failed: ['rate<0.01'],
  },
});
