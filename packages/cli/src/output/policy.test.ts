import { ecsFleet, type EcsFleetOptions } from '@loadwright/infra/ecs';
import type { IamStatement } from '@loadwright/core';
import { describe, expect, it } from 'vitest';
import { lengthNotes, managedPolicies, policyLength, policyLimits } from './policy.js';

const longest = { spot: true, owner: 'a-team-of-people', endFromOutside: 'always' } as const;
const fleets: readonly EcsFleetOptions[] = ['eu-west-1', 'ap-southeast-7'].flatMap((region) => [
  { region },
  { region, ...longest },
  { region, launchType: 'fargate', spot: true },
]);

const policyOf = async (options: EcsFleetOptions): Promise<readonly IamStatement[]> => {
  const fleet = ecsFleet({ ...options, environment: {} });
  return (await fleet.lasting!.permissions({ accountId: '123456789012' })).statements;
};

describe('the policy of a fleet on ECS', () => {
  it.each(fleets)(
    'fits into the inline policies of a role, and into two managed policies: %j',
    async (options) => {
      const statements = await policyOf(options);
      expect(policyLength(statements)).toBeLessThan(policyLimits.ofRole);
      const parts = managedPolicies(statements);
      expect(parts).toHaveLength(2);
      expect(parts.flat()).toEqual(statements);
      for (const part of parts) expect(policyLength(part)).toBeLessThanOrEqual(policyLimits.managed);
      expect(lengthNotes(statements)).toEqual([
        expect.stringMatching(
          /^The policy has \d,\d{3} characters: it fits as the inline policy of a role \(10,240\), not as a managed policy \(6,144\)\.$/,
        ),
        expect.stringMatching(
          /^As 2 managed policies, with the statements LookAround to \w+; \w+ to \w+: each fits\.$/,
        ),
      ]);
    },
  );

  it('needs no word where it fits into a managed one', () => {
    expect(lengthNotes([{ Effect: 'Allow', Action: ['sts:GetCallerIdentity'], Resource: ['*'] }])).toEqual(
      [],
    );
  });

  it('is said to fit nowhere where it does not', () => {
    const one = (index: number): IamStatement => ({
      Sid: `Statement${index}`,
      Effect: 'Allow',
      Action: ['s3:GetObject'],
      Resource: [`arn:aws:s3:::${'a'.repeat(1000)}`],
    });
    expect(lengthNotes(Array.from({ length: 12 }, (_, index) => one(index)))[0]).toContain(
      'more than the inline',
    );
  });
});
