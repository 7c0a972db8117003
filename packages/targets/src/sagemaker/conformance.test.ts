import { targetConformance } from '@loadwright/core/testing';
import { beforeAll, describe, it, vi } from 'vitest';
import { withoutLoads } from '../../test/without-loads.js';
import { sagemaker } from './index.js';

describe('sagemaker', () => {
  // The end of the SDK's chain asks the metadata service, which must not be reached from a test.
  beforeAll(() => void vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true'));

  const environment = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
  const scaledEmulator = { serviceTime: '1ms', scaling: { instances: 2, timeScale: 10_000 } };
  for (const check of withoutLoads(targetConformance(sagemaker, { environment, scaledEmulator })))
    it(check.name, check.run);
});
