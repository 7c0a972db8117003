import { defineTarget, parseDuration, type JsonObject, type PayloadSource } from '@loadwright/core/target';
import { dhtEmulator } from './emulator.js';
import {
  dhtOptionsSchema,
  fileFormat,
  hostOf,
  timeoutSeconds,
  urlCount,
  zipfExponent,
  type DhtInput,
  type DhtOptions,
} from './options.js';
import { ringMetrics } from './metrics.js';
import { ringObservation } from './observation/index.js';
import { dhtPreflight } from './preflight.js';

export type { DhtEmulator } from './emulator.js';
export type { RingCounts } from './emulated-ring.js';
export type { DhtInput, DhtOptions } from './options.js';
export {
  originOptionsSchema,
  startOrigin,
  type Origin,
  type OriginCounts,
  type OriginInput,
  type OriginOptions,
} from './origin.js';

/** Web caches on a distributed hash table (Koorde and Chord rings), asked with `GET /cache?url=`. */
export const dht = defineTarget<DhtInput, DhtOptions>({
  specificationVersion: 1,
  kind: 'dht',
  summary: 'Web cache on a distributed hash table (DHT): a Koorde or Chord ring behind GET /cache?url=',
  options: dhtOptionsSchema,
  example: {
    baseUrl: 'http://cache.example',
    protocol: 'koorde',
    urls: { template: 'https://origin.example/item/{i}', count: 100 },
  },
  locustfile: new URL('./locustfile.py', import.meta.url),
  pythonModules: ['dht_requests.py', 'dht_urls.py', 'dht_answers.py'].map(
    (name) => new URL(name, import.meta.url),
  ),
  host: hostOf,
  targetConfig,
  requestNames: ({ requestName, mix }) => [
    requestName,
    ...(['health', 'metrics'] as const).filter((name) => (mix?.[name] ?? 0) > 0),
  ],
  tls: (options) => options.tls,
  payloads: urlFile,
  metrics: ringMetrics,
  preflight: dhtPreflight,
  observation: ringObservation,
  labels: (options) => ({
    protocol: options.protocol,
    urls: 'file' in options.urls ? options.urls.file : String(urlCount(options)),
    choice: choiceOf(options),
  }),
  emulator: dhtEmulator,
});

export default dht;

function targetConfig(options: DhtOptions): JsonObject {
  const { choice, entryNodes, expect, hotSet, mix, nodes = entryNodes, reencodes, urls } = options;
  return {
    path: options.path,
    urls: 'file' in urls ? { file: true, reencodes, ...(urls.column && { column: urls.column }) } : urls,
    choice,
    zipfExponent: zipfExponent(options),
    ...(hotSet && {
      hotSet: {
        urls: hotSet.urls,
        share: hotSet.share,
        ...(hotSet.change && { changeSeconds: parseDuration(hotSet.change)! }),
      },
    }),
    ...(mix && { mix: Object.fromEntries(Object.entries(mix).filter(([, weight]) => weight > 0)) }),
    ...(entryNodes && { addresses: entryNodes.map(addressOf) }),
    ...(nodes && { nodes: nodes.map(addressOf) }),
    timeoutSeconds: timeoutSeconds(options),
    maxAnswerBytes: options.maxAnswerBytes,
    requestName: options.requestName,
    ...(expect && { expect: expect as JsonObject }),
  };
}

function addressOf(node: string): [string, number] {
  const at = node.lastIndexOf(':');
  return [node.slice(0, at).replace(/^\[|\]$/g, ''), Number(node.slice(at + 1))];
}

/** What of a file is read how. */
function urlFile({ urls }: DhtOptions): PayloadSource | undefined {
  if (!('file' in urls)) return undefined;
  const { file, csvSeparator } = urls;
  const format = fileFormat(file);
  if (format === 'lines') return { file, format };
  return format === 'csv' ? { file, csvAs: 'json', ...(csvSeparator && { csvSeparator }) } : { file };
}

function choiceOf(options: DhtOptions): string {
  const { choice, hotSet } = options;
  if (choice === 'zipf') return `zipf ${zipfExponent(options)}`;
  return hotSet ? `hot-set ${hotSet.urls} for ${hotSet.share * 100} %` : choice;
}
