import { tmpdir } from 'node:os';
import { createFleetId, type Fleet } from '@loadwright/core';
import { AwsStandIn, fakeMaster } from '@loadwright/aws-stand-in';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patient } from '../../src/aws/settings.js';
import { fleetOf as ec2FleetOf } from '../../src/ec2/fleet.js';
import { fleetOf as ecsFleetOf } from '../../src/ecs/fleet.js';
import { variablesFor } from '../ec2/quick-fleet.js';
import * as ec2 from '../ec2/work.js';
import { quick, uiPort, withFolder, type Work } from '../ec2/work.js';
import { offerBaseImage } from '../ecs/base-image.js';
import * as ecs from '../ecs/work.js';
import { casesToTry } from '../matrix.js';
import type { EcsFleetOptions } from '../../src/ecs/options.js';

let end: () => Promise<void>;
beforeAll(async () => {
  end = await offerBaseImage();
});
afterAll(() => end());

async function standIn(): Promise<AwsStandIn & AsyncDisposable> {
  const aws = await AwsStandIn.start();
  return Object.assign(aws, { [Symbol.asyncDispose]: () => aws.stop() });
}

/** Of calls of AWS's services; each attempt is one. */
const share = 0.3;

/** Calls are tried again as often as against AWS itself; only what the stand-in does at once is looked at sooner. */
const pace = { ...quick, attempts: patient.attempts, propagation: 60_000, removal: 60_000 };

/**
 * What all is to have happened by, in milliseconds. The SDK waits up to 20 s before an attempt, at random, and lets as little as
 * one call in two seconds through to each service: 110 to 240 s were seen of ECS.
 */
const limit = 480_000;

/** No service of AWS tells the caller's own address: it is no call of these. */
const allowedAddresses = ['203.0.113.7/32'];

interface Kind {
  readonly fleetOf: (work: Work) => Fleet;
  readonly requestOf: (work: Work) => ReturnType<typeof ecs.requestOf>;
  /** Of the fleet that is deployed, each with a machine, or two on one. */
  readonly workers: number;
  /** Numbers of workers one after the other. Absent: machines of the kind cannot become more. */
  readonly scaleTo?: readonly number[];
  /** When calls are throttled: of many machines each half takes minutes. Absent: always. */
  readonly throttled?: 'until it is deployed' | 'once it is deployed';
}

const onEcs = ({ workers = 2, ...more }: EcsFleetOptions = {}): Kind => ({
  fleetOf: (work) =>
    ecsFleetOf(ecs.settingsOf(work, { startTimeout: '5m', allowedAddresses, workers, ...more })),
  requestOf: (work) => ({ ...ecs.requestOf(work), workers }),
  workers,
});

const kinds: Readonly<Record<string, Kind>> = {
  EC2: {
    fleetOf: (work) => {
      const settings = ec2.settingsOf(work);
      return ec2FleetOf({ ...settings, startTimeoutSeconds: 120, allowedAddresses });
    },
    requestOf: (work) => ec2.requestOf(work, new AbortController().signal),
    workers: 2,
  },
  ECS: { ...onEcs(), scaleTo: [3] },
  'ECS with 50 machines of workers, until it is deployed': {
    ...onEcs({ workers: 50 }),
    throttled: 'until it is deployed',
  },
  'ECS with 50 machines of workers, once it is deployed': {
    ...onEcs({ workers: 50 }),
    scaleTo: [55, 45],
    throttled: 'once it is deployed',
  },
  Fargate: onEcs({ launchType: 'fargate' }),
};

// Beside each other: nearly all of their time is the waiting of the SDK.
describe('a fleet', { concurrent: true }, () => {
  it.each(casesToTry(Object.entries(kinds), { name: ([kind]) => kind, handful: 1 }))(
    'on %s is deployed, opened, changed, listed and removed while 30 % of calls are throttled at random',
    async (name, { fleetOf, requestOf, workers, scaleTo = [], throttled: when }) => {
      await using aws = await standIn();
      const seed = Number(process.env['LOADWRIGHT_SEED'] ?? Date.now() % 100_000);
      Object.assign(aws.behaviour, fakeMaster({ port: uiPort, password: '', workers }));
      const own = async () => (await aws.inventory()).filter((one) => !one.startsWith('ecr:'));
      const before = await own();
      const throttle = () =>
        aws.inject({ at: '*', times: Infinity, share, seed, fault: { kind: 'throttle' } });
      let throttled = when === 'once it is deployed' ? undefined : throttle();
      let [began, from] = [performance.now(), 0];
      let calls: number | undefined;
      await withFolder(tmpdir(), async (folder) => {
        const environment = variablesFor(aws);
        const work: Work = { fleetId: createFleetId(), folder, environment, uiPort, adopted: {}, pace };
        const fleet = fleetOf(work);
        await fleet.provision(requestOf(work));
        if (when === 'until it is deployed') {
          calls = aws.calls.length;
          aws.withoutFaults();
        }
        if (throttled === undefined) {
          throttled = throttle();
          [began, from] = [performance.now(), aws.calls.length];
        }
        const handle = await fleet.open(work.fleetId);
        expect((await handle.status()).length).toBeGreaterThan(1);
        for (const number of scaleTo) await fleet.lasting!.scaling!.scale(work.fleetId, number);
        expect((await fleet.lasting!.list()).map(({ fleetId }) => fleetId)).toEqual([work.fleetId]);
        expect(await fleet.lasting!.destroy(work.fleetId)).toMatchObject({ remaining: [] });
      });
      const milliseconds = performance.now() - began;
      const left = (await own()).filter((one) => !before.includes(one));
      calls ??= aws.calls.length - from;
      process.stdout.write(
        `${name}, seed ${seed}: ${throttled!.strikes} of ${calls} calls throttled, ${(milliseconds / 1000).toFixed(1)} s, leaked ${left.length}\n`,
      );
      expect(left).toEqual([]);
      expect(throttled!.strikes).toBeGreaterThan(calls * share * 0.5);
      expect(milliseconds).toBeLessThan(limit);
    },
    limit + 30_000,
  );
});
