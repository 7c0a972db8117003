import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import { refusePlainSecrets, collectSecrets, redactOptions } from '../secrets/options.js';
import { createRedactor } from '../secrets/redactor.js';
import type { JsonObject } from '../values/json.js';
import { jsonSchemaOf } from '../values/json-schema.js';
import { Problems } from '../validation/problems.js';
import { childPath, validate } from '../validation/validate.js';
import { callExporter, redactorOfOptions } from './failures.js';
import { assertExporter } from './load-exporter.js';
import type { Exporter, ExporterDefinition } from './contract.js';

/** An exporter whose options are valid, and whose secrets are there. */
export interface PreparedExporter {
  readonly definition: ExporterDefinition;
  readonly options: unknown;
  /** Names it in messages: `prometheus-remote-write at http://127.0.0.1:9090`. */
  readonly title: string;
  readonly variables: readonly ExporterVariable[];
  /** By the name of the variable. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Everything that must never be written. */
  readonly hidden: readonly string[];
  /** For people and files. */
  readonly configuration: JsonObject;
}

/** A variable that holds a secret of an exporter. */
export interface ExporterVariable {
  readonly name: string;
  /** A run needs it. */
  readonly required: boolean;
  readonly isSet: boolean;
}

/**
 * Validates exporters, finds their secrets, and lets them look whether they can take a run.
 *
 * @throws LoadwrightError that names all problems at once
 */
export function prepareExporters(
  exporters: readonly Exporter[],
  environment: Environment,
): PreparedExporter[] {
  return prepareEach(exporters, environment, (prepared, field) => {
    requireVariables(prepared, field);
    const { definition, options, title, hidden } = prepared;
    callExporter(`${field}: ${title}`, () => definition.check?.(options), createRedactor(hidden));
  });
}

/**
 * What a run would export to, for people: a variable that is not set is named, and no error.
 *
 * @throws LoadwrightError that names all problems at once
 */
export function describeExporters(
  exporters: readonly Exporter[],
  environment: Environment,
): Pick<PreparedExporter, 'configuration' | 'variables'>[] {
  return prepareEach(exporters, environment, () => {}).map(({ configuration, variables }) => ({
    configuration,
    variables,
  }));
}

type Environment = Readonly<Record<string, string | undefined>>;

function prepareEach(
  exporters: readonly Exporter[],
  environment: Environment,
  check: (prepared: PreparedExporter, field: string) => void,
): PreparedExporter[] {
  const problems = new Problems();
  const prepared = exporters.flatMap(
    (exporter, index) =>
      problems.attempt(() => {
        const field = `exporters[${index}]`;
        const one = prepareOne(exporter, field, environment);
        check(one, field);
        return one;
      }) ?? [],
  );
  if (problems.found) throw problems.combined();
  return prepared;
}

function requireVariables({ variables, definition }: PreparedExporter, field: string): void {
  const missing = variables.filter(({ required, isSet }) => required && !isSet);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  throw new LoadwrightError(
    'CREDENTIALS_INVALID',
    `${field} (${definition.kind}): the variable ${names} is not set.`,
    {
      hint: `Set it to the secret that ${definition.kind} needs.`,
    },
  );
}

const variablesSchema = z.array(z.looseObject({ name: z.string().min(1), required: z.boolean() }));

function readVariables({ variables }: ExporterDefinition, options: unknown) {
  const { data } = variablesSchema.safeParse(variables?.(options) ?? []);
  if (data) return data;
  throw new Error('variables must return a list of { name, required }.');
}

function prepareOne(exporter: Exporter, field: string, environment: Environment): PreparedExporter {
  assertExporter(exporter, field);
  const { definition } = exporter;
  const { kind } = definition;
  const redact = redactorOfOptions(definition, exporter.options);
  const call = <Result>(what: () => Result) => callExporter(`${field}: ${kind}`, what, redact);
  const options = call(() =>
    validate(definition.options, exporter.options, {
      field,
      hint: `The options of ${kind}: docs/reference/exporters.md.`,
    }),
  );
  const schema = jsonSchemaOf(definition.options);
  requireNoSecret(() =>
    refusePlainSecrets(schema, options, {
      kind,
      describePath: (path) => path.reduce<string>(childPath, field),
    }),
  );
  const variables = call(() => readVariables(definition, options)).map(({ name, required }) => ({
    name,
    required,
    isSet: Boolean(environment[name]),
  }));
  const secrets = Object.fromEntries(
    variables.filter(({ isSet }) => isSet).map(({ name }) => [name, environment[name]!]),
  );
  return {
    ...{ definition, options, variables, secrets },
    title: titleOf(kind, options),
    hidden: [...collectSecrets(schema, options), ...Object.values(secrets)],
    configuration: { kind, ...redactOptions(schema, options) },
  };
}

/** The address may be a file's, or any text that an exporter understands. */
function titleOf(kind: string, options: unknown): string {
  const { url } = Object(options) as { url?: unknown };
  const host = typeof url === 'string' && URL.canParse(url) ? new URL(url).host : '';
  return host === '' ? kind : `${kind} at ${host}`;
}

/** The same refusal, with a hint that fits: it is no target. */
function requireNoSecret(check: () => void): void {
  try {
    check();
  } catch (error) {
    const { code, message } = error as LoadwrightError;
    throw new LoadwrightError(code, message, {
      hint: 'Put the secret into an environment variable, and name that: secretHeaders, passwordVariable, tokenVariable.',
    });
  }
}
