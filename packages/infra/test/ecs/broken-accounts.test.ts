import type { Fleet, LoadwrightError } from '@loadwright/core';
import { nothingLeft } from '@loadwright/core/fleet';
import { useAws, type AwsStandIn } from '@loadwright/aws-stand-in';
import { describe, expect, it } from 'vitest';
import { ecsFleetOptionsSchema } from '../../src/ecs/options.js';
import { baseImage, optionsFor, provisionRequest, quickFleet } from './account.js';
import { brokenAccounts, containersOf, type BrokenAccount } from './broken-accounts.js';

const cases = Object.entries(brokenAccounts);

/** Options that EC2 has and ECS has not, where a hint would name them. */
const foreignOption = /\b(?:option|set) (subnet|machineName|prefix|bucket)\b(?! \(of ECS: subnets\))/i;

describe('a broken account', { timeout: 180_000 }, () => {
  const standIn = useAws();

  /** Makes the account what the case says; everything in it from now on was there before. */
  async function prepare({ account, bring, fails, options, containers }: BrokenAccount) {
    const aws: AwsStandIn = standIn();
    await aws.reset(account);
    const containerImage = await baseImage(aws);
    aws.behaviour.containers = containersOf(aws, containers);
    const brought = await bring?.(aws);
    const fleet = quickFleet(optionsFor(aws, { containerImage, ...options, ...brought }));
    const before = await own(aws);
    const from = aws.calls.length;
    if (fails) aws.inject({ at: fails[0], times: Infinity, fault: fails[1] });
    return { aws, fleet, before, from };
  }

  /** The repository of images is shared by all fleets, and stays. */
  const own = async (aws: AwsStandIn) => (await aws.inventory()).filter((one) => !one.startsWith('ecr:'));

  /** The check says it too, and nothing else. */
  async function requireFound(fleet: Fleet, { subject, says, remedy }: BrokenAccount): Promise<void> {
    const findings = await fleet.lasting!.check(await provisionRequest());
    const problems = findings.filter(({ state }) => state === 'problem');
    expect(problems).toEqual([
      expect.objectContaining({
        subject,
        detail: expect.stringMatching(says) as string,
        remedy: expect.stringMatching(remedy) as string,
      }),
    ]);
    expect(problems[0]?.remedy).not.toMatch(foreignOption);
  }

  it.each(cases)('ends a deployment with one message, and nothing stays: %s', async (_, broken) => {
    const { aws, fleet, before, from } = await prepare(broken);
    if (broken.subject !== undefined) await requireFound(fleet, broken);
    const lines: string[] = [];
    const request = await provisionRequest({ onProgress: (line) => lines.push(line) });
    const error = await fleet.provision(request).then(
      () => undefined,
      (failure: LoadwrightError) => failure,
    );
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(CONFIG_INVALID|PROVISIONING_FAILED)$/) as string,
      message: expect.stringMatching(broken.says) as string,
      hint: expect.stringMatching(broken.remedy) as string,
    });
    expect(error?.hint).not.toMatch(foreignOption);
    expect(await own(aws)).toEqual(before);
    const changes = aws.calls
      .slice(from)
      .filter(({ name }) => /:(Create|Run|Put|Register|Authorize|Attach|Add|Upload)/.test(name));
    if (broken.shows === undefined) {
      expect(changes.map(({ name }) => name)).toEqual([]);
      expect(error?.message.split('\n')).toHaveLength(1);
    } else {
      expect(changes.length).toBeGreaterThan(0);
      // What was made is named as it is removed.
      expect(lines.filter((line) => line.startsWith('Removing ')).join()).toContain(request.fleetId);
      expect(lines.at(-1)).toBe(nothingLeft);
    }
  });

  it('is of one message a fault, all of them at once', async () => {
    const { fleet } = await prepare({
      account: { network: 'none', namesImages: false },
      options: { cluster: 'nowhere', repository: 'team/none' },
      says: /./,
      remedy: /./,
    });
    const findings = await fleet.lasting!.check(await provisionRequest());
    const problems = findings.filter(({ state }) => state === 'problem');
    expect(problems.map(({ subject }) => subject)).toEqual(['image', 'network', 'cluster and repository']);
    expect(problems.at(-1)?.detail).toMatch(/nowhere[^]*team\/none/);
  });
});

it('names options that a fleet on ECS has', () => {
  const options = Object.keys(ecsFleetOptionsSchema.shape);
  const named = cases.flatMap(([, { remedy }]) => [...remedy.source.matchAll(/option (\w+) out/g)]);
  for (const [, option = ''] of named) expect(options).toContain(option);
});
