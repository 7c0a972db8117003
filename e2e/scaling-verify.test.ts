import { monitorEventLoopDelay } from 'node:perf_hooks';
import {
  defaultAssumptions,
  handFormula,
  simulateScaling,
  type ScalingRules,
  type VerifiedRamp,
} from '@loadwright/core/scaling';
import type { SagemakerEmulator } from '@loadwright/targets/sagemaker';
import { afterAll, expect, it, vi } from 'vitest';
import { findTarget } from '../packages/cli/src/config/target.js';
import { startEmulator } from '../packages/cli/src/run/emulation.js';
import { Command } from '../packages/cli/test/command.js';
import { project } from '../packages/cli/test/project.js';
import { TestIo } from '../packages/cli/test/support.js';

const timeout = 300_000;
/** Two ramps with scale-in take two hours of the service. */
const timeScale = 60;
const serviceTime = '20s';
const capacity = { requestsPerSecond: { low: 0.17, high: 0.17 }, serviceSeconds: 20 };
const demand = { peakPerSecond: 2.4, basePerSecond: 0.4, rampSeconds: 300 };
const demandFlags = [
  ...['--peak', '2.4/s', '--base', '0.4/s', '--ramp', '5m'],
  ...['--capacity', '0.17/s', '--service-time', serviceTime],
];
/** A pause of this machine is a minute of the service. */
const forgiven = 360;
const verifyFlags = [
  ...[...demandFlags, '--p95', '55s', '--outside', `${forgiven}s`, '--time-scale', String(timeScale)],
  ...['--yes', '--json'],
];

const emulators: SagemakerEmulator[] = [];
afterAll(() => Promise.all(emulators.map((emulator) => emulator.stop())));

/** An endpoint that scales by the formula that AWS publishes, and a folder with its configuration. */
async function scaledByHand() {
  const { definition } = await findTarget('sagemaker', new TestIo());
  const { min, max, policies } = handFormula(capacity, { ...demand, detectionSeconds: 0, startSeconds: 300 });
  const [policy] = policies;
  if (policy?.type !== 'target-tracking') throw new Error('the formula is a target');
  const { emulator } = await startEmulator(definition, {
    ...{ serviceTime, concurrency: 4, queueLimit: 1000 },
    scaling: { instances: min, timeScale },
  });
  const { scaling } = emulator as SagemakerEmulator;
  emulators.push(emulator as SagemakerEmulator);
  scaling!.target = { MinCapacity: min, MaxCapacity: max, SuspendedState: {}, CreationTime: 0 };
  scaling!.policies.set(policy.name, {
    ...{ PolicyName: policy.name, PolicyARN: 'arn:aws:autoscaling:eu-west-1:1:scalingPolicy:hand' },
    ...{ PolicyType: 'TargetTrackingScaling', CreationTime: 0 },
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: policy.target,
      PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
      ...{ ScaleOutCooldown: 300, ScaleInCooldown: 300 },
    },
  });
  scaling!.changed();
  const { endpointName, region, baseUrl } = emulator.targetOptions;
  const { cwd } = await project({
    target: { kind: 'sagemaker', endpointName, region, baseUrl, payloads: { inline: [[1]] } },
    workers: 1,
    load: { users: 1, duration: '5s' },
    tolerate: {
      'generator-cpu': 'tests run on machines that do other things',
      'event-loop-lag': 'the same: it allows 10 ms, and what matters here are seconds',
    },
  });
  const environment = emulator.environment as Record<string, string>;
  const scale = (...argv: string[]) => new Command(['scaling', ...argv], { cwd, environment });
  const settings = async () => {
    const shown = scale('show', '--json');
    expect(await shown.ended, shown.stderr).toBe(0);
    return (JSON.parse(shown.stdout) as { settings: unknown }).settings;
  };
  return { emulator, scaling: scaling!, scale, settings };
}

/** A datapoint, and how long ago the command looked at most. */
const datapoint = 60 + 60;

/**
 * The share of the looks at a replayed ramp at whose time no simulation of two hundred has that number of instances, be it a
 * datapoint earlier or later: the arrivals of the load are random, and so are those of a simulation.
 */
function unlikeSimulated({ load, counts }: VerifiedRamp, rules: ScalingRules, instances: number): number {
  const band = new Map<number, { least: number; most: number }>();
  for (let seed = 0; seed < 200; seed += 1) {
    const { points } = simulateScaling({
      ...{ name: '', load, rules, instances, seed, assumptions: defaultAssumptions },
      service: {
        ...{ serviceSeconds: 20, distribution: 'constant', slots: 4, queueLimit: 1000 },
        ...{ timeoutSeconds: 60, routing: 'even' },
      },
      objective: { p95Seconds: 55, failureShare: 0.01 },
    });
    for (const { at, desired } of points) {
      const { least, most } = band.get(at) ?? { least: desired, most: desired };
      band.set(at, { least: Math.min(least, desired), most: Math.max(most, desired) });
    }
  }
  const isUnlike = ({ at, desired }: VerifiedRamp['counts'][number]) => {
    const near = [...band].filter(([time]) => Math.abs(time - at) <= datapoint).map(([, range]) => range);
    return near.length > 0 && near.every(({ least, most }) => desired < least || desired > most);
  };
  return counts.filter(isUnlike).length / counts.length;
}

