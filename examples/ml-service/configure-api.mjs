/** After `infra` was deployed: the API gets the endpoint's name from there, and the permission to invoke that one endpoint. */
import { readFileSync, writeFileSync } from 'node:fs';

const file = (path) => new URL(path, import.meta.url);
const read = (path) => JSON.parse(readFileSync(file(path), 'utf8'));
const write = (path, document) => writeFileSync(file(path), `${JSON.stringify(document, null, 2)}\n`);

const { EndpointArn, EndpointName } = read('infra/outputs.json')['ml-service'];
const config = read('api/.chalice/config.json');
config.stages.dev.environment_variables = { ENDPOINT_NAME: EndpointName };
write('api/.chalice/config.json', config);
const policy = read('api/.chalice/policy-dev.json');
const action = 'sagemaker:InvokeEndpoint';
policy.Statement = [
  { Effect: 'Allow', Action: action, Resource: EndpointArn },
  ...policy.Statement.filter(({ Action }) => Action !== action),
];
write('api/.chalice/policy-dev.json', policy);
process.stdout.write(`The API invokes ${EndpointArn}\n`);
