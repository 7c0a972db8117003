import { isLoadwrightError } from '@loadwright/core';
import { describe, expect, it } from 'vitest';
import { lookUpAccount } from '../../src/aws/account/account.js';
import { checkAccount } from '../../src/ec2/check.js';
import { sequentialRoundTrips, useAws, type AwsStandIn } from '@loadwright/aws-stand-in';
import { brokenAccounts, type BrokenAccount } from './broken-accounts.js';
import { lookAt, request } from './look.js';

describe('a broken account', () => {
  const standIn = useAws();

  /** Makes the account what the case says; everything in it from now on was there before. */
  async function prepare({ account, bring, fails, options, variables }: BrokenAccount) {
    const running: AwsStandIn = standIn();
    await running.reset(account);
    const brought = await bring?.(running);
    const before = await running.inventory();
    if (fails) running.inject({ at: fails[0], times: Infinity, fault: fails[1] });
    const environment = { ...running.environment, ...variables };
    return { ...lookAt(running, { ...options, ...brought }, environment), running, before };
  }

  it.each(Object.entries(brokenAccounts))('is checked: %s', async (_name, broken) => {
    const { aws, settings, running, before } = await prepare(broken);
    const findings = await checkAccount(aws, settings, request);
    const problems = findings.filter(({ state }) => state === 'problem');
    expect(problems).toEqual([
      {
        subject: broken.subject,
        state: 'problem',
        detail: expect.stringMatching(broken.says) as string,
        remedy: expect.stringMatching(broken.remedy) as string,
      },
    ]);
    expect(await running.inventory()).toEqual(before);
  });

  it.each(Object.entries(brokenAccounts).filter(([, { seenByCheckOnly }]) => !seenByCheckOnly))(
    'ends a deployment before anything is made: %s',
    async (_name, broken) => {
      const { aws, settings, running, before } = await prepare(broken);
      const error: unknown = await lookUpAccount(aws, settings).then(
        () => undefined,
        (failure: unknown) => failure,
      );
      expect(isLoadwrightError(error) && error).toMatchObject({
        message: expect.stringMatching(broken.says) as string,
        hint: expect.stringMatching(broken.remedy) as string,
      });
      if (broken.option !== undefined) {
        expect(error).toMatchObject({
          code: 'CONFIG_INVALID',
          message: expect.stringMatching(`^fleet.${broken.option}: `) as string,
        });
      }
      expect((error as Error).message.split('\n')).toHaveLength(1);
      expect(await running.inventory()).toEqual(before);
    },
  );

  it('with several faults has all of them told at once', async () => {
    const { aws, settings } = await prepare({
      ...brokenAccounts['no default VPC']!,
      options: { image: 'ami-0123456789abcdef0' },
      account: { network: 'none', quotas: { onDemand: 5, spot: 5 }, clockOffset: -400 },
    });
    const findings = await checkAccount(aws, settings, request);
    const problems = findings.filter(({ state }) => state === 'problem').map(({ subject }) => subject);
    expect(problems).toEqual(['clock', 'image', 'network', 'quota']);
    await expect(lookUpAccount(aws, settings)).rejects.toThrow(/ami-0123456789abcdef0[^]*default VPC/);
  });
});

describe('a good account', () => {
  const standIn = useAws();

  it('has nothing to complain of, in every part', async () => {
    const { aws, settings } = lookAt(standIn());
    const findings = await checkAccount(aws, settings, request);
    expect(findings.filter(({ state }) => state !== 'good')).toEqual([]);
    expect(findings.map(({ subject }) => subject)).toEqual([
      ...['credentials', 'clock', 'time to live', 'instance type', 'image', 'network'],
      ...['quota', 'own address', 'instance profile', 'permissions', 'permissions boundary', 'launch'],
    ]);
  });

  it('is looked at in two round trips', async () => {
    const { aws, settings } = lookAt(standIn());
    standIn().behaviour.latency = 50;
    const account = await lookUpAccount(aws, settings);
    expect(account).toMatchObject({
      accountId: '123456789012',
      callerAddress: '203.0.113.7',
      instanceType: { vcpus: 16, architecture: 'x86_64' },
      image: { rootDevice: '/dev/sda1' },
    });
    expect(account.subnets.map(({ zone }) => zone)).toEqual(['eu-west-1a', 'eu-west-1b', 'eu-west-1c']);
    expect(sequentialRoundTrips(standIn().calls)).toBe(2);
  });

  it('tells credentials that end before the fleet', async () => {
    const { aws, settings } = lookAt(standIn());
    const inTenMinutes = {
      ...(await aws.sts.config.credentials()),
      expiration: new Date(Date.now() + 600_000),
    };
    aws.sts.config.credentials = () => Promise.resolve(inTenMinutes);
    const [first] = await checkAccount(aws, settings, request);
    expect(first).toMatchObject({
      subject: 'credentials',
      state: 'problem',
      detail: expect.stringMatching(/in 10 min, and the fleet takes up to 22 min$/) as string,
    });
  });

  it('would launch but for the quota, where that is used up', async () => {
    standIn().behaviour.quotas = { onDemand: 5, spot: 5 };
    const { aws, settings } = lookAt(standIn());
    const findings = await checkAccount(aws, settings, request);
    expect(findings.filter(({ state }) => state === 'problem')).toMatchObject([{ subject: 'quota' }]);
    expect(findings.at(-1)).toMatchObject({
      subject: 'launch',
      detail: 'nothing but the quota is in the way',
    });
  });

  it('has a quota that is told as unknown when it must not be looked at', async () => {
    const { aws, settings } = lookAt(standIn());
    standIn().inject({ at: 'servicequotas:GetServiceQuota', times: Infinity, fault: { kind: 'denied' } });
    const findings = await checkAccount(aws, settings, request);
    expect(findings.filter(({ state }) => state !== 'good')).toMatchObject([
      {
        subject: 'quota',
        state: 'unknown',
        next: expect.arrayContaining([{ action: 'show-permissions', of: 'caller' }]) as unknown,
      },
    ]);
  });

  it('does without a simulation that is refused', async () => {
    const { aws, settings } = lookAt(standIn());
    standIn().inject({ at: 'iam:SimulatePrincipalPolicy', times: Infinity, fault: { kind: 'denied' } });
    const findings = await checkAccount(aws, settings, request);
    expect(findings.filter(({ state }) => state !== 'good')).toEqual([
      expect.objectContaining({ subject: 'permissions', state: 'unknown' }),
    ]);
  });
});
