import type { TargetDefinition } from '@loadwright/core';
import { jsonSchemaOf } from '@loadwright/core/command';
import { configJsonSchema } from '@loadwright/core/config';
import { builtInExporters } from '@loadwright/core/exporters';
import { workflowJsonSchema } from '@loadwright/core/workflow';
import { describe, expect, it } from 'vitest';
import { builtInFleets } from '../fleet/kinds.js';
import { builtInTargets } from './built-in-targets.js';

type Described = Pick<TargetDefinition, 'kind' | 'summary' | 'options' | 'emulator'>;

interface Option {
  readonly properties?: Record<string, Option>;
  readonly description?: string;
  readonly type?: string;
}

/** Every option in a schema, wherever it is in it: what `properties` name. */
function optionsIn(schema: unknown): [string, Option][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = Object.entries((schema as Option).properties ?? {});
  return [...own, ...Object.values(schema).flatMap(optionsIn)];
}

const isNumber = ({ type }: Option) => type === 'number' || type === 'integer';
const units = /\b(milliseconds|seconds|minutes|hours|days)\b/i;
const unitAtItsEnd = /(Milliseconds|Seconds|Minutes|Hours|Days)$/;

/** Ratios of two times have no unit. */
const ratios = ['speed', 'timeScale'];

async function allSchemas(): Promise<[string, unknown][]> {
  const targets = await Promise.all(Object.values(builtInTargets).map((load) => load()));
  const definitions: Described[] = targets.map((target) => target.default.definition);
  return [
    ['the configuration file', configJsonSchema(definitions)],
    ['workflows', workflowJsonSchema()],
    ...definitions.flatMap(({ kind, emulator }): [string, unknown][] =>
      emulator ? [[`the emulator of ${kind}`, jsonSchemaOf(emulator.options)]] : [],
    ),
    ...Object.values(builtInExporters).map(({ definition }): [string, unknown] => [
      `the exporter ${definition.kind}`,
      jsonSchemaOf(definition.options),
    ]),
    ...(await Promise.all(
      Object.values(builtInFleets).map(async ({ kind, load }): Promise<[string, unknown]> => {
        const { optionsSchema } = await load();
        return [`the fleet ${kind}`, jsonSchemaOf(optionsSchema)];
      }),
    )),
  ];
}

const schemas = await allSchemas();

describe('a time in options', () => {
  it.each(schemas)('is a duration such as 30s, or has its unit in its name: %s', (_, schema) => {
    const numbers = optionsIn(schema).filter(([, option]) => isNumber(option));
    expect(
      numbers
        .filter(([name, { description = '' }]) => units.test(description) && !unitAtItsEnd.test(name))
        .map(([name]) => name)
        .filter((name) => !ratios.includes(name)),
    ).toEqual([]);
  });

  it('is found where it is a number', () => {
    const names = schemas.flatMap(([, schema]) =>
      optionsIn(schema).flatMap(([name, option]) => (isNumber(option) ? [name] : [])),
    );
    expect(names).toEqual(expect.arrayContaining(['clockOffsetSeconds', 'retryAfterSeconds', ...ratios]));
  });
});
