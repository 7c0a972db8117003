import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pushImage, type PushImageOptions } from '../../src/image/index.js';
import { smallBundle } from '../image/small-bundle.js';
import { registryUser, startDockerRegistry, type DockerRegistry } from './docker-registry.js';
import { ecrUser, startEcrFace, startTokenFace, type Face } from './face.js';

let folder: string;
let registry: DockerRegistry;
let environment: Record<string, string>;
let ecr: Face;
let tokens: Face;

/** Where the base images of this file lie. */
const bases = { docker: 'bases/docker', oci: 'bases/oci', index: 'bases/index' };

const run = async (command: string, ...args: string[]) =>
  (await execa(command, args, { env: environment })).stdout;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadwright-registries-'));
  registry = await startDockerRegistry();
  [ecr, tokens] = await Promise.all([startEcrFace(registry.host), startTokenFace(registry.host)]);
  const auth = ({ username, password }: { username: string; password: string }) => ({
    auth: Buffer.from(`${username}:${password}`).toString('base64'),
  });
  const auths = {
    [registry.host]: auth(registryUser),
    [ecr.host]: auth(ecrUser),
    [tokens.host]: auth(registryUser),
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }));
  environment = { ...(process.env as Record<string, string>), DOCKER_CONFIG: folder };
  await makeBases();
});

