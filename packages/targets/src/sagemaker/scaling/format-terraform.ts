import type { JsonObject, JsonValue } from '@loadwright/core/target';
import type { SagemakerScalingSettings } from './normal-form.js';
import type { ScaledResource } from './scaled-resource.js';
import { snake } from './spelling.js';

type Attribute = readonly [name: string, value: string];

/** Resources of Terraform's provider hashicorp/aws, in the layout of `terraform fmt`. */
export function terraform(
  { target, policies, alarms }: SagemakerScalingSettings,
  { id, dimension }: ScaledResource,
): string {
  const { MinCapacity, MaxCapacity } = target!;
  const scalable = block('resource "aws_appautoscaling_target" "endpoint"', [
    ['service_namespace', '"sagemaker"'],
    ['resource_id', JSON.stringify(id)],
    ['scalable_dimension', JSON.stringify(dimension)],
    ['min_capacity', String(MinCapacity)],
    ['max_capacity', String(MaxCapacity)],
  ]);
  const policyBlocks = Object.entries(policies).map(([name, { PolicyType, configuration }]) =>
    block(
      `resource "aws_appautoscaling_policy" "${snake(name)}"`,
      [
        ['name', JSON.stringify(name)],
        ['policy_type', JSON.stringify(PolicyType)],
        ...(['service_namespace', 'resource_id', 'scalable_dimension'] as const).map(
          (member) => [member, `aws_appautoscaling_target.endpoint.${member}`] as const,
        ),
      ],
      PolicyType === 'StepScaling' ? stepBlock(configuration) : trackingBlock(configuration),
    ),
  );
  const alarmBlocks = Object.entries(alarms).map(([name, alarm]) => {
    const dimensions = (alarm['Dimensions'] as { Name: string; Value: string }[]).map(
      ({ Name, Value }) => [Name, JSON.stringify(Value)] as const,
    );
    return block(
      `resource "aws_cloudwatch_metric_alarm" "${snake(alarm.policies[0]!)}"`,
      [
        ['alarm_name', JSON.stringify(name)],
        ...alarmAttributes.map(([member, key]) => [member, JSON.stringify(alarm[key])] as const),
        [
          'alarm_actions',
          `[${alarm.policies.map((policy) => `aws_appautoscaling_policy.${snake(policy)}.arn`).join(', ')}]`,
        ],
      ],
      block('dimensions =', dimensions),
    );
  });
  return `${[scalable, ...policyBlocks, ...alarmBlocks].join('\n\n')}\n`;
}

const alarmAttributes = [
  ['namespace', 'Namespace'],
  ['metric_name', 'MetricName'],
  ['statistic', 'Statistic'],
  ['period', 'Period'],
  ['evaluation_periods', 'EvaluationPeriods'],
  ['datapoints_to_alarm', 'DatapointsToAlarm'],
  ['threshold', 'Threshold'],
  ['comparison_operator', 'ComparisonOperator'],
  ['treat_missing_data', 'TreatMissingData'],
] as const;

function trackingBlock(configuration: JsonObject): string {
  return block(
    'target_tracking_scaling_policy_configuration',
    attributes(configuration, [
      ['target_value', 'TargetValue'],
      ['scale_out_cooldown', 'ScaleOutCooldown'],
      ['scale_in_cooldown', 'ScaleInCooldown'],
      ['disable_scale_in', 'DisableScaleIn'],
    ]),
    metricBlock(configuration),
  );
}

function metricBlock({
  PredefinedMetricSpecification: predefined,
  CustomizedMetricSpecification: customized,
}: JsonObject): string {
  if (predefined) {
    const names = [['predefined_metric_type', 'PredefinedMetricType']] as const;
    return block('predefined_metric_specification', attributes(predefined as JsonObject, names));
  }
  const metric = customized as JsonObject;
  return block(
    'customized_metric_specification',
    attributes(metric, [
      ['metric_name', 'MetricName'],
      ['namespace', 'Namespace'],
      ['statistic', 'Statistic'],
    ]),
    ...(metric['Dimensions'] as JsonObject[]).map((dimension) =>
      block(
        'dimensions',
        attributes(dimension, [
          ['name', 'Name'],
          ['value', 'Value'],
        ]),
      ),
    ),
  );
}

function stepBlock(configuration: JsonObject): string {
  const steps = configuration['StepAdjustments'] as JsonObject[];
  return block(
    'step_scaling_policy_configuration',
    attributes(configuration, [
      ['adjustment_type', 'AdjustmentType'],
      ['cooldown', 'Cooldown'],
      ['metric_aggregation_type', 'MetricAggregationType'],
    ]),
    ...steps.map((step) =>
      block(
        'step_adjustment',
        attributes(step, [
          ['metric_interval_lower_bound', 'MetricIntervalLowerBound'],
          ['metric_interval_upper_bound', 'MetricIntervalUpperBound'],
          ['scaling_adjustment', 'ScalingAdjustment'],
        ]),
      ),
    ),
  );
}

function attributes(source: JsonObject, names: readonly (readonly [string, string])[]): Attribute[] {
  return names.flatMap(([name, key]) => {
    const value: JsonValue | undefined = source[key];
    return value === undefined ? [] : [[name, JSON.stringify(value)] as const];
  });
}

/** Equal signs stand below each other, and blocks inside a block after an empty line. */
function block(head: string, own: readonly Attribute[], ...inner: readonly string[]): string {
  const width = Math.max(...own.map(([name]) => name.length));
  const lines = own.map(([name, value]) => `${name.padEnd(width)} = ${value}`);
  const body = [lines.join('\n'), ...inner].join('\n\n').replaceAll(/^(?=.)/gm, '  ');
  return `${head} {\n${body}\n}`;
}
