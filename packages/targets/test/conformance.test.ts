import { targetConformance } from '@loadwright/core/testing';
import { describe, it } from 'vitest';
import { chalice } from '../src/chalice/index.js';
import { databricks } from '../src/databricks/index.js';
import { dht } from '../src/dht/index.js';
import { rest } from '../src/rest/index.js';
import { sagemaker } from '../src/sagemaker/index.js';
import { flowOptions } from './flow-options.js';

const messages = [{ role: 'user', content: 'Say it' }];
const chat = { tokens: 3, firstToken: '5ms', gap: '5ms' };
const stream = ['time_to_first_token', 'inter_token_latency'];

/** What each does in a load, beside that of its example. */
const suites = {
  databricks: targetConformance(databricks, {
    loads: {
      'a streamed chat': {
        options: { format: 'raw', payloads: { inline: [{ messages, stream: true }] } },
        emulator: { chat },
        metrics: [...stream, 'output_tokens'],
      },
      'tokens that end': {
        options: { authentication: 'oauth' },
        emulator: { authentication: 'oauth', tokenLifetime: '2s' },
        duration: '3s',
        metrics: ['credential_renewals'],
      },
    },
  }),
  sagemaker: targetConformance(sagemaker, {
    // Nothing of this machine's own.
    environment: { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
    loads: {
      'a stream': {
        options: { stream: true },
        emulator: { stream: chat },
        metrics: [...stream, 'output_chunks'],
      },
      'the route of OpenAI': {
        options: {
          openai: true,
          inferenceComponent: 'qwen',
          payloads: { inline: [{ messages, stream: true }, { messages }] },
        },
        emulator: { chat },
        metrics: [...stream, 'output_tokens'],
      },
      'every header': {
        options: {
          accept: 'application/json',
          customAttributes: 'trace=1, of a test',
          inferenceId: 'canary',
          targetVariant: 'AllTraffic',
          targetContainer: 'first',
          inferenceComponent: 'qwen',
          sessionId: 'session-1',
        },
      },
      'several models': {
        options: { targetModels: { 'a.tar.gz': 1, 'b.tar.gz': 1 } },
        names: ['a.tar.gz', 'b.tar.gz'],
      },
      'models that payloads name': {
        options: {
          targetModelFrom: '/model',
          payloads: { inline: ['a.tar.gz', 'b.tar.gz'].map((model) => ({ model, instances: [[1]] })) },
        },
        names: ['a.tar.gz', 'b.tar.gz'],
      },
    },
  }),
  dht: targetConformance(dht, {
    loads: {
      'a mix': {
        options: { mix: { cache: 2, health: 1, metrics: 1 } },
        metrics: ['cache_hit', 'node_latency'],
        names: ['cache', 'health', 'metrics'],
      },
    },
  }),
  rest: targetConformance(rest, {
    loads: {
      routes: { names: ['search', 'item', 'order'] },
      flows: {
        options: flowOptions,
        names: ['login', 'order', 'look'],
        metrics: ['flow_duration', 'flows_completed', 'flow_completion'],
      },
    },
  }),
  chalice: targetConformance(chalice, {
    options: { ...chalice.definition.example, authentication: 'api-key' },
  }),
};

describe.each(Object.entries(suites))('%s', (_, checks) => {
  for (const { name, run } of checks.filter((check) => check.name.startsWith('load'))) it(name, run);
});