afterAll(async () => {
  for (const one of [ecr, tokens, registry]) await one?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Images of two layers, made by another program. */
async function makeBases(): Promise<void> {
  const layers: string[] = [];
  for (const name of ['system', 'locust']) {
    await mkdir(join(folder, name, 'opt', name), { recursive: true });
    await writeFile(join(folder, name, 'opt', name, 'file'), randomBytes(200_000));
    const layer = join(folder, `${name}.tar.gz`);
    await run('tar', '-C', join(folder, name), '-czf', layer, 'opt');
    layers.push('-f', layer);
  }
  for (const [dialect, flags] of [
    ['docker', []],
    ['oci', ['--oci-empty-base']],
  ] as const) {
    for (const architecture of ['amd64', 'arm64']) {
      const name = `${registry.host}/${bases[dialect]}:${architecture}`;
      await run('crane', 'append', ...flags, ...layers, '-t', name);
      await run('crane', 'mutate', '--set-platform', `linux/${architecture}`, '-t', name, name);
    }
  }
  const images = ['amd64', 'arm64'].flatMap((tag) => ['-m', `${registry.host}/${bases.oci}:${tag}`]);
  await run('crane', 'index', 'append', ...images, '-t', `${registry.host}/${bases.index}:latest`);
}

const contents = {
  'locustfile.py': 'from loadwright_runtime import *\n',
  'loadwright_runtime/__init__.py': '',
  'payloads.jsonl': '{"a":1}\n'.repeat(100_000),
};

async function push(options: Pick<PushImageOptions, 'to' | 'base'> & Partial<PushImageOptions>) {
  const bundle = await smallBundle(join(folder, 'bundle'), contents);
  return pushImage({ bundle, environment, ...options });
}

/** What programs that know nothing of Loadwright find in an image. */
async function requireWhole(reference: string, platform: string): Promise<void> {
  expect(await run('crane', 'validate', '--remote', reference)).toContain('PASS');
  const inspected = JSON.parse(
    await run('skopeo', 'inspect', '--tls-verify=false', `docker://${reference}`),
  ) as {
    Os: string;
    Architecture: string;
    Layers: string[];
  };
  expect(`${inspected.Os}/${inspected.Architecture}`).toBe(platform);
  expect(inspected.Layers).toHaveLength(3);
  const exported = join(folder, 'exported.tar');
  await run('crane', 'export', '--platform', platform, reference, exported);
  for (const [path, content] of Object.entries(contents)) {
    const found = await execa('tar', ['-xOf', exported, `mnt/locust/${path}`], { stripFinalNewline: false });
    expect(found.stdout).toBe(content);
  }
}

describe('pushImage to a real registry', () => {
  it.each([
    ['docker', `${bases.docker}:amd64`, 'linux/amd64'],
    ['OCI', `${bases.oci}:arm64`, 'linux/arm64'],
    ['index', `${bases.index}:latest`, 'linux/arm64'],
  ] as const)('makes a valid image on a base of kind %s', async (kind, base, platform) => {
    const { reference, tags } = await push({
      to: `${registry.host}/${kind.toLowerCase()}`,
      base: `${registry.host}/${base}`,
      platform,
    });
    await requireWhole(reference, platform);
    expect(await run('crane', 'digest', `${registry.host}/${kind.toLowerCase()}:${tags[0]}`)).toBe(
      reference.split('@')[1],
    );
  });

  it('has the layer that another program makes of the same archive', async () => {
    const { reference, layer } = await push({
      to: `${registry.host}/same`,
      base: `${registry.host}/${bases.docker}:amd64`,
    });
    const file = join(folder, 'layer.tar.gz');
    await execa('crane', ['blob', `${registry.host}/same@${layer.digest}`], {
      env: environment,
      stdout: { file },
    });
    const other = `${registry.host}/other:1`;
    await run('crane', 'append', '-b', `${registry.host}/${bases.docker}:amd64`, '-f', file, '-t', other);
    const config = (name: string) => run('crane', 'config', name).then((text) => JSON.parse(text));
    expect((await config(other)).rootfs).toEqual((await config(reference)).rootfs);
  });

  it('sends nothing on a second push, and mounts the layers of a base in the same registry', async () => {
    const options = { to: `${registry.host}/twice`, base: `${registry.host}/${bases.docker}:amd64` };
    const first = await push(options);
    expect(first.sent).toMatchObject({ mounted: 2, blobs: 2 });
    const second = await push(options);
    expect(second).toEqual({ ...first, sent: { blobs: 0, bytes: 0, present: 4, mounted: 0 } });
  });

  it('pushes to a registry that behaves as ECR, without PATCH and mounts', async () => {
    const to = `${ecr.host}/loadwright`;
    const { reference, sent } = await push({ to, base: `${registry.host}/${bases.docker}:amd64` });
    await requireWhole(reference, 'linux/amd64');
    expect(sent).toMatchObject({ mounted: 0, blobs: 4 });
    expect(ecr.calls.filter((call) => call.startsWith('PATCH'))).toEqual([]);
    // The password of the variables, as a program that asks ECR for one passes it.
    const { username, password } = ecrUser;
    await push({
      to,
      base: `${registry.host}/${bases.docker}:amd64`,
      credentials: { username, password },
    });
  });

  it('pushes to a registry with tokens, from a base that everybody may read', async () => {
    const { reference } = await push({
      to: `${tokens.host}/team/lw`,
      base: `${tokens.host}/${bases.oci}:amd64`,
    });
    await requireWhole(reference, 'linux/amd64');
    const nobody = { DOCKER_CONFIG: join(folder, 'nowhere') };
    await expect(
      push({
        to: `${tokens.host}/team/more`,
        base: `${tokens.host}/${bases.oci}:amd64`,
        environment: nobody,
      }),
    ).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
  });

  it('explains wrong credentials', async () => {
    const credentials = { username: registryUser.username, password: 'wrong' };
    await expect(
      push({ to: `${registry.host}/x`, base: `${registry.host}/${bases.docker}:amd64`, credentials }),
    ).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID', hint: expect.stringContaining('docker login') });
  });

  it('pushes 50 MB in less than 10 s and with less than 100 MB of memory', async () => {
    const directory = join(folder, 'large');
    await mkdir(directory);
    const bytes = 50_000_000;
    await writeFile(join(directory, 'payloads.jsonl'), randomBytes(bytes));
    const script = fileURLToPath(new URL('measure-push.mjs', import.meta.url));
    const args = [directory, String(bytes), `${registry.host}/large`, `${registry.host}/${bases.oci}:amd64`];
    const { stdout } = await execa('node', [script, ...args], { env: environment });
    const { sent, milliseconds, peakBytes } = JSON.parse(stdout);
    process.stdout.write(
      `50 MB: ${Math.round(milliseconds)} ms, at most ${Math.round(peakBytes / 1e6)} MB of memory\n`,
    );
    expect(sent.bytes).toBeGreaterThan(bytes);
    expect(milliseconds).toBeLessThan(10_000);
    expect(peakBytes).toBeLessThan(100e6);
  });
});
