/**
 * Several steps as one: deploy, run, compare, destroy; continued after an interruption.
 *
 * @packageDocumentation
 */
export { defineWorkflow } from './define.js';
export { workflowJsonSchema, settingName } from './schema.js';
export type { RunSetup, Workflow, WorkflowStep } from './schema.js';
export { interleaved, planActions, type Action } from './plan.js';
export { Journal } from './journal.js';
export { loadWorkflow, type LoadWorkflowOptions } from './load-workflow.js';
export type { Outcome } from './outcome.js';
export {
  carryOut,
  type CarryOutOptions,
  type WorkflowEvent,
  type WorkflowReport,
  type FleetMaker,
  type WorkflowWorld,
} from './carry-out.js';
export { TestWorld, type ResolvedTest, type TestWorldOptions } from './test-world.js';
