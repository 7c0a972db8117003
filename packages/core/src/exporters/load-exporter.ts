import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import { isFactoryLike, loadPlugin, type PluginKind } from '../plugins/load-plugin.js';
import { aFunction, kindSchema, optionsSchema, summarySchema } from '../plugins/target-schema.js';
import { describeIssues, describeValue } from '../validation/validate.js';
import type { Exporter, ExporterFactory } from './contract.js';
import { callExporter, redactorOfOptions } from './failures.js';
import { csvFile, jsonFile } from './files.js';
import { influxdb } from './influxdb.js';
import { otlpHttp } from './otlp.js';
import { prometheusRemoteWrite } from './prometheus.js';
import { statsd } from './statsd.js';

/** The exporters that need no installation, by their kind. */
export const builtInExporters = {
  'prometheus-remote-write': prometheusRemoteWrite,
  otlp: otlpHttp,
  influxdb,
  statsd,
  csv: csvFile,
  json: jsonFile,
} as const;

const exporters: PluginKind = {
  noun: 'exporter',
  prefix: 'loadwright-exporter-',
  codes: { notFound: 'EXPORTER_INVALID', invalid: 'EXPORTER_INVALID' },
};

const definitionSchema = z.looseObject({
  specificationVersion: z.literal(1),
  kind: kindSchema,
  summary: summarySchema,
  options: optionsSchema,
  isLiveOnly: z.boolean().optional(),
  everySeconds: aFunction.optional(),
  variables: aFunction.optional(),
  check: aFunction.optional(),
  open: aFunction,
});

/**
 * Loads an exporter by its name: a built-in kind, a path, or a package of the user's project. A plain name `x` is the package
 * `loadwright-exporter-x`, or else the package `x`.
 *
 * @param from The folder of the user's project.
 * @throws LoadwrightError `EXPORTER_INVALID`
 */
export async function loadExporter(reference: string, from: string): Promise<ExporterFactory> {
  if (Object.hasOwn(builtInExporters, reference))
    return builtInExporters[reference as keyof typeof builtInExporters] as unknown as ExporterFactory;
  const { exported } = await loadPlugin(reference, from, Object.keys(builtInExporters), exporters);
  if (!isFactoryLike(exported)) throw invalid(reference, `found ${describeValue(exported)}`);
  validateDefinition(exported.definition, reference);
  const factory = exported as unknown as ExporterFactory;
  const { definition } = factory;
  const guarded = (options: unknown) =>
    callExporter(reference, () => factory(options), redactorOfOptions(definition, options));
  return Object.assign(guarded, { definition });
}

/** Checks that a value is an {@link Exporter}; its options are not looked at. @throws LoadwrightError `EXPORTER_INVALID` */
export function assertExporter(value: unknown, field: string): Exporter {
  if (typeof value !== 'object' || value === null || !('definition' in value))
    throw invalid(field, value === undefined ? 'missing' : `found ${describeValue(value)}`);
  validateDefinition(value.definition, field);
  return value as Exporter;
}

function validateDefinition(definition: unknown, origin: string): void {
  const result = definitionSchema.safeParse(definition);
  if (result.success) return;
  throw invalid(origin, describeIssues(result.error.issues, { root: 'definition', input: definition }));
}

function invalid(origin: string, what: string): LoadwrightError {
  return new LoadwrightError('EXPORTER_INVALID', `${origin} is not an exporter: ${what}`, {
    hint: 'Export what defineExporter({ specificationVersion: 1, … }) of @loadwright/core/exporters returns, as the default export.',
  });
}
