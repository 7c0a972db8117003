import { z } from 'zod';
import { otlpRequest, resourceOf, type OtlpGauge } from '../export/otlp.js';
import { durationSchema, secondsOf } from '../values/duration.js';
import {
  defineExporter,
  type ExportBatch,
  type ExportEnd,
  type ExporterContext,
  type LoadState,
  type OpenExporter,
} from './contract.js';
import { headersOf, httpOptions, httpUrl, post, variablesOf } from './http.js';

const optionsSchema = z.strictObject({
  url: httpUrl.describe('where it takes metrics: http://127.0.0.1:4318/v1/metrics'),
  ...httpOptions,
  every: durationSchema().default('5s').describe('time that is put together before it is sent'),
});

type Options = z.output<typeof optionsSchema>;

/**
 * OpenTelemetry: metrics by OTLP/HTTP in its JSON form, with sums and exponential histograms that grow from the beginning of the
 * load (cumulative temporality).
 */
export const otlpHttp = defineExporter<z.input<typeof optionsSchema>, Options>({
  specificationVersion: 1,
  kind: 'otlp',
  summary: 'an OpenTelemetry collector, and whatever takes metrics by OTLP/HTTP as JSON',
  options: optionsSchema,
  everySeconds: ({ every }) => secondsOf(every),
  variables: variablesOf,
  open: (options, context) => new OtlpHttp(options, context),
});

class OtlpHttp implements OpenExporter {
  readonly #options: Options;
  readonly #context: ExporterContext;

  constructor(options: Options, context: ExporterContext) {
    this.#options = options;
    this.#context = context;
  }

  async write({ totals, to, metrics, state }: ExportBatch, signal: AbortSignal): Promise<void> {
    await this.#send({ rows: totals, to, metrics, gauges: gaugesOf(state) }, signal);
  }

  async close(end: ExportEnd | undefined, signal: AbortSignal): Promise<void> {
    if (!end) return;
    const description = 'Always 1: the attribute verdict says PASS, FAIL or INVALID.';
    const verdict = { value: 1, unit: '', description, attributes: { verdict: end.verdict } };
    await this.#send({ rows: [], to: end.time, metrics: {}, gauges: { verdict } }, signal);
  }

  async #send(
    own: Pick<Parameters<typeof otlpRequest>[0], 'rows' | 'to' | 'metrics' | 'gauges'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { run, startedAt } = this.#context;
    const labels = Object.entries(run.labels).map(([name, value]) => [`loadwright.label.${name}`, value]);
    const resource = {
      ...resourceOf({ name: run.test, runId: run.runId }),
      'loadwright.target': run.target,
      'loadwright.fleet': run.fleet,
      ...(Object.fromEntries(labels) as Record<string, string>),
    };
    const request = otlpRequest({ ...own, from: startedAt, isCumulative: true, resource });
    const headers = { ...headersOf(this.#options, this.#context), 'content-type': 'application/json' };
    await post(this.#options.url, JSON.stringify(request), headers, signal);
  }
}

function gaugesOf(state: LoadState | undefined): Record<string, OtlpGauge> {
  if (!state) return {};
  const { users, inFlight, workers } = state;
  return {
    users: { value: users, unit: '{user}', description: 'Virtual users.' },
    'requests.in_flight': {
      ...{ value: inFlight, unit: '{request}', description: 'Requests that were due and had not ended.' },
    },
    workers: { value: workers, unit: '{worker}', description: 'Load-generating processes.' },
  };
}
