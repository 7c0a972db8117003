import { z } from 'zod';
import { jsonSchemaOf, type JsonSchema } from '../values/json-schema.js';
import { settings } from '../config/settings.js';
import { nameSchema } from '../run/option-schemas.js';
import { byKindSchema } from '../config/target.js';

/** `--spawn-rate` is written `spawnRate` in a workflow. */
export const settingName = (flag: string): string =>
  flag.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

const setShape = Object.fromEntries(
  settings
    // Where the results go, and under which name, is the workflow's.
    .filter(({ flag }) => !['--results', '--name'].includes(flag))
    .map(({ flag, schema, description }) => [settingName(flag), schema.optional().describe(description)]),
);

const setup = {
  config: z
    .string()
    .min(1)
    .optional()
    .describe('the configuration file of this step. Default: that of the workflow'),
  set: z
    .strictObject(setShape)
    .optional()
    .describe('settings that override the file, named as the flags of a run: users, spawnRate'),
};
const always = z
  .boolean()
  .optional()
  .describe('also when a step before it failed or was stopped. Default: false; of destroy it is always so');
const fleet = nameSchema.describe('what the steps of this workflow call the fleet');
const on = nameSchema.optional().describe('the fleet of an earlier deploy. Default: the run makes its own');
const side = z.union([
  nameSchema.describe('the name of an earlier run'),
  z.strictObject(setup).describe('a run that this step makes, with pairs'),
]);

const stepSchema = z.discriminatedUnion('step', [
  z.strictObject({
    step: z.literal('deploy'),
    fleet,
    ...setup,
    keep: z.boolean().optional().describe('it stays when the workflow is over. Default: false'),
  }),
  z.strictObject({
    step: z.literal('run'),
    name: nameSchema.describe('names the run in this workflow, and the folder of its results'),
    on,
    ...setup,
    always,
  }),
  z.strictObject({
    step: z.literal('compare'),
    name: nameSchema,
    baseline: side,
    candidate: side,
    pairs: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe('makes both sides so often, in turn: before, after, after, before, …'),
    on,
    failIf: z.array(z.string().min(1)).optional().describe('conditions, such as "p(95)>+5%"'),
    require: z
      .array(z.string().min(1))
      .optional()
      .describe('conditions that have to be shown, such as "p(95)<+5%": no worse than 5 %'),
    margin: z.number().gt(0).lt(1).optional().describe('the smallest difference that matters. Default: 0.05'),
    power: z
      .number()
      .min(0.5)
      .lt(1)
      .optional()
      .describe(
        'chance with which the number of pairs that is printed finds such a difference. Default: 0.9',
      ),
    always,
  }),
  z.strictObject({ step: z.literal('destroy'), fleet }),
]);

export const workflowSchema = z.strictObject({
  $schema: z.string().optional(),
  name: nameSchema.describe('names the workflow, and the folder of its journal'),
  config: z.string().min(1).optional().describe('the configuration file. Default: that of the folder'),
  fleet: byKindSchema.optional().describe('where the load comes from, in place of what the file says'),
  steps: z.array(stepSchema).min(1).max(200),
});

/** What a workflow file holds. */
export type Workflow = z.input<typeof workflowSchema>;
/** One step of a workflow, after validation: `deploy`, `run`, `compare`, `destroy`, …, by its member `step`. */
export type WorkflowStep = z.output<typeof stepSchema>;
/** Which test a step makes. */
export type RunSetup = Pick<Extract<WorkflowStep, { step: 'run' }>, 'config' | 'set'>;

/** JSON Schema, draft 2020-12, of a workflow file in JSON or YAML. */
export function workflowJsonSchema(): JsonSchema {
  return { title: 'Loadwright workflow', ...jsonSchemaOf(workflowSchema) };
}
