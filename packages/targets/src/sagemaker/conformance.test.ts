import { targetConformance } from '@loadwright/core/testing';
import { beforeAll, describe, it, vi } from 'vitest';
import { sagemaker } from './index.js';

describe('sagemaker', () => {
  // The end of the SDK's chain asks the metadata service, which must not be reached from a test.
  beforeAll(() => void vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true'));

  const environment = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
  const loads = {
    'a stream': {
      options: { stream: true },
      emulator: { stream: { tokens: 3, firstToken: '5ms', gap: '5ms' } },
      metrics: ['time_to_first_token', 'inter_token_latency', 'output_chunks'],
    },
    'several models': {
      options: { targetModels: { 'a.tar.gz': 1, 'b.tar.gz': 1 } },
      names: ['a.tar.gz', 'b.tar.gz'],
    },
  };
  for (const check of targetConformance(sagemaker, { environment, loads })) it(check.name, check.run);
});
