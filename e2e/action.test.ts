import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { saveRun } from '../packages/cli/test/saved-run.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const token = 'canary-token-of-the-action';

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Action {
  readonly name: string;
  readonly description: string;
  readonly inputs: Readonly<Record<string, { description: string; default: string }>>;
  readonly outputs: Readonly<Record<string, { description: string; value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

const action = parse(await readFile(join(root, 'action.yml'), 'utf8')) as Action;

describe('action.yml', () => {
  it('is a composite action whose steps say what runs them, and how', () => {
    expect(action.runs.using).toBe('composite');
    for (const step of action.runs.steps) {
      expect([step.uses, step.run].filter((one) => one !== undefined)).toHaveLength(1);
      expect(step.run === undefined).toBe(step.shell === undefined);
    }
    for (const { description } of [...Object.values(action.inputs), ...Object.values(action.outputs)])
      expect(description).toMatch(/\.$/);
  });

  it('asks for the package that users install', () => {
    expect(action.inputs['working-directory']!.description).toMatch(/package-lock\.json .*\bloadwright\b/);
    expect(JSON.stringify(action)).not.toContain('@loadwright/');
  });

  it('writes no expression into a script, and names inputs that there are', () => {
    const text = JSON.stringify(action);
    const named = [...text.matchAll(/inputs\.([a-z-]+)/g)].map(([, name]) => name!);
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(named));
    for (const { run } of action.runs.steps) expect(run ?? '').not.toContain('${{');
  });
});

describe('its steps', () => {
  let world: World;
  beforeEach(async () => {
    world = await makeWorld();
  });
  afterEach(() => world.close());

  it('tell a comparison in the summary and in one comment, which the next run changes', async () => {
    const comment = {
      ...{ 'fail-if': 'p(95)>+5%\n', require: 'p(95)<+5%\nhttp_reqs rate>-5%', baseline: 'main' },
      args: '--users\n7 $(touch hacked)',
    };
    const first = await world.act(comment, { code: 99 });
    expect(first.code).toBe(99);
    expect(await world.read('arguments.txt')).toBe(
      [
        'run',
        '--json',
        '--users',
        '7 $(touch hacked)',
        '--baseline',
        'main',
        '--fail-if',
        'p(95)>+5%',
        '--require',
        'p(95)<+5%',
        '--require',
        'http_reqs rate>-5%',
        '',
      ].join('\n'),
    );
    expect(await world.read('summary.md')).toMatch(/before[^]*### Against the baseline: FAIL/);
    await world.act(comment, { code: 99 });
    expect(world.comments).toHaveLength(1);
    expect(world.comments[0]).toMatch(/^<!-- loadwright -->\n[^]*Against the baseline: FAIL/);
    expect(world.methods).toEqual(['GET', 'POST', 'GET', 'PATCH']);
    expect(first.output).not.toContain(token);
  });

  it('say why there was no load test, and keep its exit code', async () => {
    const { code } = await world.act(
      {},
      { code: 104, document: { error: { message: 'no `configuration`' } } },
    );
    expect(code).toBe(104);
    expect(await world.read('summary.md')).toContain('loadwright ended with 104:\n\n    no `configuration`');
  });

  it('change nothing of a verdict when the comment is refused, and show no secret', async () => {
    world.state.refuse = true;
    const { code, output } = await world.act({}, { code: 0 });
    expect(code).toBe(0);
    expect(output).toContain('::warning::The comment on the pull request could not be written');
    expect(output).toContain('403');
    expect(output).not.toContain(token);
  });

  it.each([
    ['comment', { comment: 'false' }, '12'],
    ['a push', {}, ''],
  ])('ask GitHub nothing without %s', async (_, inputs, pullRequest) => {
    await world.act(inputs, { code: 0, pullRequest });
    expect(world.methods).toEqual([]);
  });
});

interface Acting {
  readonly code: number;
  readonly document?: unknown;
  readonly pullRequest?: string;
}

type World = Awaited<ReturnType<typeof makeWorld>>;

/** A folder with a run and its comparison, an `npx` that runs no load, and a GitHub. */
async function makeWorld() {
  const cwd = await mkdtemp(join(tmpdir(), 'loadwright-action-'));
  const { directory } = await saveRun(cwd, 'before', 1, 20);
  await writeFile(join(directory, 'comparison.md'), '### FAIL\n\n| figure |\n| --- |\n');
  const programs = join(cwd, 'programs');
  await mkdir(programs);
  const bin = join(root, 'packages/cli/dist/bin.js');
  await writeProgram(join(programs, 'npm'), 'exit 0');
  await writeProgram(
    join(programs, 'npx'),
    `shift 2\n[ "$1" = run ] || exec node '${bin}' "$@"\nprintf '%s\\n' "$@" > arguments.txt\ncat run.json\nexit "$RUN_CODE"`,
  );
  const comments: string[] = [];
  const methods: string[] = [];
  const state = { refuse: false };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      methods.push(request.method!);
      // An answer may repeat what was sent.
      if (state.refuse) return void response.writeHead(403).end(JSON.stringify(request.headers));
      const { body = '' } = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { body?: string };
      if (request.method === 'POST') comments.push(body);
      if (request.method === 'PATCH') comments[Number(request.url!.split('/').at(-1))] = body;
      response.end(JSON.stringify(comments.map((text, id) => ({ id, body: text }))));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ comments, methods, state },
    read: (name: string) => readFile(join(cwd, name), 'utf8'),
    close: () => void server.close(),
    /** Runs the scripts of all steps, as a runner does. */
    async act(inputs: Readonly<Record<string, string>>, { code, document, pullRequest = '12' }: Acting) {
      await writeFile(join(cwd, 'run.json'), JSON.stringify(document ?? { resultsDirectory: directory }));
      await writeFile(join(cwd, 'output.txt'), '');
      const values = new Map<string, string>([
        ...Object.entries(action.inputs).map(([name, input]) => [`inputs.${name}`, input.default] as const),
        ...Object.entries(inputs).map(([name, value]) => [`inputs.${name}`, value] as const),
        ['inputs.token', token],
        ['github.event.pull_request.number', pullRequest],
        ['runner.temp', cwd],
      ]);
      let last = { code: 0, output: '' };
      let output = '';
      for (const { id, run, env = {} } of action.runs.steps) {
        if (run === undefined) continue;
        const filled = Object.entries(env).map(([name, text]) => [
          name,
          text.replace(/\$\{\{ (\S+) \}\}/g, (_, key: string) => {
            const value = values.get(key);
            if (value === undefined) throw new Error(`nothing is known of ${key}`);
            return value;
          }),
        ]);
        last = await bash(run, cwd, {
          PATH: `${programs}:${process.env['PATH']}`,
          ...{ RUNNER_TEMP: cwd, RUN_CODE: String(code), GITHUB_ACTION_PATH: root },
          ...{ GITHUB_OUTPUT: join(cwd, 'output.txt'), GITHUB_STEP_SUMMARY: join(cwd, 'summary.md') },
          ...{ GITHUB_API_URL: api, GITHUB_REPOSITORY: 'someone/service' },
          ...(Object.fromEntries(filled) as Record<string, string>),
        });
        output += last.output;
        for (const line of (await readFile(join(cwd, 'output.txt'), 'utf8')).split('\n')) {
          const [, name, value] = /^([a-z-]+)=(.*)$/.exec(line) ?? [];
          if (id !== undefined && name !== undefined) values.set(`steps.${id}.outputs.${name}`, value!);
        }
        if (last.code !== 0) break;
      }
      return { code: last.code, output };
    },
  };
}

async function writeProgram(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/bash\n${script}\n`);
  await chmod(path, 0o755);
}

/** As GitHub runs `shell: bash`. */
function bash(
  script: string,
  cwd: string,
  env: Record<string, string>,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script],
      { cwd, env },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}
