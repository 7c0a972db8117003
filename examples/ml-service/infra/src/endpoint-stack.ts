import { fileURLToPath } from 'node:url';
import { ArnFormat, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnEndpoint, CfnEndpointConfig, CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';

export interface EndpointStackProps extends StackProps {
  readonly endpointName: string;
  /** Such as ml.m5.large: billed for every hour of every instance. */
  readonly instanceType: string;
  readonly minInstances: number;
  readonly maxInstances: number;
  /**
   * Invocations a minute that one instance is to get, before another one is started. From a load test of one instance:
   * requests/s that it holds × 0.5 × 60
   * (https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-loadtest.html).
   */
  readonly invocationsPerInstance: number;
}

const variant = 'AllTraffic';

/** The container of this example behind a real-time endpoint that scales with its load. */
export class EndpointStack extends Stack {
  constructor(scope: Construct, id: string, props: EndpointStackProps) {
    super(scope, id, props);
    const image = new DockerImageAsset(this, 'Image', {
      directory: fileURLToPath(new URL('../../container', import.meta.url)),
      platform: Platform.LINUX_AMD64,
    });
    const role = new Role(this, 'ExecutionRole', {
      assumedBy: new ServicePrincipal('sagemaker.amazonaws.com'),
    });
    const policy = new Policy(this, 'ExecutionPolicy', {
      roles: [role],
      statements: this.#statements(props, image),
    });

    const model = new CfnModel(this, 'Model', {
      executionRoleArn: role.roleArn,
      primaryContainer: { image: image.imageUri },
    });
    // The image is pulled with the role's permissions, which must be there by then.
    model.node.addDependency(policy);
    const config = new CfnEndpointConfig(this, 'EndpointConfig', {
      productionVariants: [
        {
          variantName: variant,
          modelName: model.attrModelName,
          instanceType: props.instanceType,
          initialInstanceCount: props.minInstances,
          initialVariantWeight: 1,
        },
      ],
    });
    const endpoint = new CfnEndpoint(this, 'Endpoint', {
      endpointName: props.endpointName,
      endpointConfigName: config.attrEndpointConfigName,
    });
    this.#scale(props, endpoint);
    // The API reads it from here, and from nowhere else.
    new CfnOutput(this, 'EndpointName', { value: endpoint.attrEndpointName });
    new CfnOutput(this, 'EndpointArn', { value: endpoint.ref });
  }

  #statements({ endpointName }: EndpointStackProps, image: DockerImageAsset): PolicyStatement[] {
    const logs = `/aws/sagemaker/Endpoints/${endpointName}`;
    return [
      new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
      new PolicyStatement({
        actions: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
        resources: [image.repository.repositoryArn],
      }),
      new PolicyStatement({
        actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [
          this.formatArn({
            service: 'logs',
            resource: 'log-group',
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            resourceName: `${logs}*`,
          }),
        ],
      }),
      new PolicyStatement({
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: {
          StringEquals: { 'cloudwatch:namespace': ['/aws/sagemaker/Endpoints', 'AWS/SageMaker'] },
        },
      }),
    ];
  }

  #scale(props: EndpointStackProps, endpoint: CfnEndpoint): void {
    const target = new CfnScalableTarget(this, 'ScalableTarget', {
      serviceNamespace: 'sagemaker',
      scalableDimension: 'sagemaker:variant:DesiredInstanceCount',
      // The name comes from the endpoint, so there is one by the time that the target is registered.
      resourceId: `endpoint/${endpoint.attrEndpointName}/variant/${variant}`,
      minCapacity: props.minInstances,
      maxCapacity: props.maxInstances,
    });
    new CfnScalingPolicy(this, 'ScalingPolicy', {
      policyName: `${props.endpointName}-invocations`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: target.ref,
      targetTrackingScalingPolicyConfiguration: {
        predefinedMetricSpecification: { predefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
        targetValue: props.invocationsPerInstance,
        scaleOutCooldown: 60,
        scaleInCooldown: 300,
      },
    });
  }
}
