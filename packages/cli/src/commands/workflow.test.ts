import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../main.js';
import { LastingFleetDouble } from '../../test/lasting-fleet.js';
import { dhtConfig, project } from '../../test/project.js';
import { TestIo } from '../../test/support.js';

const steps = [
  { step: 'deploy', fleet: 'lab' },
  { step: 'run', name: 'a', on: 'lab', set: { users: 9 } },
  { step: 'destroy', fleet: 'lab' },
];

async function workflow(content: unknown, ...flags: string[]) {
  return workflowOn(main, content, ...flags);
}

async function workflowOn(run: typeof main, content: unknown, ...flags: string[]) {
  const { cwd } = await project(dhtConfig);
  await writeFile(join(cwd, 'w.json'), JSON.stringify(content));
  const io = new TestIo({ cwd });
  const exitCode = await run(['workflow', 'run', 'w.json', ...flags], io);
  return { exitCode, stdout: io.stdout.text, stderr: io.stderr.text };
}

it('shows with --dry-run the steps and the price of all', async () => {
  const { exitCode, stdout } = await workflow({ name: 'w', steps }, '--dry-run');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/1\. deploy lab: 2 workers, \$0\.00 an hour, 10s of load\n {2}2\. run a/);
  expect(stdout).toContain('Price $0.00 for all loads');
});

it('prints how to go on where it stopped, with the file and the flags as they were given', async () => {
  const { cwd } = await project(dhtConfig);
  await writeFile(join(cwd, 'my w.json'), JSON.stringify({ name: 'w', steps: [{ step: 'run', name: 'a' }] }));
  const io = new TestIo({ cwd });
  expect(await main(['workflow', 'run', 'my w.json', '--yes', '--no-live'], io)).not.toBe(0);
  expect(io.stderr.text.replaceAll(/\s+/g, ' ')).toMatch(
    /Go on where it stopped: loadwright workflow run 'my w.json' --resume \d{8}-\S+ --no-live/,
  );
});

describe('a fleet that costs money', () => {
  const double = (fleets: LastingFleetDouble, duration: string) => {
    const twice = [
      steps[0],
      { ...steps[1], set: { duration } },
      { ...steps[1], name: 'b', set: { duration } },
    ];
    const content = { name: 'w', fleet: { kind: 'double' }, steps: [...twice, steps[2]] };
    return workflowOn((argv, io) => main(argv, io, fleets.kinds), content, '--dry-run');
  };

  it('is priced for all its loads, and at most until it ends itself', async () => {
    const { stdout } = await double(new LastingFleetDouble(), '30m');
    expect(stdout).toContain('$3.60 an hour, 1h of load');
    expect(stdout).toContain('Price $3.60 for all loads, at most $7.20 until the last machine ends itself');
  });

  it('has a lower bound alone when a price is not known', async () => {
    const fleets = Object.assign(new LastingFleetDouble(), { isPriceIncomplete: true });
    const { stdout } = await double(fleets, '30m');
    expect(stdout).toContain('at least $3.60 an hour, 1h of load');
    expect(stdout).toContain('Price at least $3.60 for all loads, at least $7.20 until the last machine');
  });

  it('is refused when all its loads together take longer than it has', async () => {
    expect(await double(new LastingFleetDouble(), '1h')).toMatchObject({
      exitCode: 104,
      stderr: expect.stringMatching(
        /fleet\.timeToLive: found 2h, expected more than the 2h of load of the steps on the fleet of deploy lab/,
      ),
    });
  });
});

it.each<[string, unknown, string[], number, RegExp]>([
  [
    'a wrong step',
    { name: 'w', steps: [{ step: 'wait' }] },
    ['--yes'],
    104,
    /steps\[0\]\.step: found "wait"/,
  ],
  ['no name', { steps }, ['--yes'], 104, /name: missing/],
  [
    'a setting that the target refuses, in a later step',
    { name: 'w', steps: steps.with(1, { ...steps[1]!, set: { protocol: 'kademlia' } } as never) },
    ['--yes'],
    104,
    /target\.protocol: found "kademlia"/,
  ],
  ['nobody to ask', { name: 'w', steps }, [], 2, /agree with --yes/],
  ['nothing to continue', { name: 'w', steps }, ['--yes', '--resume'], 104, /there is no journal of w/],
])('says before anything is made: %s', async (_what, content, flags, exitCode, message) => {
  expect(await workflow(content, ...flags)).toMatchObject({
    exitCode,
    stderr: expect.stringMatching(message),
  });
});
