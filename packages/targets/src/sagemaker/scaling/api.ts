import type * as Scaling from '@aws-sdk/client-application-auto-scaling';
import type * as CloudWatch from '@aws-sdk/client-cloudwatch';
import type * as Sagemaker from '@aws-sdk/client-sagemaker';
import type { TargetContext } from '@loadwright/core/target';
import { resolveSagemakerEnvironment } from '../credentials.js';
import type { SagemakerOptions } from '../options.js';
import { resourceOf, variantOf, variantResource, type ScaledResource } from './scaled-resource.js';

/** How often an endpoint that is being changed is looked at in the end, in milliseconds. */
export const polling = { milliseconds: 5000 };

/** The calls about an endpoint's scaling. The SDK is loaded when it is opened: 20 MB that a load test does not need. */
export class ScalingApi {
  readonly #signal: AbortSignal;
  readonly #scaling: typeof Scaling;
  readonly #cloudwatch: typeof CloudWatch;
  readonly #sagemaker: typeof Sagemaker;
  readonly #scalingClient: Scaling.ApplicationAutoScalingClient;
  readonly #cloudwatchClient: CloudWatch.CloudWatchClient;
  readonly #sagemakerClient: Sagemaker.SageMakerClient;
  readonly #options: SagemakerOptions;
  #resource: ScaledResource;

