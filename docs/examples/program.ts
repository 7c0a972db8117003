import { createLoadTest, localFleet, sagemaker } from 'loadwright';

const test = createLoadTest({
  name: 'fraud',
  target: sagemaker({
    endpointName: 'fraud',
    region: 'eu-west-1',
    baseUrl: process.env['SAGEMAKER_ENDPOINT_URL'], // not set: the real service
    payloads: { inline: [{ instances: [[0.5, 1.5, 2.5]] }, { instances: [[3.5, 4.5, 5.5]] }] },
    expect: { json: { pointer: '/predictions/0', type: 'number' } },
  }),
  workers: 2,
  load: { users: 20, duration: '5s', waitTime: '100ms' },
  thresholds: { http_req_duration: ['p(95)<500'], http_req_failed: ['rate<0.01'] },
});

const report = await test.run({
  fleet: localFleet(),
  onProgress: (event) => event.type === 'phase' && console.log(event.phase, event.state, event.detail ?? ''),
});
console.log(report.verdict, report.reasons.join(' '), `p95 ${report.total.p95} ms`);
process.exitCode = report.verdict === 'PASS' ? 0 : 1;
