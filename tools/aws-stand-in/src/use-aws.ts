import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Behaviour } from './account.js';
import { AwsStandIn } from './stand-in.js';

/**
 * One stand-in for all tests of a file, with a new account for each.
 *
 * @returns a function that gives it, once the tests run.
 */
export function useAws(changes: Partial<Behaviour> = {}): () => AwsStandIn {
  let aws: AwsStandIn | undefined;
  beforeAll(async () => {
    aws = await AwsStandIn.start();
  }, 90_000);
  beforeEach(async () => aws?.reset(changes));
  afterAll(async () => aws?.stop());
  return () => {
    if (!aws) throw new Error('AWS runs only while tests do');
    return aws;
  };
}
