import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pythonBin, root } from '../lib/paths.mjs';
import { mustRun } from '../lib/processes.mjs';
import { checkRecommendedCdk } from './recommended-cdk.mjs';

const folder = join(root, 'examples', 'ml-service');

/** Every cell of the notebook, as Jupyter runs them: one after the other in one module. */
const runNotebook = `
import json
cells = json.load(open("train.ipynb"))["cells"]
names = {}
for cell in cells:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), names)
print(len(cells))
`;

/**
 * The example of a service: its own tests, `npm start` from nothing, and its stack of CDK.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv }} options
 */
export async function checkService(ledger, { env }) {
  // It trains the model, makes the Python environment of the API, and judges what it measures.
  await ledger.stage('the example of a service: npm start', async () => {
    await mustRun('npm', ['start'], { cwd: folder, env });
    const page = join(folder, 'results', 'what-the-api-adds.html');
    if (!existsSync(page)) throw new Error(`${page} was not written`);
  });
  for (const part of ['container', 'api']) {
    await ledger.stage(`the example of a service: tests of its ${part}`, async () => {
      const python = join(folder, '.venv', 'bin', 'python');
      const args = ['-m', 'unittest', '-v'];
      const { output } = await mustRun(python, args, { cwd: join(folder, part), env, quiet: true });
      return { passed: Number(/^Ran (\d+) tests/m.exec(output)?.[1] ?? 0), failed: 0 };
    });
  }
  await ledger.stage('the example of a service: its notebook', () =>
    mustRun(pythonBin('python'), ['-c', runNotebook], { cwd: join(folder, 'container'), env }).then(
      () => undefined,
    ),
  );
  const infra = { cwd: join(folder, 'infra'), env: { ...env, CDK_DISABLE_CLI_TELEMETRY: 'true' } };
  await ledger.stage('the example of a service: its stack', async () => {
    await mustRun('npm', ['ci', '--no-audit', '--no-fund'], { ...infra, quiet: true });
    await mustRun('npm', ['test'], infra);
    await mustRun('npm', ['run', 'synth'], infra);
    await mustRun(pythonBin('cfn-lint'), ['cdk.out/ml-service.template.json'], infra);
  });
  await ledger.stage('recommended scaling as CDK: its types, and what it synthesizes', () =>
    checkRecommendedCdk(infra),
  );
}
