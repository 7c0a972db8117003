import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { useAws } from '@loadwright/aws-stand-in';
import { expect, it } from 'vitest';
import type { EcsFleetOptions } from '../../src/ecs/options.js';
import { baseImage, optionsFor, provisionRequest, quickFleet } from './account.js';
import { asCloudFormation, type Template } from './as-cloudformation.js';

const aws = useAws();
const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
const checker = fileURLToPath(new URL('./check_templates.py', import.meta.url));

/** What cfn-lint has to say of each. */
function problemsOf(templates: readonly Template[]): string[][] {
  const input = JSON.stringify(templates);
  return JSON.parse(execFileSync(python, [checker], { input, encoding: 'utf8' })) as string[][];
}

/** What ECS is sent for a fleet of these options: all of it, by the time that its master is waited for. */
async function sent(options: EcsFleetOptions, architecture: 'amd64' | 'arm64' = 'amd64'): Promise<Template> {
  await aws().reset();
  const containerImage = await baseImage(aws(), architecture);
  const fleet = quickFleet(optionsFor(aws(), { containerImage, ...options }));
  const stop = new AbortController();
  const onProgress = (line: string) => {
    if (line.startsWith('Waiting for the master at ')) stop.abort();
  };
  await expect(
    fleet.provision(await provisionRequest({ signal: stop.signal, onProgress })),
  ).rejects.toThrow();
  return asCloudFormation(aws().calls);
}

const types = ({ Resources }: Template) => Object.values(Resources).map(({ Type }) => Type);

/** The same template with other properties of its n-th resource of a type. */
function withProperties(
  template: Template,
  [type, place]: readonly [string, number],
  changes: Readonly<Record<string, string>>,
): Template {
  const [name, resource] = Object.entries(template.Resources).filter(([, { Type }]) => Type === type)[place]!;
  const changed = { ...resource, Properties: { ...resource.Properties, ...changes } };
  return { ...template, Resources: { ...template.Resources, [name]: changed } };
}

it('task definitions and services are right for cfn-lint, and wrong ones are found', async () => {
  const machines = [
    await sent({}),
    await sent({ access: 'https' }),
    await sent({ instanceType: 'c7g.large' }, 'arm64'),
  ];
  const fargate = [
    await sent({ launchType: 'fargate' }),
    await sent({ launchType: 'fargate', cpuArchitecture: 'arm64', spot: true }, 'arm64'),
  ];
  for (const template of [...machines, ...fargate]) {
    expect(types(template).sort()).toEqual([
      ...['AWS::ECS::Service', 'AWS::ECS::Service'],
      ...['AWS::ECS::TaskDefinition', 'AWS::ECS::TaskDefinition'],
    ]);
  }
  const [definition, service] = [['AWS::ECS::TaskDefinition', 0] as const, ['AWS::ECS::Service', 0] as const];
  const [onMachines, onFargate] = [machines[0]!, fargate[0]!];
  const wrong = {
    E3047: withProperties(onFargate, definition, { Cpu: '4096', Memory: '1024' }),
    E3048: withProperties(onFargate, definition, { NetworkMode: 'host' }),
    E3054: withProperties(onMachines, service, { LaunchType: 'FARGATE' }),
    E3044: withProperties(onFargate, service, { SchedulingStrategy: 'DAEMON' }),
    E3002: withProperties(onMachines, definition, { NetworkModes: 'host' }),
  };
  const problems = problemsOf([...machines, ...fargate, ...Object.values(wrong)]);
  expect(problems.slice(0, 5)).toEqual([[], [], [], [], []]);
  for (const [index, rule] of Object.keys(wrong).entries()) {
    expect(problems[5 + index]!.join('\n'), rule).toContain(rule);
  }
}, 360_000);
