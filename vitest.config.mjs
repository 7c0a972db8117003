import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { filesByIsolation } from './tools/lib/isolation.mjs';
import { apart } from './tools/lib/matrices.mjs';

/** Judges what it measures: after all others, when this machine has the time that a judgement needs. */
const judging = ['demo.test.ts'];

const guard = fileURLToPath(new URL('tools/lib/shared-process.mjs', import.meta.url));

/**
 * The tests of a folder without those that are a matter of `npm run test:whole`: those that replace modules with a process
 * for each file, all others in processes that they share.
 */
function folder(root, name, without = []) {
  const { isolated, shared } = filesByIsolation(root);
  const exclude = [...configDefaults.exclude, ...(apart[root] ?? []), ...without];
  const project = (test) => ({ extends: `${root}/vitest.config.ts`, root, test });
  return [
    project({ name, exclude: [...exclude, ...isolated], isolate: false, setupFiles: [guard] }),
    // The configuration that it extends includes all of them.
    ...(isolated.length > 0 ? [project({ name: `${name}:isolated`, exclude: [...exclude, ...shared] })] : []),
  ];
}

/**
 * The tests that vitest runs for `npm test`, in one pool: `npx vitest run --project @loadwright/infra` takes those of one package
 * (`'@loadwright/core*'`: with the ones that need a process each).
 * Most of them wait for processes and for loads to end, so there are more workers than cores.
 */
export default defineConfig({
  test: {
    projects: [
      'tools',
      ...folder('tools/aws-stand-in', '@loadwright/aws-stand-in'),
      ...folder('packages/core', '@loadwright/core'),
      ...folder('packages/targets', '@loadwright/targets'),
      ...folder('packages/infra', '@loadwright/infra'),
      ...folder('packages/cli', '@loadwright/cli'),
      ...folder('e2e', '@loadwright/e2e', judging),
      {
        root: 'e2e',
        test: {
          name: 'judging',
          include: judging,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
      ...folder('packages/loadwright', 'loadwright'),
      ...folder('packages/create-loadwright', 'create-loadwright'),
      ...folder('docs', '@loadwright/docs'),
    ],
    maxWorkers: 4,
  },
});
