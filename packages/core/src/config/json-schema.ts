import { jsonSchemaOf, type JsonSchema } from '../values/json-schema.js';
import type { JsonValue } from '../values/json.js';
import { loadProfileSchema } from '../load/profile-schema.js';
import { thresholdsSchema } from '../judge/thresholds/input.js';
import { hostsSchema, preflightSchema, tolerateSchema } from '../run/option-schemas.js';
import type { TargetDefinition } from '../target/contract.js';
import { builtInExporters } from '../exporters/load-exporter.js';
import { settings } from './settings.js';

type DescribedTarget = Pick<TargetDefinition, 'kind' | 'summary' | 'options'>;

/**
 * JSON Schema, draft 2020-12, of a configuration file in JSON or YAML.
 *
 * @param targets The targets whose options are known. Any other kind is a plugin, with options of its own.
 */
export function configJsonSchema(targets: readonly DescribedTarget[]): JsonSchema {
  const byKind = (description: string, kind: JsonSchema = {}): JsonSchema => ({
    type: 'object',
    description,
    properties: { kind: { type: 'string', minLength: 1, ...kind } },
    required: ['kind'],
  });
  const plugin = byKind('a target plugin: a package of the project, or a path such as ./target.ts', {
    // Not `not`: fewer readers of JSON Schema understand it.
    ...(targets.length > 0 && { pattern: `^(?!(?:${targets.map(({ kind }) => kind).join('|')})$)` }),
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Loadwright configuration',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      name: describedSetting('name'),
      target: {
        description: 'what is tested',
        oneOf: [
          ...targets.map(({ kind, summary }) => ({ description: summary, $ref: definitionReference(kind) })),
          plugin,
        ],
      },
      hosts: bare(jsonSchemaOf(hostsSchema)),
      workers: describedSetting('workers'),
      load: { ...loadJsonSchema(), description: 'how much load, and for how long' },
      thresholds: {
        ...bare(jsonSchemaOf(thresholdsSchema)),
        description: 'what the run must hold: { "http_req_duration": ["p(95)<200"] }, times in milliseconds',
      },
      tolerate: {
        ...bare(jsonSchemaOf(tolerateSchema)),
        description:
          'rules of validity that only warn, each with why: { "event-loop-lag": "a shared machine" }',
      },
      preflight: {
        ...bare(jsonSchemaOf(preflightSchema)),
        description: 'the one request before the load',
      },
      fleet: { ...byKind('where the load comes from, with its options'), default: { kind: 'local' } },
      exporters: {
        type: 'array',
        maxItems: 20,
        description: 'where the figures go while the load runs',
        items: {
          oneOf: [
            ...Object.values(builtInExporters).map(({ definition: { kind, summary, options } }) => ({
              ...withKind(jsonSchemaOf(options), kind),
              description: summary,
            })),
            byKind('an exporter plugin: a package of the project, or a path such as ./exporter.ts', {
              pattern: `^(?!(?:${Object.keys(builtInExporters).join('|')})$)`,
            }),
          ],
        },
      },
      results: {
        ...describedSetting('results'),
        description: 'folder of all results, relative to this file',
        default: 'results',
      },
    },
    required: ['target'],
    additionalProperties: false,
    $defs: Object.assign({}, ...targets.map(definitionsOf)) as JsonSchema,
  };
}

const definitionReference = (kind: string) => `#/$defs/${kind}`;

function describedSetting(path: string): JsonSchema {
  const setting = settings.find((candidate) => candidate.path === path);
  return setting ? { ...bare(jsonSchemaOf(setting.schema)), description: setting.description } : {};
}

function bare({ $schema: _, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

const unnamed = new Set<unknown>(['constant', 'stages', 'arrivals', 'arrival-stages']);

/** The load, where these profiles need not be named. */
function loadJsonSchema(): JsonSchema {
  const schema = bare(jsonSchemaOf(loadProfileSchema));
  const profiles = schema.oneOf as JsonSchema[];
  return {
    ...schema,
    oneOf: profiles.map((profile) => {
      const { profile: name } = profile.properties as { profile: JsonSchema };
      if (!unnamed.has(name.const)) return profile;
      return { ...profile, required: (profile.required as string[]).filter((key) => key !== 'profile') };
    }),
  };
}

/** Adds the property `kind` to every alternative of a target's options. */
function withKind(options: JsonSchema, kind: string): JsonSchema {
  const schema = bare(options);
  for (const keyword of ['oneOf', 'anyOf', 'allOf']) {
    const parts = schema[keyword];
    if (Array.isArray(parts))
      return { ...schema, [keyword]: parts.map((part) => withKind(part as JsonSchema, kind)) };
  }
  return {
    ...schema,
    properties: { kind: { const: kind }, ...(schema.properties as JsonSchema | undefined) },
    required: ['kind', ...((schema.required as string[] | undefined) ?? [])],
  };
}

/** The schema of a target's options and the schemas that it refers to, under names that no other target has. */
function definitionsOf({ kind, options }: DescribedTarget): JsonSchema {
  const { $defs = {}, ...schema } = withKind(jsonSchemaOf(options), kind);
  const definitions = Object.entries($defs as JsonSchema).map(([name, value]) => [`${kind}.${name}`, value]);
  return moveReferences({ [kind]: schema, ...(Object.fromEntries(definitions) as JsonSchema) }, kind);
}

function moveReferences<Value extends JsonValue>(value: Value, kind: string): Value {
  if (Array.isArray(value)) return value.map((item) => moveReferences(item, kind)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === '$ref' && typeof item === 'string' ? movedReference(item, kind) : moveReferences(item, kind),
    ]),
  ) as Value;
}

function movedReference(reference: string, kind: string): string {
  return reference === '#'
    ? definitionReference(kind)
    : reference.replace(/^#\/\$defs\//, `${definitionReference(kind)}.`);
}
