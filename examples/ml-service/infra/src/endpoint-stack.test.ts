import { strict as assert } from 'node:assert';
import { describe, it } from 'node:test';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { EndpointStack } from './endpoint-stack.js';

const stack = new EndpointStack(new App(), 'ml-service', {
  endpointName: 'ml-service',
  instanceType: 'ml.m5.large',
  minInstances: 1,
  maxInstances: 4,
  invocationsPerInstance: 3000,
  env: { account: '123456789012', region: 'eu-west-1' },
});
const template = Template.fromStack(stack);

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: object;
}

describe('the endpoint', () => {
  it('runs the image of this example on the type that was chosen', () => {
    template.hasResourceProperties('AWS::SageMaker::EndpointConfig', {
      ProductionVariants: [
        { InstanceType: 'ml.m5.large', InitialInstanceCount: 1, VariantName: 'AllTraffic' },
      ],
    });
    template.resourceCountIs('AWS::SageMaker::Model', 1);
  });

  it('pulls its image only when the role may', () => {
    const [policy] = Object.keys(template.findResources('AWS::IAM::Policy'));
    template.hasResource('AWS::SageMaker::Model', { DependsOn: Match.arrayWith([policy]) });
  });

  it('scales by invocations, after it is there', () => {
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      MinCapacity: 1,
      MaxCapacity: 4,
      ResourceId: {
        'Fn::Join': [
          '',
          ['endpoint/', { 'Fn::GetAtt': ['Endpoint', 'EndpointName'] }, '/variant/AllTraffic'],
        ],
      },
    });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
        TargetValue: 3000,
      },
    });
  });
});

describe('the role of the model', () => {
  const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) =>
      (Properties as { PolicyDocument: { Statement: Statement[] } }).PolicyDocument.Statement,
  );

  it('has no wildcard among its actions', () => {
    assert.deepEqual(
      statements.flatMap(({ Action }) => Action).filter((action) => action.includes('*')),
      [],
    );
  });

  it('is for every resource only where AWS knows no resource', () => {
    const everywhere = statements.filter(({ Resource }) => Resource === '*');
    assert.deepEqual(everywhere.flatMap(({ Action }) => Action).sort(), [
      'cloudwatch:PutMetricData',
      'ecr:GetAuthorizationToken',
    ]);
    assert.ok(everywhere.find(({ Action }) => Action === 'cloudwatch:PutMetricData')?.Condition);
  });
});
