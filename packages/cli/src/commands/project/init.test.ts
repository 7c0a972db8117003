import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { builtInTargets } from '../../config/built-in-targets.js';
import { configFormats } from '../../init/config-file.js';
import { run, TestIo } from '../../../test/support.js';

const kinds = Object.keys(builtInTargets);

/** A terminal with somebody who waits for a question before answering it. */
function atTerminal() {
  const io = new TestIo({ terminal: true });
  const keys = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  Object.assign(io, { stdin: keys });
  const answer = async (question: string, text: string) => {
    while (!io.stdout.text.includes(question)) await once(io.stdout, 'written');
    keys.write(text);
  };
  return { io, answer };
}

describe('loadwright init', () => {
  it.each(kinds.flatMap((kind) => configFormats.map((format) => [kind, format] as const)))(
    'writes for %s a file in %s that is valid as it is',
    async (kind, format) => {
      const { exitCode, stderr, io } = await run(['init', kind, '--yes', '--format', format]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(await readdir(io.cwd)).toEqual([`loadwright.config.${format}`]);
      const printed = await run(['config', 'print', '--json'], new TestIo({ cwd: io.cwd }));
      expect(printed.stderr).toBe('');
      const { configuration } = JSON.parse(printed.stdout) as { configuration: object };
      expect(configuration).toMatchObject({ target: { kind }, load: { users: 20 } });
      // A number that suits this machine would leave most of a larger one idle.
      expect(configuration).not.toHaveProperty('workers');
    },
  );

  it('writes TypeScript as people write it', async () => {
    const { io } = await run(['init', 'dht', '--yes']);
    expect(await readFile(join(io.cwd, 'loadwright.config.ts'), 'utf8')).toMatchInlineSnapshot(`
      "import type { LoadwrightConfig } from '@loadwright/cli/config';

      // A load test for "loadwright run". The first time, without the real service: "loadwright run --emulator".
      // Options of the target: "loadwright targets show dht". Everything resolved: "loadwright config print".
      export default {
        target: {
          kind: 'dht',
          baseUrl: 'http://cache.example',
          protocol: 'koorde',
          urls: { template: 'https://origin.example/item/{i}', count: 100 },
        },
        load: {
          users: 20,
          spawnRate: 5,
          duration: '1m',
          waitTime: { min: '50ms', max: '150ms' },
        },
        thresholds: { http_req_failed: ['rate<0.01'], http_req_duration: ['p(95)<500'] },
      } satisfies LoadwrightConfig;
      "
    `);
  });

  it('never overwrites a configuration, whatever its format, without --force', async () => {
    const { io } = await run(['init', 'dht', '--yes', '--format', 'yaml']);
    const before = await readFile(join(io.cwd, 'loadwright.config.yaml'), 'utf8');
    const { exitCode, stderr } = await run(['init', 'chalice', '--yes'], new TestIo({ cwd: io.cwd }));
    expect(exitCode).toBe(104);
    expect(stderr).toContain('loadwright.config.yaml exists already');
    expect(await readdir(io.cwd)).toEqual(['loadwright.config.yaml']);
    await writeFile(join(io.cwd, 'loadwright.config.yaml'), 'old');
    const forced = ['init', 'dht', '--yes', '--format', 'yaml', '--force'];
    expect((await run(forced, new TestIo({ cwd: io.cwd }))).exitCode).toBe(0);
    expect(await readFile(join(io.cwd, 'loadwright.config.yaml'), 'utf8')).toBe(before);
  });

  it('asks three questions on a terminal of whom the stand-in will do for', async () => {
    const { io, answer } = atTerminal();
    const ended = run(['init'], io);
    await answer('What do you want to test?', '\r');
    await answer('Where is it?', '\r');
    await answer('How much load?', '\r');
    expect((await ended).exitCode).toBe(0);
    const text = await readFile(join(io.cwd, 'loadwright.config.ts'), 'utf8');
    expect(text).toContain("endpointName: 'my-endpoint'");
    expect(text).toContain('users: 20');
  });

  it('asks of a real service what the target cannot do without, payloads and load', async () => {
    const { io, answer } = atTerminal();
    const ended = run(['init'], io);
    await answer('What do you want to test?', '\u001B[B\r'); // The second: databricks.
    await answer('Where is it?', '\u001B[B\r');
    await answer('baseUrl', '\r');
    await answer('endpointName', '2\r');
    await writeFile(join(io.cwd, 'rows.jsonl'), '{"dataframe_records":[{"a":1}]}\n');
    await answer('Where do the request bodies come from?', '\u001B[B\r');
    await answer('Which file or folder?', 'rows.jsonl\r');
    await answer('How much load?', '\u001B[B\u001B[B\r');
    await answer('How many requests a second?', '0\r');
    await answer('For how long?', '\r');
    expect((await ended).exitCode).toBe(0);
    const text = await readFile(join(io.cwd, 'loadwright.config.ts'), 'utf8');
    expect(text).toContain("kind: 'databricks'");
    expect(text).toMatch(/endpointName: '.+2'/);
    expect(text).toContain("payloads: 'rows.jsonl'");
    expect(text).toContain("load: { arrivalRate: '500/s', duration: '1m' }");
    expect((await run(['config', 'print'], new TestIo({ cwd: io.cwd }))).exitCode).toBe(0);
  });

  it('takes the answers from flags, and writes request bodies to a file', async () => {
    const io = new TestIo();
    await writeFile(join(io.cwd, 'package.json'), '{ "devDependencies": { "loadwright": "0.1.0" } }');
    const flags = [
      '--set',
      'endpointName=fraud',
      '--arrival-rate',
      '50/s',
      '--duration',
      '30s',
      '--payload-file',
    ];
    const { exitCode, stderr } = await run(['init', 'sagemaker', '--yes', ...flags], io);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const text = await readFile(join(io.cwd, 'loadwright.config.ts'), 'utf8');
    expect(text).toContain("from 'loadwright/config'");
    expect(text).toContain("endpointName: 'fraud'");
    expect(text).toContain("payloads: './payloads.jsonl'");
    expect(text).toContain("load: { arrivalRate: '50/s', duration: '30s' }");
    expect(await readFile(join(io.cwd, 'payloads.jsonl'), 'utf8')).toBe(
      '{"instances":[[0.5,1.5,2.5]]}\n{"instances":[[3.5,4.5,5.5]]}\n',
    );
    expect((await run(['config', 'print'], new TestIo({ cwd: io.cwd }))).exitCode).toBe(0);
  });

  it.each([
    [['--set', 'endpontName=fraud'], 'endpontName'],
    [['--set', 'endpointName'], 'expected name=value'],
    [['--users', 'many'], '--users (load.users): found "many"'],
    [['--duration', '0s'], '--duration (load.duration): found "0s"; must be longer than 0'],
    [['--users', '5', '--arrival-rate', '5/s'], 'found --users together with --arrival-rate'],
  ])('refuses %j before it writes anything', async (flags, named) => {
    const { exitCode, stderr, io } = await run(['init', 'sagemaker', '--yes', '--payload-file', ...flags]);
    expect(exitCode).toBe(104);
    expect(stderr).toContain(named);
    expect(await readdir(io.cwd)).toEqual([]);
  });

  it('writes nothing when the questions are left with Ctrl-C', async () => {
    const { io, answer } = atTerminal();
    const ended = run(['init'], io);
    await answer('What do you want to test?', '\u0003');
    expect((await ended).exitCode).toBe(105);
    expect(await readdir(io.cwd)).toEqual([]);
  });

  it('asks for a target on the command line when there is no terminal', async () => {
    const { exitCode, stderr, io } = await run(['init']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('loadwright init sagemaker --yes');
    expect(await readdir(io.cwd)).toEqual([]);
  });
});
