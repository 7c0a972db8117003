import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { ensureGoTools, goTool } from '../../benchmarks/lib/go-tools.mjs';
import { root } from '../lib/paths.mjs';
import { execute } from '../lib/processes.mjs';
import { ensureCommands } from './machine.mjs';

const runner = 'ubuntu-24.04';
const pages = ['ci', 'many-endpoints', 'run-every-night'].map((name) => `docs/how-to/${name}.md`);

/**
 * Holds GitHub's workflows of this project, its action and the workflows in its documentation against actionlint, with ShellCheck
 * for their scripts. Needs Go.
 *
 * @param {{ folder: string }} options folder: an existing one for files
 */
export async function checkWorkflows({ folder }) {
  await ensureCommands({ shellcheck: 'shellcheck' });
  await ensureGoTools(['actionlint']);
  // As a repository of its own: actionlint looks at an action where a workflow of the same repository uses it.
  const own = join(folder, 'workflows');
  const workflows = join(own, '.github/workflows');
  for (const path of [workflows, join(own, '.git')]) mkdirSync(path, { recursive: true });
  cpSync(join(root, '.github/workflows'), workflows, { recursive: true });
  cpSync(join(root, 'action.yml'), join(own, 'action.yml'));
  const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'));
  const written = {
    ...documented(),
    'use.yml': stringify(useOf(action)),
    'steps.yml': stringify(stepsOf(action)),
  };
  for (const [name, text] of Object.entries(written)) writeFileSync(join(workflows, name), text);
  const files = readdirSync(workflows).map((name) => join(workflows, name));
  const { code, output } = await execute(goTool('actionlint'), ['-no-color', ...files], {
    cwd: own,
    quiet: true,
  });
  if (code !== 0) throw new Error(output.trim());
  return { passed: files.length, failed: 0 };
}

/** The workflows of pages, by a name of a file. */
function documented() {
  const found = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
      .map(([, text]) => text)
      .filter((text) => /^jobs:/m.test(text))
      .map((text, index) => [`${basename(page, '.md')}-${index}.yml`, text]),
  );
  if (found.length < pages.length) throw new Error('a page has no workflow any more');
  return Object.fromEntries(found);
}

/** A workflow that uses the action with each of its inputs. */
const useOf = ({ inputs, outputs }) => ({
  on: 'push',
  jobs: {
    use: {
      'runs-on': runner,
      steps: [
        { uses: 'actions/checkout@v4' },
        {
          id: 'load-test',
          uses: './',
          with: Object.fromEntries(Object.keys(inputs).map((name) => [name, 'text'])),
        },
        ...Object.keys(outputs).map((name) => ({
          run: 'echo "$VALUE"',
          env: { VALUE: `\${{ steps.load-test.outputs.${name} }}` },
        })),
      ],
    },
  },
});

/** The steps of a composite action as those of a job, whose scripts and expressions are looked at. */
const stepsOf = ({ inputs, outputs, runs }) => ({
  on: {
    workflow_call: {
      inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, { type: 'string' }])),
    },
  },
  jobs: {
    steps: {
      'runs-on': runner,
      outputs: Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value])),
      steps: runs.steps,
    },
  },
});
