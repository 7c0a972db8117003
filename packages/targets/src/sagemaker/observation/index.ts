import {
  type FigureDefinition,
  type FigurePoint,
  type IamStatement,
  type ObservationContext,
  type ObservationDefinition,
  type ServiceEvent,
  type ServiceReading,
} from '@loadwright/core/target';
import type { ProductionVariantSummary } from '@aws-sdk/client-sagemaker';
import type { SagemakerOptions } from '../options.js';
import { partitionOf } from '../partition.js';
import { ScalingApi } from '../scaling/api.js';
import { resourceOf, variantResource, type ScaledResource } from '../scaling/scaled-resource.js';
import { cloudWatchFigures, instanceFigures, periodSeconds } from './figures.js';
import { serviceTimes } from './service-times.js';

/** Between two readings, in seconds: a reading asks CloudWatch for some fifteen metrics of each variant. */
const intervalSeconds = 15;

/** What SageMaker, Application Auto Scaling and CloudWatch tell of an endpoint. */
export const sagemakerObservation: ObservationDefinition<SagemakerOptions> = {
  figures: {
    ...instanceFigures,
    ...(Object.assign({}, ...Object.values(cloudWatchFigures)) as Record<string, FigureDefinition>),
  },
  intervalSeconds,
  // A point of one minute is published some time after its end; the emulator of scaling assumes the same.
  publicationSeconds: 120,
  iamStatements,
  read,
  serviceTimes,
};

/** Neither DescribeScalingActivities nor GetMetricData can be restricted to a resource. */
function iamStatements({
  accountId = '*',
  endpointName,
  region,
  inferenceComponent,
}: SagemakerOptions): IamStatement[] {
  const prefix = `arn:${partitionOf(region).id}:sagemaker:${region}:${accountId}`;
  const names = [...new Set([endpointName, endpointName.toLowerCase()])];
  return [
    {
      Sid: 'LoadwrightObserveEndpoint',
      Effect: 'Allow',
      Action: [
        'sagemaker:DescribeEndpoint',
        ...(inferenceComponent === undefined ? [] : ['sagemaker:DescribeInferenceComponent']),
      ],
      Resource: [
        ...names.map((name) => `${prefix}:endpoint/${name}`),
        ...(inferenceComponent === undefined ? [] : [`${prefix}:inference-component/${inferenceComponent}`]),
      ],
    },
    {
      Sid: 'LoadwrightObserveFigures',
      Effect: 'Allow',
      Action: ['application-autoscaling:DescribeScalingActivities', 'cloudwatch:GetMetricData'],
      Resource: ['*'],
    },
  ];
}

/** A part of the endpoint that has figures of its own. */
interface Part {
  readonly name: string;
  readonly resource: ScaledResource;
  /** Undefined: nobody may ask. */
  readonly isServerless?: boolean;
}

async function read(options: SagemakerOptions, context: ObservationContext): Promise<ServiceReading> {
  return ScalingApi.use(options, context, async (api) => {
    const problems: string[] = [];
    const attempt = async <Value>(what: string, work: () => Promise<Value>): Promise<Value | undefined> => {
      try {
        return await work();
      } catch (error) {
        context.signal.throwIfAborted();
        const text =
          error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 300) : 'no reason given';
        problems.push(`${what}: ${text}`);
        return undefined;
      }
    };
    const sizes = await attempt('SageMaker does not tell the instances', () => sizesOf(api, options));
    const parts = sizes?.parts ?? [assumedPart(options)];
    const [events, points] = await Promise.all([
      attempt('Application Auto Scaling does not tell what it did', () =>
        eventsOf(api, parts, context.since),
      ),
      attempt('CloudWatch does not tell its metrics', () => metricsOf(api, parts, context.since)),
    ]);
    if (!sizes && !events && !points) throw new Error(problems.join(' '));
    return { points: [...(sizes?.points ?? []), ...(points ?? [])], events: events ?? [], problems };
  });
}

