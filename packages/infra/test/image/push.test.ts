import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImageProgress } from '../../src/image/index.js';
import { smallBundle } from './small-bundle.js';
import { putBase, type SmallRegistry } from './small-registry.js';
import { withRegistries } from './with-registries.js';

const world = withRegistries();
const { registry, push } = world;

const configOf = (target: SmallRegistry, digest: string) => {
  const { config } = target.manifest('team/loadwright', digest) as unknown as { config: { digest: string } };
  return JSON.parse(String(target.repository('team/loadwright').blobs.get(config.digest))) as Record<
    string,
    unknown
  >;
};

describe('pushImage', () => {
  it.each([
    ['docker', 'application/vnd.docker.image.rootfs.diff.tar.gzip'],
    ['oci', 'application/vnd.oci.image.layer.v1.tar+gzip'],
  ])('adds the bundle to a base and keeps its dialect: %s', async (dialect, mediaType) => {
    const [source, target] = [await registry(), await registry()];
    putBase(source, 'locustio/locust', { dialect });
    const pushed = await push(target, source, { tags: ['nightly'] });
    const manifest = target.manifest('team/loadwright', 'nightly');
    expect(manifest.layers).toHaveLength(3);
    expect(manifest.layers.at(-1)).toEqual({
      mediaType,
      digest: pushed.layer.digest,
      size: pushed.layer.bytes,
    });
    expect(configOf(target, pushed.digest)).toMatchObject({
      os: 'linux',
      architecture: 'amd64',
      config: {
        User: 'locust',
        Entrypoint: ['locust'],
        WorkingDir: '/mnt/locust',
        Labels: { kept: 'yes', 'io.loadwright.bundle': 'digest-of-the-bundle' },
      },
      rootfs: { diff_ids: [expect.anything(), expect.anything(), pushed.layer.diffId] },
      history: [{ created_by: 'one' }, { created_by: 'two' }, { created_by: 'Loadwright' }],
    });
    expect(pushed).toMatchObject({
      reference: `${target.host}/team/loadwright@${pushed.digest}`,
      tags: [expect.stringMatching(/^loadwright-[0-9a-f]{32}$/), 'nightly'],
      sent: { blobs: 4, present: 0, mounted: 0 },
    });
    expect(pushed.base).toMatch(/\/locustio\/locust@sha256:[0-9a-f]{64}$/);
  });

  it('sends nothing on a second push, and makes the same image', async () => {
    const [source, target] = [await registry(), await registry()];
    putBase(source, 'locustio/locust');
    const first = await push(target, source);
    const before = target.calls.length;
    const second = await push(target, source);
    expect(second.digest).toBe(first.digest);
    expect(second.sent).toEqual({ blobs: 0, bytes: 0, present: 4, mounted: 0 });
    expect(target.calls.slice(before).filter((call) => !call.startsWith('HEAD'))).toEqual([]);
  });

  it.each(['relative', 'absolute'] as const)(
    'sends each blob with one PUT to a %s Location, never with PATCH',
    async (location) => {
      const [source, target] = [await registry(), await registry({ location })];
      putBase(source, 'locustio/locust');
      await push(target, source);
      const methods = target.calls.map((call) => call.split(' ')[0]);
      expect(methods).not.toContain('PATCH');
      // Four blobs and a manifest.
      expect(methods.filter((method) => method === 'PUT')).toHaveLength(5);
    },
  );

  it.each([
    ['mounts blobs of its other repositories', true, { mounted: 2, blobs: 2 }],
    ['does not mount blobs', false, { mounted: 0, blobs: 4 }],
  ])('handles a registry that %s', async (_, mounts, sent) => {
    const both = await registry({ mounts });
    putBase(both, 'locustio/locust');
    expect((await push(both, both)).sent).toMatchObject(sent);
  });

  it('chooses the image of the platform from an index', async () => {
    const [source, target] = [await registry(), await registry()];
    putBase(source, 'locustio/locust', { architectures: ['amd64', 'arm64'], dialect: 'oci' });
    const { digest } = await push(target, source, { platform: 'linux/arm64' });
    expect(configOf(target, digest)).toMatchObject({ architecture: 'arm64' });
  });

  it('lists the platforms of the base when the requested one is missing', async () => {
    const [source, target] = [await registry(), await registry()];
    putBase(source, 'locustio/locust', { architectures: ['s390x', 'arm64'] });
    await expect(push(target, source)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('no image for linux/amd64'),
      hint: expect.stringContaining('linux/s390x, linux/arm64'),
    });
  });

  it('sets the platform where the base has none, and refuses another one', async () => {
    const [source, target] = [await registry(), await registry()];
    putBase(source, 'locustio/locust', { config: { os: '', architecture: '' } });
    const { digest } = await push(target, source, { platform: 'linux/arm64' });
    expect(configOf(target, digest)).toMatchObject({ os: 'linux', architecture: 'arm64' });
    putBase(source, 'locustio/locust');
    await expect(push(target, source, { platform: 'linux/arm64' })).rejects.toMatchObject({
      message: expect.stringContaining('is for linux/amd64, not for linux/arm64'),
    });
  });

  it('follows redirects of blobs without credentials', async () => {
    const store = await registry();
    const login = { scheme: 'basic', username: 'reader', password: 'word-of-the-reader' } as const;
    const source = await registry({ blobsAt: store.origin, login });
    const target = await registry();
    for (const one of [source, store]) putBase(one, 'locustio/locust');
    const auth = Buffer.from('reader:word-of-the-reader').toString('base64');
    await writeFile(
      join(world.directory, 'config.json'),
      JSON.stringify({ auths: { [source.host]: { auth } } }),
    );
    await push(target, source);
    expect(store.calls.length).toBeGreaterThan(0);
    expect(store.logins).toEqual([]);
  });

  it('puts no manifest when a blob of the base is damaged', async () => {
    const [source, target] = [await registry(), await registry()];
    putBase(source, 'locustio/locust');
    const { blobs } = source.repository('locustio/locust');
    const [first = ''] = blobs.keys();
    blobs.set(first, Buffer.from(String(blobs.get(first)).toUpperCase()));
    await expect(push(target, source)).rejects.toMatchObject({ code: 'PROVISIONING_FAILED' });
    expect(target.repository('team/loadwright').manifests.size).toBe(0);
  });

  it('accepts an immutable tag that already has this image', async () => {
    const [source, target] = [await registry(), await registry({ isImmutable: true })];
    putBase(source, 'locustio/locust');
    await push(target, source, { tags: ['release'] });
    await push(target, source, { tags: ['release'] });
    world.bundle = await smallBundle(world.directory, { 'locustfile.py': 'another\n' });
    await expect(push(target, source, { tags: ['release'] })).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringMatching(/manifests\/release with status 400: TAG_INVALID, immutable/),
    });
  });

  it('reports its progress', async () => {
    const [source, target] = [await registry(), await registry()];
    putBase(source, 'locustio/locust');
    const told: ImageProgress[] = [];
    await push(target, source, { onProgress: (progress) => void told.push(progress) });
    const lines = told.map((one) => (one.step === 'blob' ? `${one.name}: ${one.state}` : one.step));
    expect([...new Set(lines)]).toEqual([
      'layer',
      'base',
      ...['layer 1 of 2 of the base', 'layer 2 of 2 of the base', 'the bundle', 'the configuration'].flatMap(
        (name) => [`${name}: sending`, `${name}: sent`],
      ),
      'tag',
    ]);
  });

  it.each([
    ['', 'found ""'],
    ['registry.example', 'found "registry.example"'],
    ['registry.example/Team/Name', 'found "registry.example/Team/Name"'],
    ['registry.example/a:b:c', 'found "registry.example/a:b:c"'],
    ['http://registry.example/a', 'expected a registry with TLS'],
    [`registry.example/a@sha256:${'0'.repeat(64)}`, 'found a digest'],
  ])('refuses to send to %j', async (to, message) => {
    const target = await registry();
    await expect(push(target, target, { to })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(new RegExp(`^--to: .*${message}`)),
      hint: expect.any(String),
    });
  });

  it('shows no password of the name in its message', async () => {
    const target = await registry();
    await expect(push(target, target, { to: 'me:pa55word@registry.example/a' })).rejects.toSatisfy(
      (error) => !JSON.stringify([(error as Error).message, error]).includes('pa55word'),
    );
  });
});
