import { defineTarget, type JsonObject } from '@loadwright/core/target';
import { dhtEmulator } from './emulator.js';
import {
  dhtOptionsSchema,
  hostOf,
  timeoutSeconds,
  urlCount,
  zipfExponent,
  type DhtInput,
  type DhtOptions,
} from './options.js';
import { dhtPreflight } from './preflight.js';

export type { DhtInput, DhtOptions } from './options.js';

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
  pythonModules: [new URL('./dht_requests.py', import.meta.url)],
  host: hostOf,
  targetConfig: (options) => ({
    path: options.path,
    urls: options.urls as JsonObject,
    choice: options.choice,
    zipfExponent: zipfExponent(options),
    protocol: options.protocol,
    timeoutSeconds: timeoutSeconds(options),
    maxAnswerBytes: options.maxAnswerBytes,
    requestName: options.requestName,
    ...(options.expect && { expect: options.expect as JsonObject }),
  }),
  tls: (options) => options.tls,
  preflight: dhtPreflight,
  labels: (options) => ({
    protocol: options.protocol,
    urls: String(urlCount(options)),
    choice: options.choice === 'zipf' ? `zipf ${zipfExponent(options)}` : 'uniform',
  }),
  emulator: dhtEmulator,
});

export default dht;
