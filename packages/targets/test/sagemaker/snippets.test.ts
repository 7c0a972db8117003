import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { sagemakerOptionsSchema } from '../../src/sagemaker/options.js';
import { sagemakerScaling } from '../../src/sagemaker/scaling/index.js';

const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
const checker = fileURLToPath(new URL('./check_snippets.py', import.meta.url));

type Formats = Readonly<Record<string, string>>;

/** What cfn-lint, the model of the AWS CLI, TypeScript, and Terraform where there is one have to say. */
function problemsOf(all: readonly Formats[]): string[][] {
  const output = execFileSync(python, [checker], { input: JSON.stringify(all), encoding: 'utf8' });
  return (JSON.parse(output) as string[][]).map((problems, index) => [
    ...problems,
    ...typescriptProblems(all[index]!['cdk']!),
    ...terraformProblems(all[index]!['terraform']!),
  ]);
}

function typescriptProblems(source: string): string[] {
  const { diagnostics = [] } = ts.transpileModule(source, { reportDiagnostics: true });
  return diagnostics.map(({ messageText }) => `cdk: ${JSON.stringify(messageText)}`);
}

/** Its own layout too: what is not formatted differs from what it prints. Left out where there is none, but not in CI. */
function terraformProblems(source: string): string[] {
  const { error, stdout, stderr } = spawnSync('terraform', ['fmt', '-'], { input: source, encoding: 'utf8' });
  if (error) return process.env['CI'] ? [`terraform: ${error.message}`] : [];
  return stdout === source ? [] : [`terraform: ${stderr || stdout}`];
}

function formatsOf(changes: object = {}, options: object = {}): Formats {
  const endpoint = { endpointName: 'fraud', region: 'eu-west-1', payloads: { inline: [[1]] }, ...options };
  const demand = {
    ...{ peakPerSecond: 400, basePerSecond: 40, rampSeconds: 900 },
    ...{ detectionSeconds: 0, startSeconds: 300, ...changes },
  };
  const capacity = { requestsPerSecond: { low: 40, high: 44 }, serviceSeconds: 0.05 };
  return sagemakerScaling.recommend(sagemakerOptionsSchema.parse(endpoint), capacity, demand).formats;
}

it('snippets are right for cfn-lint, the AWS CLI, TypeScript and Terraform; wrong ones are found', () => {
  const jump = formatsOf();
  const broken = {
    cloudformation: jump['cloudformation']!.replace(
      'SageMakerVariantInvocationsPerInstance',
      'SageMakerInvocations',
    ),
    cli: jump['cli']!.replace('--min-capacity', '--least-capacity').replace('"TargetValue":', '"Target":'),
    cdk: jump['cdk']!.replace('{', '{{'),
    terraform: jump['terraform']!,
  };
  const [first, tracking, zero, queue, wrong] = problemsOf([
    jump,
    formatsOf({ rampSeconds: 36_000 }),
    formatsOf({ fromZero: true, basePerSecond: 0 }, { inferenceComponent: 'fraud-model' }),
    formatsOf({ fromZero: true, basePerSecond: 0 }, { async: {} }),
    broken,
  ]);
  expect([first, tracking, zero, queue]).toEqual([[], [], [], []]);
  const found = wrong!.join('\n');
  expect(found).toMatch(/cfn-lint: .*SageMakerInvocations/);
  expect(found).toContain('has no --least-capacity');
  expect(found).toContain(
    'Missing required parameter in TargetTrackingScalingPolicyConfiguration: "TargetValue"',
  );
  expect(found).toContain('cdk: ');
}, 360_000);