/** Where nobody may ask which variants there are. */
function assumedPart(options: SagemakerOptions): Part {
  const resource = resourceOf(options);
  const { inferenceComponent, targetVariant = 'AllTraffic' } = options;
  // A variant that carries components has instances.
  if (inferenceComponent !== undefined) return { name: inferenceComponent, resource, isServerless: false };
  return { name: targetVariant, resource };
}

async function sizesOf(
  api: ScalingApi,
  options: SagemakerOptions,
): Promise<{ parts: Part[]; points: FigurePoint[] }> {
  const point = { at: Date.now(), seconds: 2 * intervalSeconds };
  const counted = (part: string, current: number, desired: number): FigurePoint[] => [
    { ...point, part, figure: 'instances', value: current },
    { ...point, part, figure: 'instances desired', value: desired },
  ];
  const { inferenceComponent, endpointName } = options;
  if (inferenceComponent !== undefined) {
    const { RuntimeConfig } = await api.component(inferenceComponent);
    const { CurrentCopyCount: current = 0, DesiredCopyCount: desired = current } = RuntimeConfig ?? {};
    return { parts: [assumedPart(options)], points: counted(inferenceComponent, current, desired) };
  }
  const { ProductionVariants = [] } = await api.wholeEndpoint();
  const isServerless = (variant: ProductionVariantSummary) => variant.CurrentServerlessConfig !== undefined;
  return {
    parts: ProductionVariants.map((variant) => ({
      name: variant.VariantName!,
      resource: variantResource(endpointName, variant.VariantName!),
      isServerless: isServerless(variant),
    })),
    points: ProductionVariants.filter((variant) => !isServerless(variant)).flatMap(
      ({ VariantName, CurrentInstanceCount: current = 0, DesiredInstanceCount: desired = current }) =>
        counted(VariantName!, current, desired),
    ),
  };
}

async function eventsOf(api: ScalingApi, parts: readonly Part[], since: number): Promise<ServiceEvent[]> {
  const found = await Promise.all(
    parts.map(async ({ name, resource }) =>
      (await api.activities(since, resource)).map((activity): ServiceEvent => {
        const reasons = activity.NotScaledReasons?.map(({ Code }) => Code!) ?? [];
        const outcome = reasons.length > 0 ? `not scaled: ${reasons.join(', ')}` : activity.StatusCode;
        return {
          at: Number(activity.StartTime),
          text: `${name}: ${activity.Description ?? ''} (${outcome}) ${activity.Cause ?? ''}`.trim(),
        };
      }),
    ),
  );
  return found.flat();
}

async function metricsOf(api: ScalingApi, parts: readonly Part[], since: number): Promise<FigurePoint[]> {
  const asked = parts.flatMap((part) =>
    Object.entries(cloudWatchFigures).flatMap(([namespace, figures]) =>
      Object.entries(figures)
        .filter(([, figure]) => !figure.isServerless || part.isServerless !== false)
        .map(([name, figure]) => ({ part, namespace, name, figure })),
    ),
  );
  const queries = asked.map(({ part, namespace, figure }, index) => ({
    Id: `m${index}`,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: figure.metric,
        Dimensions: part.resource.dimensions.map(({ Name, Value }) => ({ Name, Value })),
      },
      Period: periodSeconds,
      Stat: figure.statistic,
    },
  }));
  // From the beginning of a period on, so that none is reported in part.
  const from = Math.floor(since / 1000 / periodSeconds) * periodSeconds;
  const results = await api.metricData(queries, new Date(from * 1000), new Date());
  return results.flatMap(({ Id, Timestamps = [], Values = [] }) => {
    const { part, name, figure } = asked[Number(Id!.slice(1))]!;
    return Timestamps.map((at, index) => ({
      ...{ figure: name, part: part.name, at: Number(at), seconds: periodSeconds },
      value: Values[index]! * (figure.factor ?? 1),
    }));
  });
}