  private constructor(
    modules: [typeof Scaling, typeof CloudWatch, typeof Sagemaker],
    config: (service: string) => object,
    options: SagemakerOptions,
    signal: AbortSignal,
  ) {
    [this.#scaling, this.#cloudwatch, this.#sagemaker] = modules;
    this.#scalingClient = new this.#scaling.ApplicationAutoScalingClient(config('APPLICATION_AUTO_SCALING'));
    this.#cloudwatchClient = new this.#cloudwatch.CloudWatchClient(config('CLOUDWATCH'));
    this.#sagemakerClient = new this.#sagemaker.SageMakerClient(config('SAGEMAKER'));
    this.#options = options;
    this.#resource = resourceOf(options);
    this.#signal = signal;
  }

  /** Calls with the API, and closes its connections. */
  static async use<Value>(
    options: SagemakerOptions,
    context: TargetContext,
    work: (api: ScalingApi) => Promise<Value>,
  ): Promise<Value> {
    const { environment, signal } = context;
    const [{ variables }, ...modules] = await Promise.all([
      resolveSagemakerEnvironment(options, context),
      import('@aws-sdk/client-application-auto-scaling'),
      import('@aws-sdk/client-cloudwatch'),
      import('@aws-sdk/client-sagemaker'),
    ]);
    const credentials = {
      accessKeyId: variables['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: variables['AWS_SECRET_ACCESS_KEY']!,
      ...(variables['AWS_SESSION_TOKEN'] && { sessionToken: variables['AWS_SESSION_TOKEN'] }),
    };
    // The SDK reads these variables of its own process; here the given environment counts.
    const config = (service: string) => {
      const endpoint = environment[`AWS_ENDPOINT_URL_${service}`] ?? environment['AWS_ENDPOINT_URL'];
      const attempts = Number(environment['AWS_MAX_ATTEMPTS'] ?? 0);
      return {
        ...{ region: options.region, credentials },
        ...(endpoint && { endpoint }),
        ...(attempts > 0 && { maxAttempts: attempts }),
      };
    };
    const api = new ScalingApi(modules, config, options, signal);
    try {
      return await work(api);
    } finally {
      for (const client of [api.#scalingClient, api.#cloudwatchClient, api.#sagemakerClient])
        client.destroy();
    }
  }

  /** Known exactly once the endpoint was described. */
  get resource(): ScaledResource {
    return this.#resource;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  get #target() {
    const { id, dimension } = this.#resource;
    return { ServiceNamespace: 'sagemaker', ResourceId: id, ScalableDimension: dimension } as const;
  }

  get #call() {
    return { abortSignal: this.#signal };
  }

  /** The endpoint, whichever of its variants is meant. */
  async wholeEndpoint(): Promise<Sagemaker.DescribeEndpointOutput> {
    const command = new this.#sagemaker.DescribeEndpointCommand({ EndpointName: this.#options.endpointName });
    return this.#sagemakerClient.send(command, this.#call);
  }

  async metricData(
    MetricDataQueries: CloudWatch.MetricDataQuery[],
    StartTime: Date,
    EndTime: Date,
  ): Promise<readonly CloudWatch.MetricDataResult[]> {
    const { paginateGetMetricData } = this.#cloudwatch;
    const found: CloudWatch.MetricDataResult[] = [];
    const input = { MetricDataQueries, StartTime, EndTime };
    for await (const page of paginateGetMetricData({ client: this.#cloudwatchClient }, input, this.#call)) {
      found.push(...(page.MetricDataResults ?? []));
    }
    return found;
  }

  async endpoint(): Promise<Sagemaker.DescribeEndpointOutput> {
    const endpoint = await this.wholeEndpoint();
    if (this.#options.inferenceComponent === undefined) {
      const variant = variantOf(this.#options, endpoint).VariantName!;
      this.#resource = variantResource(this.#options.endpointName, variant);
    }
    return endpoint;
  }

  async component(name: string): Promise<Sagemaker.DescribeInferenceComponentOutput> {
    const command = new this.#sagemaker.DescribeInferenceComponentCommand({ InferenceComponentName: name });
    return this.#sagemakerClient.send(command, this.#call);
  }

  async target(): Promise<Scaling.ScalableTarget | undefined> {
    const { ServiceNamespace, ScalableDimension, ResourceId } = this.#target;
    const command = new this.#scaling.DescribeScalableTargetsCommand({
      ...{ ServiceNamespace, ScalableDimension, ResourceIds: [ResourceId] },
    });
    return (await this.#scalingClient.send(command, this.#call)).ScalableTargets?.[0];
  }

  async policies(): Promise<readonly Scaling.ScalingPolicy[]> {
    const { paginateDescribeScalingPolicies } = this.#scaling;
    const found: Scaling.ScalingPolicy[] = [];
    for await (const page of paginateDescribeScalingPolicies({ client: this.#scalingClient }, this.#target)) {
      found.push(...(page.ScalingPolicies ?? []));
    }
    return found;
  }

  async scheduledActions(): Promise<readonly Scaling.ScheduledAction[]> {
    const { paginateDescribeScheduledActions } = this.#scaling;
    const found: Scaling.ScheduledAction[] = [];
    for await (const page of paginateDescribeScheduledActions(
      { client: this.#scalingClient },
      this.#target,
    )) {
      found.push(...(page.ScheduledActions ?? []));
    }
    return found;
  }

  async alarms(names: readonly string[]): Promise<readonly CloudWatch.MetricAlarm[]> {
    if (names.length === 0) return [];
    const { paginateDescribeAlarms } = this.#cloudwatch;
    const found: CloudWatch.MetricAlarm[] = [];
    const input = { AlarmNames: [...names], AlarmTypes: ['MetricAlarm' as const] };
    for await (const page of paginateDescribeAlarms({ client: this.#cloudwatchClient }, input)) {
      found.push(...(page.MetricAlarms ?? []));
    }
    return found;
  }

  /** @param resource Default: what the options name. */
  async activities(
    since: number,
    { id, dimension }: Pick<ScaledResource, 'id' | 'dimension'> = this.#resource,
  ): Promise<readonly Scaling.ScalingActivity[]> {
    const { paginateDescribeScalingActivities } = this.#scaling;
    const found: Scaling.ScalingActivity[] = [];
    const input = {
      ...{ ServiceNamespace: 'sagemaker' as const, ResourceId: id, ScalableDimension: dimension },
      IncludeNotScaledActivities: true,
    };
    for await (const page of paginateDescribeScalingActivities(
      { client: this.#scalingClient },
      input,
      this.#call,
    )) {
      const newer = (page.ScalingActivities ?? []).filter(({ StartTime }) => Number(StartTime) >= since);
      found.push(...newer);
      // Newest first: the pages that follow are older.
      if (newer.length < (page.ScalingActivities?.length ?? 0)) break;
    }
    return found;
  }

  async register(
    input: Pick<Scaling.RegisterScalableTargetCommandInput, 'MinCapacity' | 'MaxCapacity' | 'SuspendedState'>,
  ): Promise<void> {
    const command = new this.#scaling.RegisterScalableTargetCommand({ ...this.#target, ...input });
    await this.#scalingClient.send(command, this.#call);
  }

  async deregister(): Promise<void> {
    await this.#scalingClient.send(
      new this.#scaling.DeregisterScalableTargetCommand(this.#target),
      this.#call,
    );
  }

  async putPolicy(
    name: string,
    policy: Pick<
      Scaling.PutScalingPolicyCommandInput,
      'PolicyType' | 'TargetTrackingScalingPolicyConfiguration' | 'StepScalingPolicyConfiguration'
    >,
  ): Promise<void> {
    const command = new this.#scaling.PutScalingPolicyCommand({
      ...this.#target,
      PolicyName: name,
      ...policy,
    });
    await this.#scalingClient.send(command, this.#call);
  }

  async deletePolicy(name: string): Promise<void> {
    const command = new this.#scaling.DeleteScalingPolicyCommand({ ...this.#target, PolicyName: name });
    await this.#scalingClient.send(command, this.#call);
  }

  async putAlarm(input: CloudWatch.PutMetricAlarmCommandInput): Promise<void> {
    await this.#cloudwatchClient.send(new this.#cloudwatch.PutMetricAlarmCommand(input), this.#call);
  }

  async deleteAlarms(names: readonly string[]): Promise<void> {
    const command = new this.#cloudwatch.DeleteAlarmsCommand({ AlarmNames: [...names] });
    await this.#cloudwatchClient.send(command, this.#call);
  }

  /** The number of instances of the variant, by hand; of an inference component its copies. */
  async setCount(count: number): Promise<void> {
    const { UpdateEndpointWeightsAndCapacitiesCommand, UpdateInferenceComponentRuntimeConfigCommand } =
      this.#sagemaker;
    const { endpointName, inferenceComponent } = this.#options;
    if (inferenceComponent !== undefined) {
      const command = new UpdateInferenceComponentRuntimeConfigCommand({
        InferenceComponentName: inferenceComponent,
        DesiredRuntimeConfig: { CopyCount: count },
      });
      await this.#sagemakerClient.send(command, this.#call);
      return;
    }
    const VariantName = this.#resource.id.split('/').at(-1)!;
    const command = new UpdateEndpointWeightsAndCapacitiesCommand({
      EndpointName: endpointName,
      DesiredWeightsAndCapacities: [{ VariantName, DesiredInstanceCount: count }],
    });
    await this.#sagemakerClient.send(command, this.#call);
  }
}
