import { createLoadTest, sagemaker } from 'loadwright';
import { ec2Fleet } from 'loadwright/ec2';

const test = createLoadTest({
  name: 'fraud',
  target: sagemaker({
    endpointName: 'fraud',
    region: 'eu-west-1',
    baseUrl: process.env['SAGEMAKER_ENDPOINT_URL'], // not set: the real service
    payloads: { inline: [{ instances: [[0.5, 1.5, 2.5]] }, { instances: [[3.5, 4.5, 5.5]] }] },
  }),
  workers: 2, // not set: one for each vCPU
  load: { users: 20, duration: '5s', waitTime: '100ms' },
  thresholds: { http_req_failed: ['rate<0.01'] },
});
const fleet = ec2Fleet({
  region: 'eu-west-1',
  profile: 'load-tests', // not set: the credentials of this environment
  instanceType: 'c7i.large',
  timeToLive: '1h',
  uiPort: 8443,
});

const { plan } = await test.plan(fleet);
console.log(plan.resources.join('\n'));
console.log(`${plan.pricePerHour.usDollars.toFixed(2)} US dollars an hour: ${plan.pricePerHour.source}`);

// Ctrl-C stops the load, collects what there is, and removes the machine.
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const report = await test.run({
  fleet,
  signal: stop.signal,
  onProgress: (event) => event.type === 'message' && console.log(event.message),
});
console.log(report.verdict, report.reasons.join(' '), `p95 ${report.total.p95} ms`);
