import { validate } from '../validation/validate.js';
import { planActions } from './plan.js';
import { workflowSchema, type Workflow } from './schema.js';

/**
 * Gives a workflow its type, and checks all of it that can be checked without reading its configuration files.
 *
 * @throws LoadwrightError `CONFIG_INVALID` with all problems, one a line.
 */
export function defineWorkflow(workflow: Workflow): Workflow {
  const valid = validate(workflowSchema, workflow, { field: '' });
  planActions(valid);
  return valid;
}
