import type { TargetDefinition } from '@loadwright/core/target';
import { z } from 'zod';
import { headerName } from './headers.js';
import { pathSchema, routeProblems, routeShape, templatesOf, type Route } from './routes.js';
import { extractedIn, valueName } from './template.js';

/** What flows measure beside their requests. */
export const flowMetrics: NonNullable<TargetDefinition['metrics']> = {
  flow_duration: {
    kind: 'trend',
    unit: 'ms',
    description: 'service times of all steps of a completed flow, together',
  },
  flows_completed: { kind: 'counter', unit: 'flows', description: 'flows of which every step succeeded' },
  flow_completion: {
    kind: 'rate',
    unit: '',
    description: 'flows of which every step succeeded, of those that ended',
  },
};

const extractionSchema = z
  .strictObject({
    json: z
      .string()
      .regex(/^(\/.*)?$/, 'must be a JSON Pointer (RFC 6901): empty, or starting with /')
      .optional()
      .describe('JSON Pointer (RFC 6901) of a text, a number, true or false in the answer: /order/id'),
    header: z
      .string()
      .regex(headerName, 'must be the name of an HTTP header')
      .optional()
      .describe('name of the header that holds the value; the first one when it comes several times'),
    matches: z
      .string()
      .min(1)
      .optional()
      .describe(
        'regular expression of Python: what it finds there is the value, or its first group. Without json and header it searches the body',
      ),
  })
  .superRefine(({ header, json, matches }, context) => {
    if (header !== undefined && json !== undefined) {
      context.addIssue({ code: 'custom', message: 'must hold one of json and header: both are given' });
    } else if (header === undefined && json === undefined && matches === undefined) {
      context.addIssue({ code: 'custom', message: 'must hold json, header or matches: none is given' });
    }
  });

const stepSchema = z
  .strictObject({
    name: z.string().min(1).max(100).describe('name of its requests in statistics and thresholds'),
    path: pathSchema.describe('path below the base URL; {name} stands for a value of parameters'),
    ...routeShape,
    extract: z
      .record(z.string().regex(valueName, 'must be a name'), extractionSchema)
      .default({})
      .describe(
        'values that are taken out of the answer, by name, for later steps: { id: { json: "/id" } }, used as {"$extracted": "id"}',
      ),
  })
  .superRefine((step, context) => {
    for (const { path, message } of routeProblems(step)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
    if (isTrace(step.payloads)) {
      context.addIssue({
        code: 'custom',
        path: ['payloads'],
        message: 'cannot be a trace: it says when each request is due, and a step is due after another one',
      });
    }
  });

type Step = z.output<typeof stepSchema>;

/** Requests that are sent one after the other. */
export const flowSchema = z
  .strictObject({
    name: z.string().min(1).max(100).describe('name of the flow in messages'),
    weight: z
      .number()
      .positive()
      .default(1)
      .describe('how often it is begun, in proportion to the other flows and the routes'),
    steps: z
      .array(stepSchema)
      .min(2, 'must hold two steps or more: a single request belongs into routes')
      .describe('its requests in their order; each is sent when the one before has succeeded'),
  })
  .superRefine(({ steps }, context) => {
    for (const { path, message } of valueProblems(steps)) {
      context.addIssue({ code: 'custom', path: ['steps', ...path], message });
    }
  });

/** A step as a route that is called. */
export const routeOfStep = ({ extract: _, ...step }: Step): Route => ({ ...step, weight: 1 });

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Values that no step before gives, that several give, and that no step after takes. */
function* valueProblems(steps: readonly Step[]): Generator<Problem> {
  const known = new Set<string>();
  const used = steps.map((step) => extractedIn(templatesOf(step)));
  for (const [index, { extract }] of steps.entries()) {
    for (const { name, path } of used[index]!) {
      if (known.has(name)) continue;
      const there = known.size === 0 ? 'they extract none' : `they extract ${[...known].join(', ')}`;
      yield {
        path: [index, ...path],
        message: `takes "${name}", which no earlier step of the flow extracts (${there}): add it to extract of one of them, or correct the name`,
      };
    }
    for (const name of Object.keys(extract)) {
      const path = [index, 'extract', name];
      if (known.has(name)) {
        yield { path, message: 'is extracted by an earlier step of the flow already: give it another name' };
      } else if (!used.slice(index + 1).some((taken) => taken.some((value) => value.name === name))) {
        yield {
          path,
          message: `is taken by no later step of the flow: write {"$extracted": "${name}"} there, or leave it out`,
        };
      }
      known.add(name);
    }
  }
}

function isTrace(payloads: Step['payloads']): boolean {
  const sources: readonly unknown[] = Array.isArray(payloads)
    ? payloads.map(({ source }) => source)
    : [payloads];
  return sources.some((source) => typeof source === 'object' && source !== null && 'trace' in source);
}
