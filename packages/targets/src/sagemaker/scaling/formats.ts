import { cdk } from './format-cdk.js';
import { cloudFormation } from './format-cloudformation.js';
import { terraform } from './format-terraform.js';
import type { SagemakerScalingSettings } from './normal-form.js';
import type { ScaledResource } from './scaled-resource.js';
import { snake } from './spelling.js';

/** The settings as commands and code. Each makes the same: a scalable target, policies, and the alarms of step policies. */
export function formats(
  settings: SagemakerScalingSettings,
  resource: ScaledResource,
): Record<string, string> {
  return {
    cli: commands(settings, resource),
    cloudformation: `${JSON.stringify(cloudFormation(settings, resource), null, 2)}\n`,
    cdk: cdk(settings, resource),
    terraform: terraform(settings, resource),
  };
}

/** Commands of the AWS CLI, for a POSIX shell. */
function commands(
  { target, policies, alarms }: SagemakerScalingSettings,
  { id, dimension }: ScaledResource,
): string {
  const where = ['--service-namespace sagemaker', `--resource-id ${id}`, `--scalable-dimension ${dimension}`];
  const call = (...words: readonly string[]) => words.join(' \\\n  ');
  const puts = Object.entries(policies).map(([name, { PolicyType, configuration }]) => {
    const isStep = PolicyType === 'StepScaling';
    const put = call(
      'aws application-autoscaling put-scaling-policy',
      ...where,
      `--policy-name ${name}`,
      `--policy-type ${PolicyType}`,
      `--${isStep ? 'step-scaling' : 'target-tracking-scaling'}-policy-configuration '${JSON.stringify(configuration)}'`,
      ...(isStep ? ['--query PolicyARN --output text'] : []),
    );
    return isStep ? `${snake(name)}=$(${put})` : put;
  });
  const alarmPuts = Object.entries(alarms).map(([name, { policies: names, otherActions: _, ...alarm }]) =>
    // The ARN of the policy is known only when it is there.
    call(
      'aws cloudwatch put-metric-alarm',
      `--cli-input-json '${JSON.stringify({ AlarmName: name, ...alarm })}'`,
      `--alarm-actions ${names.map((policy) => `"$${snake(policy)}"`).join(' ')}`,
    ),
  );
  const { MinCapacity, MaxCapacity } = target!;
  const register = call(
    'aws application-autoscaling register-scalable-target',
    ...where,
    `--min-capacity ${MinCapacity}`,
    `--max-capacity ${MaxCapacity}`,
  );
  return `${[register, ...puts, ...alarmPuts].join('\n\n')}\n`;
}
