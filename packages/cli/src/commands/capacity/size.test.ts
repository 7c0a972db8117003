import { describe, expect, it } from 'vitest';
import { dhtConfig, project } from '../../../test/project.js';
import { run } from '../../../test/support.js';

describe('loadwright size', () => {
  it.each([
    [['--rate', '5000'], 2, /--rate: found "5000".*rate such as 5000\/s/],
    [['--rate', '0/s'], 2, /--rate: found "0\/s"/],
    [['--rate', '1/s', '--benchmark', '20'], 2, /--benchmark: found "20".*from 1s to 10m/],
    [[], 2, /'--rate <rate>'/],
  ])('refuses %j', async (flags, code, message) => {
    const { exitCode, stderr } = await run(['size', ...flags], await project(dhtConfig));
    expect(exitCode).toBe(code);
    expect(stderr.replace(/\s+/g, ' ')).toMatch(message);
  });
});
