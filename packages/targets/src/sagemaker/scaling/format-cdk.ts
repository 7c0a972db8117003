import type { JsonObject, JsonValue } from '@loadwright/core/target';
import type { SagemakerScalingSettings } from './normal-form.js';
import type { ScaledResource } from './scaled-resource.js';
import { camel, pascal } from './spelling.js';

/** A construct of CDK in TypeScript, of the same resources as the template. */
export function cdk(
  { target, policies, alarms }: SagemakerScalingSettings,
  { id, dimension }: ScaledResource,
): string {
  const { MinCapacity, MaxCapacity } = target!;
  const at = { serviceNamespace: 'sagemaker', resourceId: id, scalableDimension: dimension };
  const made = Object.entries(policies).flatMap(([name, { PolicyType, configuration }]) => {
    const member =
      PolicyType === 'StepScaling'
        ? 'stepScalingPolicyConfiguration'
        : 'targetTrackingScalingPolicyConfiguration';
    const properties = {
      policyName: name,
      policyType: PolicyType,
      [member]: cased(configuration),
    } as JsonObject;
    return [
      `    const ${camel(pascal(name))} = new scaling.CfnScalingPolicy(this, '${pascal(name)}', {`,
      '      scalingTargetId: target.ref,',
      ...members(properties),
      '    });',
    ];
  });
  const watched = Object.entries(alarms).flatMap(([name, { policies: names, otherActions: _, ...alarm }]) => [
    `    new cloudwatch.CfnAlarm(this, '${pascal(names[0]!)}Alarm', {`,
    ...members({ alarmName: name, ...(cased(alarm) as JsonObject) }),
    `      alarmActions: [${names.map((policy) => `${camel(pascal(policy))}.ref`).join(', ')}],`,
    '    });',
  ]);
  const used = new Set(Object.values(alarms).flatMap(({ policies: names }) => names));
  const lines = made.map((line) => {
    const unused = Object.keys(policies).find(
      (name) => !used.has(name) && line.startsWith(`    const ${camel(pascal(name))} = `),
    );
    return unused === undefined ? line : line.replace(/const \w+ = /, '');
  });
  return [
    "import { aws_applicationautoscaling as scaling, aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';",
    "import { Construct } from 'constructs';",
    '',
    `/** Scaling of ${id}, as Loadwright recommends it. */`,
    'export class EndpointScaling extends Construct {',
    '  constructor(scope: Construct, id: string) {',
    '    super(scope, id);',
    "    const target = new scaling.CfnScalableTarget(this, 'ScalableTarget', {",
    ...members({ ...at, minCapacity: MinCapacity, maxCapacity: MaxCapacity }),
    '    });',
    ...lines,
    ...watched,
    '  }',
    '}',
    '',
  ]
    .join('\n')
    .replace(watched.length === 0 ? ', aws_cloudwatch as cloudwatch' : '\0', '');
}

function members(properties: JsonObject): string[] {
  return Object.entries(properties).map(([name, value]) => `      ${name}: ${literal(value)},`);
}

function literal(value: JsonValue): string {
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, member]) => `${name}: ${literal(member)}`)
    .join(', ')} }`;
}

function cased(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(cased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [camel(name), cased(member)]));
}