/** Seconds that the emulators, which are in this process, may stand still: their clock goes on, and requests wait for a minute of it. */
const longestStall = 1;

/** The machine had no time for the load or for the emulators: what was measured says nothing of the scaling. */
class Starved extends Error {}

async function verified(command: Command): Promise<[exitCode: number | null, ramps: VerifiedRamp[]]> {
  const exitCode = await command.ended;
  if (exitCode === 104 && command.stderr.includes('was not made as it should be')) {
    throw new Starved(command.stderr.trim());
  }
  expect([0, 99], command.stderr).toContain(exitCode);
  return [exitCode, (JSON.parse(command.stdout) as { ramps: VerifiedRamp[] }).ramps];
}

it(
  'two ramps by real Locust tell the formula by hand from what is recommended, and an interrupted one puts back what was there',
  async ({ skip }) => {
    const stalls = monitorEventLoopDelay();
    const [byHand, recommended] = await Promise.all([scaledByHand(), scaledByHand()]);
    const before = await recommended.settings();
    const applied = recommended.scale('apply', '--yes', ...demandFlags);
    expect(await applied.ended, applied.stderr).toBe(0);
    const wanted = recommended.scaling.target!.MinCapacity;
    expect(wanted).toBeGreaterThan(byHand.scaling.target!.MinCapacity);
    await vi.waitFor(() => expect(recommended.scaling.size().serving).toBe(wanted), { timeout: 90_000 });

    const scalings = [byHand, recommended].map(({ scaling }) => ({
      ...{ rules: scaling.endpoint.rules, instances: scaling.size().desired },
    }));
    stalls.enable();
    const verifications = await Promise.all(
      [byHand, recommended].map(({ scale }) =>
        verified(scale('verify', ...verifyFlags)).catch((error: unknown) => {
          if (error instanceof Starved) return error;
          throw error;
        }),
      ),
    );
    stalls.disable();
    const starved = verifications.find((one) => one instanceof Starved);
    const stall = stalls.max / 1e9;
    const why =
      starved?.message ??
      (stall > longestStall ? `the emulators stood still for ${stall.toFixed(1)} s` : undefined);
    if (why !== undefined) {
      console.warn(`Not judged, as this machine was too busy: ${why}`);
      skip(why);
    }
    const [[handCode, handRamps], [code, ramps]] = verifications as [
      [number, VerifiedRamp[]],
      [number, VerifiedRamp[]],
    ];
    expect([handCode, code], JSON.stringify({ handRamps, ramps }, null, 1)).toEqual([99, 0]);
    expect(ramps.map(({ load }) => load.rampSeconds)).toEqual([300, 600]);
    // In real time as in the simulation: of each, the ramp that begins from rest.
    for (const [side, [ramp]] of [handRamps, ramps].entries()) {
      const { rules, instances } = scalings[side]!;
      expect(ramp!.counts.length).toBeGreaterThan(60);
      // One simulation of thirty leaves the range of the others, for 2 % of the time.
      expect(unlikeSimulated(ramp!, rules, instances)).toBeLessThan(0.05);
      expect(unlikeSimulated(ramp!, scalings[1 - side]!.rules, instances)).toBeGreaterThan(0.1);
    }
    const [hand, ours] = [handRamps[0]!, ramps[0]!];
    expect(hand.score.secondsOutside).toBeGreaterThan(forgiven);
    expect(hand.score.failures).toBeGreaterThan(250);
    expect(ours.score.failures).toBeLessThan(50);
    expect(hand.holds).toBe(false);
    for (const { score } of [hand, ours]) {
      // 3,120 are due on average.
      expect(score.requests).toBeGreaterThan(2850);
      expect(score.requests).toBeLessThan(3400);
      // An alarm of three minutes, its publication, and the start of an instance; from the fall at least the quarter of an hour.
      expect(score.firstInstanceSeconds!).toBeGreaterThan(8 * 60);
      expect(score.firstInstanceSeconds!).toBeLessThan(30 * 60);
      expect(score.scaleInSeconds!).toBeGreaterThan(10 * 60);
      expect(score.scaleInSeconds!).toBeLessThan(35 * 60);
      expect(score.mostInstances).toBeGreaterThan(wanted);
      expect(score.instanceHours).toBeGreaterThan(8);
      expect(score.instanceHours).toBeLessThan(25);
    }

    const served = recommended.emulator.statistics().requests;
    const interrupted = recommended.scale('verify', ...verifyFlags, '--rollback');
    await vi.waitFor(() => expect(recommended.emulator.statistics().requests).toBeGreaterThan(served + 100), {
      timeout: 180_000,
    });
    interrupted.child.kill('SIGINT');
    expect(await interrupted.ended, interrupted.stderr).toBe(105);
    expect(interrupted.stderr).toContain('The scaling is as it was before');
    expect(await recommended.settings()).toEqual(before);
    // The load ended with its command.
    const ended = recommended.emulator.statistics().requests;
    expect(ended - served).toBeLessThan(1000);
  },
  timeout,
);
