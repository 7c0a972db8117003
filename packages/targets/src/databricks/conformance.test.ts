import { targetConformance } from '@loadwright/core/testing';
import { describe, it } from 'vitest';
import { databricks } from './index.js';

describe('databricks conforms to the contract of targets', () => {
  const messages = [{ role: 'user', content: 'Say it' }];
  const loads = {
    'a streamed chat': {
      options: { format: 'raw' as const, payloads: { inline: [{ messages, stream: true }] } },
      emulator: { chat: { tokens: 3, firstToken: '5ms', gap: '5ms' } },
      metrics: ['time_to_first_token', 'inter_token_latency', 'output_tokens'],
    },
    'tokens that end': {
      options: { authentication: 'oauth' as const },
      emulator: { authentication: 'oauth', tokenLifetime: '2s' },
      duration: '3s',
      metrics: ['credential_renewals'],
    },
  };
  for (const check of targetConformance(databricks, { loads })) it(check.name, check.run);
});
