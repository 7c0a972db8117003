import { jsonSchemaOf } from '../../packages/core/dist/command/index.js';
import { loadProfileSchema } from '../../packages/core/dist/load/profile-schema.js';
import { runReportJsonSchema } from '../../packages/core/dist/report/index.js';
import {
  payloadSourceSchema,
  responseCheckSchema,
  tlsOptionsSchema,
} from '../../packages/core/dist/target/index.js';
import { settings } from '../../packages/core/dist/config/index.js';
import { errorCodes } from '../../packages/core/dist/errors.js';
import { exportFormats } from '../../packages/core/dist/export/index.js';
import { builtInExporters } from '../../packages/core/dist/exporters/index.js';
import { exitCodes } from '../../packages/core/dist/exit-codes.js';
import { validityRules } from '../../packages/core/dist/judge/validity/index.js';
import { metrics } from '../../packages/core/dist/judge/thresholds/metrics.js';
import { commands, completionSummary } from '../../packages/cli/dist/commands.js';
import { builtInFleets } from '../../packages/cli/dist/fleet/kinds.js';
import { chalice } from '../../packages/targets/dist/chalice/index.js';
import { databricks } from '../../packages/targets/dist/databricks/index.js';
import { dht } from '../../packages/targets/dist/dht/index.js';
import { rest } from '../../packages/targets/dist/rest/index.js';
import { sagemaker } from '../../packages/targets/dist/sagemaker/index.js';
import { documentedConstants } from './documented-constants.mjs';
import { code, optionsTable, plain, sentence, table } from './tables.mjs';

/** The alternatives of a schema that are objects: a load profile, a kind of payload source. */
function objects(schema) {
  if (schema.properties) return [schema];
  return [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap(objects);
}

function target({ definition }) {
  const schema = jsonSchemaOf(definition.options);
  const options = definition.options['~standard'].validate(definition.example).value;
  const variables = definition.environment?.(options) ?? [];
  const parts = [optionsTable(schema)];
  if (variables.length > 0) {
    const rows = variables.map(({ name, secret, description }) => [
      code(name),
      plain(description) + (secret ? ' _(secret)_' : ''),
    ]);
    parts.push(table(['variable', 'meaning'], rows));
  }
  return parts.join('\n\n');
}

const emulator = ({ definition }) => optionsTable(jsonSchemaOf(definition.emulator.options));

function permissions({ definition }) {
  const options = definition.options['~standard'].validate(definition.example).value;
  return `\`\`\`json\n${JSON.stringify({ Version: '2012-10-17', Statement: definition.iamStatements(options) }, null, 2)}\n\`\`\``;
}

/** What stands at the end of a path of options, for instance one check of a list of them. */
function optionsAt(schema, ...path) {
  return path.reduce((outer, name) => objects(outer.properties[name])[0], schema);
}

const expectation = (...path) => optionsTable(optionsAt(jsonSchemaOf(responseCheckSchema), ...path));

const targets = { sagemaker, databricks, rest, chalice, dht };

/** The members of an object in `summary.json`, and what they mean. */
function members(schema) {
  return table(
    ['member', 'meaning'],
    Object.entries(schema.properties).map(([name, member]) => [
      code(member.type === 'array' ? `${name}[]` : name),
      plain(
        member.description ?? (member.anyOf ?? []).map(({ description }) => description).find(Boolean) ?? '',
      ),
    ]),
  );
}

const report = () => runReportJsonSchema().properties;

/** The options of each kind of fleet, and the flags of those that have one. */
async function fleetSections() {
  const kinds = Object.values(builtInFleets).map(async ({ kind, load }) => {
    const { optionsSchema } = await load();
    return [`fleet:${kind}`, () => optionsTable(jsonSchemaOf(optionsSchema))];
  });
  return Object.fromEntries(await Promise.all(kinds));
}

/** Every generated part of the documentation, by name. */
export const sections = {
  settings: () =>
    table(
      ['setting', 'flag', 'variable', 'meaning'],
      settings.map(({ path, flag, variable, description }) => [
        code(path),
        code(flag),
        code(variable),
        plain(description),
      ]),
    ),
  payloads: () =>
    objects(jsonSchemaOf(payloadSourceSchema))
      .map((schema) => `With \`${Object.keys(schema.properties)[0]}\`:\n\n${optionsTable(schema)}`)
      .join('\n\n'),
  'load-profiles': () =>
    objects(jsonSchemaOf(loadProfileSchema))
      .map((schema) => {
        const { profile, ...properties } = schema.properties;
        const own = { ...schema, properties };
        return `### ${profile.const}\n\n${sentence(profile.description)}\n\n${optionsTable(own)}`;
      })
      .join('\n\n'),
  expect: () => expectation(),
  'expect:json': () => expectation('json'),
  'expect:header': () => expectation('header'),
  'expect:stream': () => expectation('stream'),
  'expect:event': () => expectation('stream', 'event'),
  tls: () => optionsTable(jsonSchemaOf(tlsOptionsSchema)),
  metrics: () =>
    table(
      ['metric', 'measures', 'aggregations'],
      Object.entries(metrics).map(([name, { summary, aggregations }]) => [
        code(name),
        plain(summary),
        aggregations.map((aggregation) => code(aggregation === 'p' ? 'p(N)' : aggregation)).join(', '),
      ]),
    ),
  'validity-rules': () =>
    table(
      ['rule', 'INVALID when'],
      Object.entries(validityRules).map(([id, { summary }]) => [
        `[${code(id)}](invalid/${id}.md)`,
        plain(summary),
      ]),
    ),
  ...Object.fromEntries(
    Object.values(builtInExporters).map(({ definition }) => [
      `exporter:${definition.kind}`,
      () => optionsTable(jsonSchemaOf(definition.options)),
    ]),
  ),
  summary: () => members(runReportJsonSchema()),
  'summary:requests': () => members(report().total),
  'summary:thresholds': () => members(report().thresholds.items),
  'summary:errors': () => members(report().errors.items),
  'summary:series': () => members(report().series.items),
  'export-formats': () =>
    table(
      ['format', 'what it is'],
      Object.entries(exportFormats).map(([name, { description }]) => [code(name), plain(description)]),
    ),
  'exit-codes': () =>
    table(
      ['exit code', 'meaning'],
      documentedConstants('packages/core/src/exit-codes.ts', 'exitCodes').map(({ name, comment }) => [
        exitCodes[name],
        plain(comment),
      ]),
    ),
  'error-codes': () =>
    table(
      ['error code', 'exit code', 'meaning'],
      documentedConstants('packages/core/src/errors.ts', 'errorCodes').map(({ name, comment }) => [
        `[${code(name)}](errors/${name}.md)`,
        errorCodes[name],
        plain(comment),
      ]),
    ),
  commands: () =>
    table(
      ['command', 'what it does'],
      [...commands, { usage: 'completion <shell>', summary: completionSummary }].map(({ usage, summary }) => [
        code(`loadwright ${usage}`),
        plain(summary),
      ]),
    ),
  ...(await fleetSections()),
  ...Object.fromEntries(
    Object.entries(targets).flatMap(([kind, factory]) => [
      [`target:${kind}`, () => target(factory)],
      [`emulator:${kind}`, () => emulator(factory)],
    ]),
  ),
  'permissions:sagemaker': () => permissions(sagemaker),
};
