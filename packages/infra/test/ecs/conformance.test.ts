import { masterOf, waitForWorkers } from '@loadwright/core/fleet';
import { fleetConformance } from '@loadwright/core/testing';
import { locustContainers, useAws, type LocustContainers } from '@loadwright/aws-stand-in';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nameOf } from '../../src/aws/fleet-identity.js';
import { baseImage, optionsFor, provisionRequest, quickFleet } from './account.js';

const aws = useAws();
let containers: LocustContainers | undefined;
let containerImage: string;

beforeEach(async () => {
  containers ??= locustContainers(aws());
  aws().behaviour.containers = containers;
  containerImage = await baseImage(aws());
});

afterEach(() => {
  expect(containers?.failures.splice(0)).toEqual([]);
});

afterAll(() => containers?.clear());

/** A new one each time, with journals of its own: as from another machine. */
const makeFleet = () => quickFleet(optionsFor(aws(), { containerImage }));

/** Without what fleets share: the repository, and its images. */
const ownInventory = async () => (await aws().inventory()).filter((one) => !one.startsWith('ecr:'));

describe('the fleet on ECS conforms, with containers that run Locust', { timeout: 270_000 }, () => {
  for (const check of fleetConformance(makeFleet, { provisionRequest })) {
    it(check.name, async () => {
      const before = await ownInventory();
      await check.run();
      expect(await ownInventory()).toEqual(before);
    });
  }

  it('connects the workers of all machines, and leaves the image alone when it is removed', async () => {
    const before = await ownInventory();
    const request = { ...(await provisionRequest()), workers: 4 };
    const lines: string[] = [];
    const handle = await makeFleet().provision({ ...request, onProgress: (line) => lines.push(line) });
    const { statistics } = await waitForWorkers(masterOf(handle), handle, {}).then((found) => ({
      statistics: found,
    }));
    expect(statistics.workers).toHaveLength(4);
    const nodes = await handle.status();
    expect(new Set(nodes.map(({ instance }) => instance)).size).toBe(3);
    expect(lines.join('\n')).toMatch(/Starting 3 × t3.large[^]*of 3 machines have registered/);
    const tag = nameOf({ fleetKind: 'ecs', fleetId: request.fleetId });
    const { removed, remaining } = await handle.destroy();
    expect(remaining).toEqual([]);
    expect(removed).toEqual(
      expect.arrayContaining([
        `cluster ${tag}`,
        `image tag loadwright:${tag}`,
        `log group /loadwright/ecs/${request.fleetId}`,
        `service ${tag}/${tag}-worker`,
        `task definition ${tag}-master:1`,
      ]),
    );
    expect(await ownInventory()).toEqual(before);
    expect(await aws().inventory()).toContain('ecr:repository/loadwright');
  });
});
