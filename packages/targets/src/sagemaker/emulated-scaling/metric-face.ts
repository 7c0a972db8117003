import type { EmulatedMetrics } from './metrics.js';
import type { Described } from './still-endpoint.js';
import { validationError, type Members, type Operation } from './service-error.js';

interface Query {
  readonly Id: string;
  readonly MetricStat: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
    };
    readonly Period: number;
    readonly Stat: string;
  };
}

/** Which metrics are in which namespace, as SageMaker publishes them. */
const namespaces: Readonly<Record<'instances' | 'serverless', Readonly<Record<string, RegExp>>>> = {
  instances: {
    'AWS/SageMaker': /^(?:Invocation|ModelLatency|OverheadLatency|Concurrent)/,
    '/aws/sagemaker/Endpoints': /Utilization$/,
  },
  // https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-monitoring.html
  serverless: {
    'AWS/SageMaker': /^(?:Invocation|ModelLatency|ModelSetupTime|OverheadLatency)/,
    '/aws/sagemaker/Endpoints': /^MemoryUtilization$/,
  },
};

/** CloudWatch's metrics of the endpoint. Whoever names another endpoint, or a wrong namespace, gets no values, as of the real one. */
export function metricFace(
  metrics: EmulatedMetrics,
  { endpointName, variant, serverless }: Described,
): Readonly<Record<string, Operation>> {
  const published = namespaces[serverless ? 'serverless' : 'instances'];
  const isOurs = ({ MetricStat: { Metric } }: Query) => {
    const dimensions = Object.fromEntries(Metric.Dimensions.map(({ Name, Value }) => [Name, Value]));
    return (
      dimensions['EndpointName'] === endpointName &&
      dimensions['VariantName'] === variant &&
      published[Metric.Namespace]?.test(Metric.MetricName) === true
    );
  };
  return {
    GetMetricData(input: Members) {
      const queries = input['MetricDataQueries'] as readonly Query[];
      const from = Number(input['StartTime']);
      const to = Number(input['EndTime']);
      if (!(from < to))
        throw validationError('The parameter StartTime must be less than the parameter EndTime.');
      return {
        MetricDataResults: queries.map((query) => {
          const { Metric, Stat, Period } = query.MetricStat;
          const values = isOurs(query) ? metrics.values(Metric.MetricName, Stat, Period, from, to) : [];
          return {
            ...{ Id: query.Id, Label: Metric.MetricName, StatusCode: 'Complete' },
            Timestamps: values.map(([at]) => at),
            Values: values.map(([, value]) => value),
          };
        }),
        Messages: [],
      };
    },
  };
}
