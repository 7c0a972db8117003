import { dirname } from 'node:path';
import { LoadwrightError } from '../errors.js';
import { settleNumbers } from '../config/convert.js';
import { interpolate } from '../config/interpolate.js';
import { locateConfigFile, readConfigFile, type FileKind } from '../config/read-file.js';
import { defineWorkflow } from './define.js';
import { workflowJsonSchema, type Workflow } from './schema.js';

const workflowFile: FileKind = {
  noun: 'workflow',
  expected: 'an object with name and steps',
  hint: 'Begin with the example in docs/how-to/workflows.md.',
  next: [],
};

/** Where a workflow comes from. */
export interface LoadWorkflowOptions {
  /** The folder that `file` starts from. */
  readonly cwd: string;
  /** Variables that the file names: `${CHORD_URL}`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads a workflow: YAML, JSON, or a module whose default export it is.
 *
 * @throws LoadwrightError `CONFIG_UNREADABLE`, `CONFIG_INVALID` with all problems, one a line.
 */
export async function loadWorkflow(
  file: string,
  { cwd, environment }: LoadWorkflowOptions,
): Promise<{ readonly workflow: Workflow; readonly file: string; readonly baseDirectory: string }> {
  const path = await locateConfigFile(cwd, file, workflowFile);
  const { value, problems } = interpolate(await readConfigFile(path, workflowFile), environment);
  if (problems.length > 0) {
    throw new LoadwrightError('CONFIG_INVALID', problems.join('\n'), {
      hint: 'Set the variable, or give a default in the file: ${NAME:-default}.',
    });
  }
  const settled = settleNumbers(value as Record<string, unknown>, workflowJsonSchema());
  return {
    workflow: defineWorkflow(settled as unknown as Workflow),
    file: path,
    baseDirectory: dirname(path),
  };
}
