/**
 * Where the figures of a run go while it lasts, or afterwards.
 *
 * @packageDocumentation
 */
export {
  DeliveryError,
  defineExporter,
  type ExportBatch,
  type ExportEnd,
  type Exporter,
  type ExporterContext,
  type ExporterDefinition,
  type ExporterFactory,
  type LoadState,
  type OpenExporter,
  type RunLabels,
} from './contract.js';
export { exportRun, type ExportRunOptions } from './export-run.js';
export { csvFile, jsonFile } from './files.js';
export { influxdb } from './influxdb.js';
export { builtInExporters, loadExporter } from './load-exporter.js';
export { otlpHttp } from './otlp.js';
export {
  describeExporters,
  prepareExporters,
  type ExporterVariable,
  type PreparedExporter,
} from './prepare.js';
export { prometheusRemoteWrite } from './prometheus.js';
export { statsd } from './statsd.js';
