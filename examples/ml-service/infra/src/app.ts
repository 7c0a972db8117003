import { App } from 'aws-cdk-lib';
import { EndpointStack } from './endpoint-stack.js';

const app = new App();
new EndpointStack(app, 'ml-service', {
  endpointName: String(app.node.tryGetContext('endpointName')),
  instanceType: String(app.node.tryGetContext('instanceType')),
  minInstances: Number(app.node.tryGetContext('minInstances')),
  maxInstances: Number(app.node.tryGetContext('maxInstances')),
  invocationsPerInstance: Number(app.node.tryGetContext('invocationsPerInstance')),
  env: {
    account: process.env['CDK_DEFAULT_ACCOUNT'] ?? '123456789012',
    region: process.env['CDK_DEFAULT_REGION'] ?? 'eu-west-1',
  },
});
