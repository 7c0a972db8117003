import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { ensureGoTools, goTool } from '../../benchmarks/lib/go-tools.mjs';
import { freePort } from '../../benchmarks/lib/server.mjs';
import { root } from '../lib/paths.mjs';
import { mustRun } from '../lib/processes.mjs';
import { comparison, exportedCounts, runExported } from './receivers.mjs';
import { until } from './until.mjs';

/** All of one release: the builder, the components, and version 1 of what is stable of them. */
const release = 'v0.165.0';
const stable = 'v1.71.0';
/** Goes away with node_modules. */
const place = join(root, 'node_modules/.cache/loadwright-go-tools', `collector-${release}`);

/**
 * The OpenTelemetry collector with a receiver of OTLP and an exporter of it, built unless it is there: two and a half minutes of CPU.
 *
 * @returns {Promise<string>} the executable
 */
async function ensureCollector() {
  const source = join(place, 'source');
  const executable = join(source, 'collector');
  if (existsSync(executable)) return executable;
  await ensureGoTools(['builder']);
  process.stderr.write(`Building the OpenTelemetry collector ${release}\n`);
  const modules = join(place, 'modules');
  mkdirSync(modules, { recursive: true });
  const collector = 'go.opentelemetry.io/collector';
  const components = {
    dist: { name: 'collector', output_path: source },
    receivers: [{ gomod: `${collector}/receiver/otlpreceiver ${release}` }],
    exporters: [{ gomod: `${collector}/exporter/otlphttpexporter ${release}` }],
    conf_resolver: { default_uri_scheme: 'file' },
    providers: [{ gomod: `${collector}/confmap/provider/fileprovider ${stable}` }],
  };
  // JSON is YAML.
  writeFileSync(join(place, 'builder.yaml'), JSON.stringify(components));
  const env = { ...process.env, GOPATH: modules, GOFLAGS: '-modcacherw' };
  await mustRun(goTool('builder'), ['--config', join(place, 'builder.yaml')], { env, quiet: true });
  rmSync(modules, { recursive: true, force: true });
  return executable;
}

/**
 * A run hands its figures to an OpenTelemetry collector while it goes on: what the collector passes on is what the summary says.
 *
 * @param {{ env: NodeJS.ProcessEnv, folder: string, requests?: number }} options folder: an existing one for files; requests:
 *   how many the run has
 */
export async function checkCollector({ env, folder, requests }) {
  const executable = await ensureCollector();
  const own = join(folder, 'collector');
  mkdirSync(own);
  const passed = [];
  const sink = createServer(async (request, response) => {
    passed.push(await json(request));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const endpoint = `127.0.0.1:${await freePort()}`;
  const direct = {
    compression: 'none',
    sending_queue: { enabled: false },
    retry_on_failure: { enabled: false },
  };
  const metrics_endpoint = `http://127.0.0.1:${sink.address().port}/v1/metrics`;
  const configuration = {
    receivers: { otlp: { protocols: { http: { endpoint } } } },
    exporters: { otlphttp: { metrics_endpoint, encoding: 'json', ...direct } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { metrics: { receivers: ['otlp'], exporters: ['otlphttp'] } },
    },
  };
  writeFileSync(join(own, 'collector.yaml'), JSON.stringify(configuration));
  const collector = spawn(executable, ['--config', 'collector.yaml'], { cwd: own, stdio: 'ignore' });
  const ended = once(collector, 'exit');
  try {
    const url = `http://${endpoint}/v1/metrics`;
    await until('the collector answers', async () => (await fetch(url)).status === 405);
    const exporters = [{ kind: 'otlp', url }];
    const summary = await runExported({ env, folder: own, exporters, requests });
    return compare(passed, summary);
  } finally {
    collector.kill('SIGKILL');
    await ended;
    sink.closeAllConnections();
    sink.close();
  }
}

/** @param {readonly object[]} passed requests of OTLP, in order */
function compare(passed, { accounting, verdict }) {
  const metrics = passed
    .flatMap(({ resourceMetrics }) => resourceMetrics)
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics: found }) => found);
  const { hold, counts } = comparison();
  for (const count of exportedCounts) {
    // Each name has a sum of its own, which grows: the last one holds.
    const last = new Map(
      metrics
        .filter(({ name }) => name === `loadwright.requests.${count}`)
        .flatMap(({ sum }) => sum.dataPoints)
        .map(({ attributes = [], asInt }) => [JSON.stringify(attributes), Number(asInt)]),
    );
    hold(
      `the collector, ${count}`,
      [...last.values()].reduce((sum, value) => sum + value, 0),
      accounting[count],
    );
  }
  const verdicts = metrics
    .filter(({ name }) => name === 'loadwright.verdict')
    .flatMap(({ gauge }) => gauge.dataPoints);
  hold('the collector, verdict', verdicts.at(-1)?.attributes[0].value.stringValue, verdict);
  return counts();
}
