import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { databricks } from '@loadwright/targets/databricks';
import { sagemaker } from '@loadwright/targets/sagemaker';
import picocolors from 'picocolors';
import { afterEach, describe, expect, it } from 'vitest';
import { LastingFleetDouble } from '../../../test/lasting-fleet.js';
import { run, TestIo } from '../../../test/support.js';
import { shellWords } from '../../import/shell-words.js';
import { formatRamps } from './scaling/verify.js';

const figures = ['--peak', '100/s', '--ramp', '15m', '--capacity', '8/s..8.8/s', '--service-time', '400ms'];
const flat = (text: string) => text.replace(/\s+/g, ' ');

describe('loadwright scaling simulate', () => {
  it('shows policies side by side, and draws them', async () => {
    const io = new TestIo({ columns: 160 });
    const { exitCode } = await run(
      ['scaling', 'simulate', ...figures, '--hold', '10m', '--price', '1.2'],
      io,
    );
    expect(exitCode).toBe(0);
    expect(flat(io.stdout.text)).toMatch(
      /✓ Recommended 0 s .*✗ Hand formula \(× 0\.5\) \d+ min.*✓ Fixed for the peak 0 s/,
    );
    const html = await readFile(join(io.cwd, 'scaling.html'), 'utf8');
    for (const part of ['Instances that serve', 'Response time, p95', 'Cost so far', 'Hand formula']) {
      expect(html).toContain(part);
    }
    // The picture of the cost tells what it draws.
    expect(html).toMatch(/Recommended: \$\d/);
    // What was simulated says which way carries the ramp.
    const [, frontier = ''] = html.split('id="frontier"');
    expect(flat(frontier.replace(/<[^>]*>/g, ' '))).toMatch(
      /Recommended yes .*Hand formula \(× 0\.5\) no .*Fixed for the peak yes .*Fixed, half of the peak no/,
    );
    expect(html).not.toMatch(/<link|\bsrc=|@import|url\(/);
  });
});

describe('what an instance holds in a simulation', () => {
  const simulated = async (io: TestIo, ...flags: string[]) => {
    const argv = ['scaling', 'simulate', '--peak', '300/s', '--ramp', '10m', ...flags];
    const { exitCode, stderr } = await run(argv, io);
    expect([exitCode, stderr]).toEqual([0, '']);
    return flat(io.stdout.text);
  };

  it('is an example where nothing says it, and that is said; hours of it take minutes at most', async () => {
    const io = new TestIo({ columns: 160 });
    const began = performance.now();
    const text = await simulated(io);
    expect(text).toContain('One instance holds 42 requests/s, 80 ms a request (an EXAMPLE: give yours with');
    expect(flat(await readFile(join(io.cwd, 'scaling.html'), 'utf8'))).toContain('(an EXAMPLE: give yours');
    const html = await readFile(join(io.cwd, 'scaling.html'), 'utf8');
    // Three policies of 75 minutes each are simulated in less time than the ramp alone takes.
    expect(flat(html.replace(/<[^>]*>/g, ' '))).toMatch(/Simulated 1 h 15 min/);
    expect((performance.now() - began) / 1000).toBeLessThan(600);
  });

  it('is what the newest calibration found that proved a rate', async () => {
    const io = new TestIo({ columns: 300 });
    const keep = async (name: string, id: string, calibration: unknown) => {
      await mkdir(join(io.cwd, 'results', name, id), { recursive: true });
      await writeFile(join(io.cwd, 'results', name, id, 'calibration.json'), JSON.stringify(calibration));
    };
    const levels = [{ throughput: 10, concurrency: 0.5 }];
    await keep('zebra', '20260101-000000-a', { capacities: [{ interval: [10, 11] }], levels });
    await keep('apple', '20260301-000000-b', { capacities: [{ interval: [30, 32] }], levels });
    await keep('apple', '20260401-000000-c', { capacities: [{ interval: [0, null] }], levels });
    await keep('apple', '20260501-000000-d', { outcome: 'INVALID', capacities: [{ interval: [50, 52] }] });
    await mkdir(join(io.cwd, 'results', 'apple', '20260601-000000-run'));
    expect(await simulated(io, '--peak', '60/s')).toMatch(
      /holds 30 to 32 requests\/s, 50 ms a request \(by the newest calibration, .*20260301-000000-b.calibration\.json\)/,
    );
  });

  it('is not guessed where a part of it is given', async () => {
    const { exitCode, stderr } = await run([
      ...['scaling', 'simulate', '--peak', '300/s', '--ramp', '10m', '--service-time', '80ms'],
    ]);
    expect([exitCode, flat(stderr)]).toEqual([
      2,
      expect.stringContaining('Nothing says what one instance holds'),
    ]);
  });
});

describe('loadwright recommend', () => {
  it('gives each setting with its reason', async () => {
    const io = new TestIo({ columns: 160 });
    const { exitCode } = await run(['recommend', '--target', 'sagemaker', ...figures, '--price', '1.2'], io);
    expect(exitCode).toBe(0);
    expect(flat(io.stdout.text)).toMatch(
      /invocations target .*8\/s \(lower end of the capacity\) × 0\.\d+ × 60/,
    );
    expect(flat(io.stdout.text)).toMatch(
      /way instances holds at the peak.*Recommended .*Hand formula .*Fixed/,
    );
  });

  it('counts units of concurrency for Databricks, at their own price', async () => {
    const io = new TestIo({ columns: 160 });
    const argv = ['recommend', '--target', 'databricks', ...figures, '--price', '0.5'];
    expect(await run(argv, io)).toMatchObject({ exitCode: 0 });
    const text = flat(io.stdout.text);
    expect(text).toMatch(/way units of concurrency .*units of concurrency on average \$ a month/);
    // 100/s × 400 ms ÷ 0.85 are 48 at once, which hold 120/s and cost 48 × $0.5 × 730 h.
    expect(text).toMatch(/Fixed for the peak 48 120 48 17,520/);
    expect(text).not.toContain('Hand formula');
    const json = new TestIo();
    await run([...argv, '--format', 'json'], json);
    const { max_provisioned_concurrency: max } = JSON.parse(json.stdout.text) as Record<string, number>;
    expect(text).toMatch(new RegExp(`Recommended \\d+ – ${max} `));
  });

  it.each([
    'null',
    '7',
    '[]',
    '{"capacities":7}',
    '{"capacities":[null]}',
    '{"capacities":[{"interval":7}]}',
    '{}',
  ])('says what is wrong with a calibration that is none: %s', async (text) => {
    const io = new TestIo();
    await writeFile(join(io.cwd, 'wrong.json'), text);
    const argv = ['recommend', '--target', 'sagemaker', '--peak', '4/s', '--calibration', 'wrong.json'];
    const { exitCode, stderr } = await run(argv, io);
    expect([exitCode, stderr]).toEqual([104, expect.stringMatching(/wrong\.json cannot be used: it/)]);
  });

  it('takes the capacity from a calibration', async () => {
    const io = new TestIo();
    const calibration = {
      capacities: [{ estimate: 41, interval: [40, 42] }],
      levels: [{ throughput: 10, concurrency: 0.8 }],
    };
    await writeFile(join(io.cwd, 'calibration.json'), JSON.stringify(calibration));
    const argv = ['--target', 'sagemaker', '--peak', '400/s', '--calibration', 'calibration.json', '--json'];
    await run(['recommend', ...argv], io);
    expect(JSON.parse(io.stdout.text)).toMatchObject({
      capacity: { requestsPerSecond: { low: 40, high: 42 }, serviceSeconds: 0.08 },
      settings: { target: { MinCapacity: expect.any(Number) } },
      frontier: [{ name: 'Recommended' }, {}, {}, {}],
      costs: { units: 'instances', requestsPerUnit: 40 },
    });
  });

  it('takes of a calibration of several instances what one of them holds', async () => {
    const io = new TestIo();
    const calibration = {
      ...{ outcome: 'FOUND', instances: { before: 4, after: 4 } },
      capacities: [{ estimate: 165, interval: [160, 168] }],
      levels: [{ throughput: 10, concurrency: 0.8 }],
    };
    await writeFile(join(io.cwd, 'calibration.json'), JSON.stringify(calibration));
    const argv = ['--target', 'sagemaker', '--peak', '400/s', '--calibration', 'calibration.json', '--json'];
    await run(['recommend', ...argv], io);
    expect(JSON.parse(io.stdout.text)).toMatchObject({
      capacity: { requestsPerSecond: { low: 40, high: 42 }, serviceSeconds: 0.08 },
    });
  });

  it('builds nothing on a calibration that is INVALID', async () => {
    const io = new TestIo();
    const calibration = { outcome: 'INVALID', capacities: [{ estimate: 41, interval: [40, 42] }] };
    await writeFile(join(io.cwd, 'calibration.json'), JSON.stringify(calibration));
    const argv = ['--target', 'sagemaker', '--peak', '400/s', '--calibration', 'calibration.json'];
    const { exitCode, stderr } = await run(['recommend', ...argv], io);
    expect(flat(stderr)).toMatch(/--calibration: .*calibration\.json cannot be used: .* is INVALID/);
    expect(exitCode).toBe(104);
  });

  it('writes code', async () => {
    const io = new TestIo();
    const argv = ['--target', 'sagemaker', ...figures, '--format', 'terraform', '--out', 'scaling.tf'];
    expect(await run(['recommend', ...argv], io)).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await readFile(join(io.cwd, 'scaling.tf'), 'utf8')).toContain(
      'resource "aws_appautoscaling_target"',
    );
  });

  it.each<[string[], number, RegExp]>([
    [['--peak', '100/s'], 2, /Nothing says what one instance holds/],
    [['--peak', '100', '--capacity', '8/s'], 2, /--peak: found "100"/],
    [['--peak', '100/s', '--capacity', '9/s..8/s'], 2, /expected the lower rate first/],
    [
      ['--peak', '100/s', '--base', '100/s', '--capacity', '8/s'],
      2,
      /--base: found "100\/s", expected a rate below the peak, which is 100\/s/,
    ],
    [
      ['--peak', '9/s', '--capacity', '8/s', '--json', '--format', 'cdk'],
      2,
      /'--json' cannot be used with .*--format/,
    ],
    [
      ['--peak', '9/s', '--capacity', '8/s', '--json', '--out', 'a.json'],
      2,
      /'--json' cannot be used with .*--out/,
    ],
    [['--peak', '0/s', '--capacity', '8/s'], 2, /--peak: found "0\/s".*more than none/],
    [['--peak', '9/s', '--capacity', '0/s'], 2, /--capacity: found "0\/s".*more than none/],
    [
      ['--peak', '100/s', '--calibration', 'none.json'],
      104,
      /none\.json cannot be used: there is no such file/,
    ],
    [['--peak', '100/s', '--calibration', '.'], 104, /cannot be used: found a folder, expected a file/],
    [
      ['--peak', '100/s', '--capacity', '8/s', '--from-zero'],
      104,
      /only with inference components, or as an asynchronous one/,
    ],
    [['--peak', '100/s', '--capacity', '8/s', '--price', 'much'], 2, /--price: found "much"/],
    [
      ['--target', 'dht', '--peak', '100/s', '--capacity', '8/s'],
      104,
      /nothing is known about how dht scales/,
    ],
    [
      ['--target', 'databricks', '--peak', '100/s', '--capacity', '8/s'],
      2,
      /follows from the time of a request/,
    ],
    [
      ['--peak', '100/s', '--capacity', '8/s', '--format', 'json'],
      2,
      /sagemaker has no json.*It has table, cli/,
    ],
  ])('refuses %j', async (argv, code, message) => {
    const { exitCode, stderr } = await run(['recommend', '--target', 'sagemaker', ...argv]);
    expect(exitCode).toBe(code);
    expect(flat(stderr)).toMatch(message);
  });
});

