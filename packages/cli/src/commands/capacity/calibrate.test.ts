import { describe, expect, it } from 'vitest';
import type { Calibration, RecordedTrial, SearchEvent } from '@loadwright/core/calibrate';
import { dhtConfig, project } from '../../../test/project.js';
import { LastingFleetDouble } from '../../../test/lasting-fleet.js';
import { MemoryStream, run } from '../../../test/support.js';
import { calibrationLines, describeForecast } from '../../output/calibration-progress.js';
import { formatCalibration } from '../../output/calibration.js';
import { colorsFor } from '../../output/colors.js';

const objective = ['--objective', 'p(95)<200'];

describe('loadwright calibrate', () => {
  it.each([
    [[], 2, /'--objective <condition...>'/],
    [[...objective, '--precision', '5'], 2, /--precision: found "5".*percentage such as 10%/],
    [[...objective, '--budget', '10s'], 2, /--budget: found "10s".*at least 30 s/],
    [[...objective, '--from', 'fast'], 2, /--from: found "fast".*rate such as 50\/s/],
    [
      [...objective, '--from', '100/s', '--up-to', '600/m', '--emulator'],
      2,
      /^(?!.*emulator:).*--up-to: found "600\/m", expected at least the 100\/s of --from/,
    ],
    [[...objective, '--max-requests', '-3'], 2, /--max-requests: found "-3"/],
    [['--objective', 'max<200', 'p95<200'], 104, /one request alone decides max.*found "p95<200"/],
    [[...objective, '--tier', 'p(95)<500, rate==0'], 104, /"rate==0": found ==/],
    [[...objective, '--precision', '0.5%'], 104, /precision: found 0.005/],
    [
      [...objective, '--max-cost', '5'],
      104,
      /--max-cost \(budget\.usDollars\): found 5, .*request.* would not hold.*--cost-per-request/,
    ],
    [[...objective, '--fleet-cost-per-hour', 'much'], 2, /--fleet-cost-per-hour: found "much"/],
  ])('refuses %j with one message', async (flags, code, message) => {
    const { exitCode, stderr } = await run(
      ['calibrate', ...flags, '--skip-preflight'],
      await project(dhtConfig),
    );
    expect(stderr.replace(/\s+/g, ' ')).toMatch(message);
    expect(exitCode).toBe(code);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('refuses to limit money where the fleet is dearer than is known, before it is made', async () => {
    const doubles = new LastingFleetDouble();
    doubles.isPriceIncomplete = true;
    const argv = [
      'calibrate',
      ...objective,
      '--fleet',
      'double',
      '--skip-preflight',
      '--cost-per-request',
      '0',
    ];
    const { exitCode, stderr } = await doubles.run([...argv, '--max-cost', '5'], await project(dhtConfig));
    expect(stderr.replace(/\s+/g, ' ')).toMatch(
      /an hour of the fleet .*would not hold.*--fleet-cost-per-hour/,
    );
    expect([exitCode, doubles.handles.size]).toEqual([104, 0]);
  });

  it('takes requests to an emulator to cost nothing, unless somebody says what they cost', async () => {
    const doubles = new LastingFleetDouble();
    doubles.isPriceIncomplete = true;
    const argv = ['calibrate', ...objective, '--fleet', 'double', '--emulator', '--max-cost', '5'];
    const { exitCode, stderr } = await doubles.run([...argv, '--skip-preflight'], await project(dhtConfig));
    expect(stderr).toContain('the price of an hour of the fleet is not known');
    expect(stderr).not.toContain('--cost-per-request');
    expect(exitCode).toBe(104);
  });

  it('says before the start what the budget can give', () => {
    expect(describeForecast({ sufficientFrom: 200 }, 0.1)).toMatch(/about 10 % from 200 requests\/s on/);
    expect(describeForecast({ sufficientFrom: Infinity, narrowest: 0.21 }, 0.1)).toMatch(
      /about 21 % at best, not 10 %/,
    );
    const known = { rate: 50, width: 0.28, atMost: 0.71, sufficientFrom: 200 };
    expect(describeForecast(known, 0.1)).toMatch(/about 28 %, not 10 %\. Nine of ten searches keep to 71 %/);
    expect(describeForecast({ ...known, atMost: 2 }, 0.1)).toMatch(/Perhaps nothing is proven to hold/);
  });

  it('has a line for each trial with the bracket so far and what is spent', () => {
    const capacity = { tier: 'a', estimate: 330, interval: [310, 345], width: 0.1, brokenBy: null } as never;
    const trial = {
      ...{ rate: 320, purpose: 'refine', skipSeconds: 1, overloaded: false, failed: 0, ended: 100 },
      ...{
        seconds: [],
        times: [
          [20, 95],
          [60, 5],
        ],
        requests: 100,
        spentSeconds: 5,
        backlog: 0,
        invalid: [],
      },
    } as const;
    const event = (change: object): SearchEvent => ({
      type: 'trial',
      trial: { ...trial, ...change } as unknown as RecordedTrial,
      progress: { spent: { seconds: 83, requests: 100 }, capacities: [capacity] },
    });
    const [line] = calibrationLines(event({}), 0.1, { seconds: 240 });
    expect(line).toMatch(/^refine +320\/s +p95 20 ms +310 to 345\/s +1m23s of 4m$/);
    expect(calibrationLines(event({ invalid: ['x'] }), 0.1, { seconds: 240 })[0]).toContain('INVALID');
    expect(calibrationLines(event({ overloaded: true }), 0.1, { seconds: 240 })[0]).toContain('overloaded');
  });

  it('shows every level, the interval with its confidence, what was noticed and what was spent', () => {
    const level = {
      ...{ trials: 2, seconds: 38, requests: 640, ratios: [0.01], p50: 10, p95: 20, p99: 30, failed: 0 },
      ...{ throughput: 310, concurrency: 3.1, overloaded: false, invalid: [] },
    };
    const text = formatCalibration(
      {
        levels: [
          { ...level, rate: 310, classes: ['lower'] },
          { ...level, rate: 345, classes: ['upper'] },
        ],
        capacities: [
          { tier: 'p(95)<200', estimate: 330, interval: [310, 345], width: 0.107, brokenBy: 'x p(95)<200' },
        ],
        ...{ causes: [{ id: 'errors', reason: 'Requests fail.' }], limitingResource: null, confidence: 0.95 },
        ...{ spent: { seconds: 240, requests: 1280, usDollars: 0.5 }, end: 'budget', resultsDirectory: '/r' },
      } as unknown as Calibration,
      colorsFor(new MemoryStream(), {}),
    ).join('\n');
    expect(text).toMatch(/310\/s +10 ms +20 ms +30 ms +0 % +310\/s +3\.1 +2 +holds/);
    expect(text).toContain('capacity 330/s, 310/s to 345/s (95 % interval, 10.7 % wide)');
    expect(text).toMatch(
      /! Requests fail\.[^]*not observed[^]*4m, 1,280 requests, about \$0\.50; ended by: the budget/,
    );
  });
});
