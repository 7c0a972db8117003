import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sagemakerOptionsSchema } from '../../packages/targets/dist/sagemaker/options.js';
import { sagemakerScaling } from '../../packages/targets/dist/sagemaker/scaling/index.js';
import { bin, pythonBin } from '../lib/paths.mjs';
import { mustRun } from '../lib/processes.mjs';

/** A peak that target tracking follows, one that needs steps, and an inference component that goes to zero. */
const recommendations = {
  tracking: [{ rampSeconds: 36_000 }],
  steps: [{}],
  zero: [{ fromZero: true, basePerSecond: 0 }, { inferenceComponent: 'fraud-model' }],
};

/**
 * Compiles the constructs that `recommend` prints, against the types of aws-cdk-lib; synthesizes a stack of each; and has cfn-lint
 * read the templates.
 *
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} project a folder with aws-cdk-lib and the command of CDK
 * @returns {Promise<void>}
 */
export async function checkRecommendedCdk({ cwd, env }) {
  const folder = join(cwd, 'cdk.out/recommended');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'src'), { recursive: true });
  const write = (name, text) => writeFileSync(join(folder, name), text);
  const names = Object.keys(recommendations);
  for (const name of names) write(`src/${name}.ts`, cdkOf(...recommendations[name]));
  const imports = names.map((name) => `import { EndpointScaling as ${name} } from './${name}.js';`);
  const stacks = names.map((name) => `new ${name}(new Stack(app, '${name}'), 'Scaling');`);
  const app = ["import { App, Stack } from 'aws-cdk-lib';", ...imports, 'const app = new App();', ...stacks];
  write('src/app.ts', app.join('\n'));
  const compilerOptions = { rootDir: 'src', outDir: 'dist' };
  write(
    'tsconfig.json',
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['src'] }),
  );
  await mustRun(bin('tsc'), ['-p', folder], { cwd, env });
  const command = ['synth', '--quiet', '--no-notices', '--output', join(folder, 'out')];
  command.push('--app', `node ${join(folder, 'dist/app.js')}`);
  await mustRun(join(cwd, 'node_modules/.bin/cdk'), command, { cwd, env });
  const templates = names.map((name) => join(folder, `out/${name}.template.json`));
  await mustRun(pythonBin('cfn-lint'), templates, { cwd, env });
}

function cdkOf(changes, options = {}) {
  const endpoint = { endpointName: 'fraud', region: 'eu-west-1', payloads: { inline: [[1]] }, ...options };
  const demand = { peakPerSecond: 400, basePerSecond: 40, rampSeconds: 900, detectionSeconds: 0 };
  const capacity = { requestsPerSecond: { low: 40, high: 44 }, serviceSeconds: 0.05 };
  const wanted = { ...demand, startSeconds: 300, ...changes };
  return sagemakerScaling.recommend(sagemakerOptionsSchema.parse(endpoint), capacity, wanted).formats.cdk;
}
