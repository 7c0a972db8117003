import { createLoadTest, deployFleet, sagemaker } from 'loadwright';
import { ec2Fleet } from 'loadwright/ec2';

const fleet = ec2Fleet({ region: 'eu-west-1', profile: 'load-tests', timeToLive: '1h', uiPort: 8443 });
const target = sagemaker({
  endpointName: 'fraud',
  region: 'eu-west-1',
  baseUrl: process.env['SAGEMAKER_ENDPOINT_URL'], // not set: the real service
  payloads: { inline: [{ instances: [[0.5, 1.5, 2.5]] }] },
});
const withUsers = (users: number) =>
  createLoadTest({ name: `fraud-${users}`, target, workers: 2, load: { users, duration: '4s' } });

const deployed = await deployFleet(withUsers(10), { fleet });
try {
  for (const users of [5, 10]) {
    const test = withUsers(users);
    const report = await test.run({ fleet, on: deployed.fleetId });
    const { files } = await deployed.collect(`collected/${users}-users`);
    console.log(`${users} users: ${report.verdict}, p95 ${report.total.p95} ms, ${files.length} files`);
  }
} finally {
  const { remaining } = await deployed.destroy();
  console.log(remaining.length === 0 ? 'Nothing is left.' : remaining.join('\n'));
}