describe('an endpoint of the configuration', () => {
  const emulators: { stop(): Promise<void> }[] = [];
  afterEach(() => Promise.all(emulators.splice(0).map((emulator) => emulator.stop())));

  const kinds = {
    sagemaker: [sagemaker, { endpointName: 'fraud', scaling: { instances: 2, timeScale: 10_000 } }],
    databricks: [databricks, { concurrency: 4, updateTime: '1ms' }],
  } as const;

  async function project(kind: keyof typeof kinds = 'sagemaker', more: object = {}): Promise<TestIo> {
    const [{ definition }, emulated] = kinds[kind];
    const { options, start } = definition.emulator!;
    const checked = await options['~standard'].validate(emulated);
    const emulator = await start((checked as { value: never }).value);
    emulators.push(emulator);
    const io = new TestIo({ environment: { ...emulator.environment }, columns: 160 });
    const target = { kind, ...emulator.targetOptions, payloads: { inline: [[1]] } };
    const load = { profile: 'constant', users: 1, duration: '5s' };
    await writeFile(
      join(io.cwd, 'loadwright.config.json'),
      JSON.stringify({ name: 'scaled', target, load, ...more }),
    );
    return io;
  }

  it.each<[keyof typeof kinds, current: number, settings: object, applied: RegExp]>([
    ['sagemaker', 2, { target: null }, /\+ .*"MinCapacity"/],
    [
      'databricks',
      4,
      { servedEntities: { 'emulated-1': {} } },
      /max_provisioned_concurrency\n +- 4\n +\+ \d+/,
    ],
  ])('of %s is shown, set, and put back', async (kind, current, settings, difference) => {
    const io = await project(kind);
    const said = async (...argv: string[]) => {
      const before = io.stdout.text.length;
      const { exitCode, stderr } = await run(['scaling', ...argv], io);
      expect([exitCode, exitCode === 0 ? '' : stderr]).toEqual([0, '']);
      return io.stdout.text.slice(before);
    };
    const before = await said('show', '--json');
    expect(JSON.parse(before)).toMatchObject({ instances: { current }, settings });
    const applied = await said('apply', '--yes', ...figures);
    expect(applied).toMatch(difference);
    expect(applied).toContain('✓ Applied. To put it back: loadwright scaling rollback');
    expect(await said('show')).toContain('To put it back: loadwright scaling rollback');
    const again = await run(
      ['scaling', 'apply', '--yes', ...figures, '--peak', '400/s'],
      new TestIo({ cwd: io.cwd, environment: io.environment as Record<string, string> }),
    );
    expect([again.exitCode, flat(again.stderr)]).toEqual([
      104,
      expect.stringMatching(/was changed at .* and not put back.*loadwright scaling rollback/),
    ]);
    await said('rollback', '--yes');
    const state = (text: string) => ({ ...(JSON.parse(text) as object), activities: [] });
    expect(state(await said('show', '--json'))).toEqual(state(before));
    expect(await said('rollback', '--yes')).toContain('there is nothing to put back');
  });

  it.each<[keyof typeof kinds, cost: RegExp]>([
    // Three hours of 100/s ÷ 8/s, and of units of which each serves 2.5/s.
    ['sagemaker', /The instances cost about \$37\.50\./],
    ['databricks', /The units of concurrency cost about \$120\.00\./],
  ])('of %s is not verified before everything was said that it costs', async (kind, cost) => {
    const io = await project(kind, { fleet: { kind: 'double' } });
    Object.assign(io.stdin, { isTTY: true, setRawMode: () => io.stdin });
    Object.assign(io.stdout, { isTTY: true });
    const answer = () => {
      if (!io.stdout.text.includes('Begin?')) return;
      io.stdout.off('written', answer);
      io.stdin.push('n');
    };
    io.stdout.on('written', answer);
    const argv = ['scaling', 'verify', ...figures, '--p95', '1s', '--price', '1'];
    expect(await new LastingFleetDouble().run(argv, io)).toMatchObject({ exitCode: 105 });
    expect(flat(io.stdout.text)).toMatch(/This takes 3 h and [\d,]+ requests\. /);
    expect(flat(io.stdout.text)).toMatch(cost);
    // $3.60 an hour.
    expect(flat(io.stdout.text)).toContain('The machines that make the load cost about $10.80.');
  });

  it('is not changed without consent', async () => {
    const { exitCode, stderr } = await run(['scaling', 'apply', ...figures], await project());
    expect([exitCode, flat(stderr)]).toEqual([2, expect.stringContaining('agree with --yes')]);
  });

  /** The same project with a configuration that no command finds by itself. */
  async function elsewhere(io: TestIo): Promise<string> {
    const config = 'of mine/it.json';
    await mkdir(join(io.cwd, 'of mine'));
    await rename(join(io.cwd, 'loadwright.config.json'), join(io.cwd, config));
    return config;
  }

  const another = ({ cwd, environment }: TestIo, terminal = false) =>
    new TestIo({ cwd, environment: environment as Record<string, string>, columns: 300, terminal });

  /** Commands that were printed, as a shell would pass them on. */
  const printed = (text: string) =>
    [...text.matchAll(/(?:back|too|do|next): loadwright (.*)$/gm)].map(([, command = '']) =>
      shellWords(command),
    );

  it('is put back by the commands that are printed, by the same configuration', async () => {
    const io = await project();
    const config = ['--config', await elsewhere(io)];
    const texts = [];
    for (const argv of [
      ['apply', '--yes', ...figures],
      ['show'],
      ['apply', '--yes', ...figures, '--peak', '400/s'],
    ]) {
      const { stdout, stderr } = await run(['scaling', ...argv, ...config], another(io));
      texts.push(stdout + stderr);
    }
    const rollback = ['scaling', 'rollback', ...config];
    expect(texts.flatMap(printed)).toEqual([rollback, rollback, rollback]);
    const { exitCode, stdout } = await run([...rollback, '--yes'], another(io));
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('is as it was')]);
  });

  it.each([
    ['apply', [...figures, '--start-time', '4m'], 'recommend'],
    ['verify', [...figures, '--p95', '1s', '--price', '2', '--outside', '1s'], 'scaling simulate'],
    ['rollback', [], 'scaling show'],
  ])('can be looked at first with what a refused %s prints', async (command, flags, look) => {
    const io = await project();
    const config = ['--config', await elsewhere(io)];
    const { exitCode, stderr } = await run(['scaling', command, ...flags, ...config], another(io));
    const [words = []] = printed(stderr);
    expect([exitCode, words.join(' ')]).toEqual([2, expect.stringMatching(new RegExp(`^${look}`))]);
    expect(await run(words, another(io))).toMatchObject({
      ...{ exitCode: 0, stderr: '' },
    });
  });

  it('is refused before anybody is asked', async () => {
    const io = await project();
    const atTerminal = () => {
      const asked = another(io, true);
      Object.assign(asked.stdin, { isTTY: true, setRawMode: () => asked.stdin });
      return asked;
    };
    expect(await run(['scaling', 'apply', '--yes', ...figures], io)).toMatchObject({ exitCode: 0 });
    const argv = ['scaling', 'apply', ...figures, '--peak', '400/s'];
    const { exitCode, stdout, stderr } = await run(argv, atTerminal());
    expect([exitCode, stdout]).toEqual([104, expect.not.stringContaining('Change the scaling')]);
    expect(flat(stderr)).toMatch(/was changed at .* and not put back/);
    // The snapshot of another variant is not put back either.
    const [file = ''] = await readdir(join(io.cwd, 'results', 'scaling'));
    const snapshot = join(io.cwd, 'results', 'scaling', file);
    await writeFile(snapshot, (await readFile(snapshot, 'utf8')).replace('/AllTraffic', '/Another'));
    const back = await run(['scaling', 'rollback'], atTerminal());
    expect([back.exitCode, back.stdout]).toEqual([104, '']);
    expect(flat(back.stderr)).toMatch(/Nothing was put back/);
  });
});

it('a verification tells each ramp', () => {
  const load = { basePerSecond: 1, peakPerSecond: 9, leadSeconds: 300, rampSeconds: 600 };
  const score = {
    seconds: 3600,
    requests: 9000,
    failures: 3,
    firstInstanceSeconds: 380,
    scaleInSeconds: null,
  };
  const ramps = [0, 130].map((secondsOutside) => ({
    load: { ...load, holdSeconds: 600, fallSeconds: 600, tailSeconds: 1500 },
    counts: [],
    score: { ...score, secondsOutside, instanceHours: 4.5, mostInstances: 7 },
    holds: secondsOutside === 0,
  }));
  const text = flat(formatRamps(ramps, { colors: picocolors.createColors(false) }));
  expect(text).toMatch(/✓ 10 min.* 0 s of 1 h.* 3 .*– 7 4\.5.*✗ 10 min.*2 min 10 s of 1 h/);
});
