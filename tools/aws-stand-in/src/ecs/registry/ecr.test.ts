import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  GetAuthorizationTokenCommand,
  ListTagsForResourceCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clientsFor } from '../../clients-for.js';
import { useAws } from '../../index.js';
import { SmallRegistry, type Registry } from './small-registry.js';
import { startDockerRegistry, hasDockerRegistry } from './docker-registry.js';
import { EcrFace } from './ecr-face.js';
import { Repositories } from './repositories.js';
import { manifestType, pushTestImage } from './test-image.js';

const aws = useAws();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadwright-test-'));
  await writeFile(join(folder, 'file'), 'content');
});
afterAll(() => rm(folder, { recursive: true }));

async function loggedIn(environment = aws().environment) {
  const { ecr } = clientsFor(aws(), environment);
  const { authorizationData: [data] = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const { authorizationToken = '', proxyEndpoint = '', expiresAt } = data ?? {};
  return { ecr, host: new URL(proxyEndpoint).host, authorization: `Basic ${authorizationToken}`, expiresAt };
}

it('gives a token for twelve hours, and takes no other', async () => {
  const { host, authorization, expiresAt } = await loggedIn();
  const hours = ((expiresAt?.getTime() ?? 0) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(11.9);
  expect(hours).toBeLessThan(12.1);
  const user = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
  expect(user).toMatch(/^AWS:/);
  expect((await fetch(`http://${host}/v2/`, { headers: { authorization } })).status).toBe(200);
  const refused = await fetch(`http://${host}/v2/`, { headers: { authorization: 'Basic QVdTOm5vbmU=' } });
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
});

it('keeps images that are pushed, tag by tag', async () => {
  const { ecr, host, authorization } = await loggedIn();
  const repositoryName = 'loadwright';
  const image = { repository: repositoryName, tag: 'a', authorization, folders: [folder] };
  await expect(pushTestImage(host, image)).rejects.toThrow('NAME_UNKNOWN');
  const tags = [{ Key: 'loadwright:version', Value: '1' }];
  const { repository } = await ecr.send(new CreateRepositoryCommand({ repositoryName, tags }));
  await expect(ecr.send(new CreateRepositoryCommand({ repositoryName }))).rejects.toMatchObject({
    name: 'RepositoryAlreadyExistsException',
  });
  const resourceArn = repository?.repositoryArn;
  expect((await ecr.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual(tags);
  const lifecyclePolicyText = JSON.stringify({ rules: [] });
  await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));

  const reference = await pushTestImage(host, image);
  await pushTestImage(host, { ...image, tag: 'b' });
  const [, digest = ''] = reference.split('@');
  const headers = { authorization, accept: manifestType };
  const manifest = await fetch(`http://${host}/v2/${repositoryName}/manifests/${digest}`, { headers });
  expect(manifest.headers.get('docker-content-digest')).toBe(digest);
  const find = (imageTag: string) =>
    ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] }));
  expect((await find('a')).imageDetails).toMatchObject([{ imageDigest: digest, imageTags: ['a', 'b'] }]);

  const remove = (imageTag: string) =>
    ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag }] }));
  await remove('a');
  await expect(find('a')).rejects.toMatchObject({ name: 'ImageNotFoundException' });
  await expect(ecr.send(new DeleteRepositoryCommand({ repositoryName }))).rejects.toMatchObject({
    name: 'RepositoryNotEmptyException',
  });
  await remove('b');
  expect((await remove('b')).failures).toHaveLength(1);
  const gone = await fetch(`http://${host}/v2/${repositoryName}/manifests/${digest}`, { headers });
  expect(gone.status).toBe(404);
  await ecr.send(new DeleteRepositoryCommand({ repositoryName }));
  expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([]);
});

it('asks for the permissions of who has the token', async () => {
  const { ecr } = await loggedIn();
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'loadwright' }));
  const user = await aws().asUserWith([
    { Effect: 'Allow', Action: ['ecr:GetAuthorizationToken', 'ecr:InitiateLayerUpload'], Resource: '*' },
  ]);
  const { host, authorization } = await loggedIn(user);
  const push = pushTestImage(host, { repository: 'loadwright', tag: 'a', authorization, folders: [folder] });
  await expect(push).rejects.toThrow('HTTP 403');
});

/** Where Debian's registry is not installed, the one in memory is all there is. */
const registries: [string, () => Promise<Registry>][] = [
  ['in memory', () => SmallRegistry.start()],
  ...(hasDockerRegistry() ? [['of Debian', startDockerRegistry] as [string, () => Promise<Registry>]] : []),
];

it.each(registries)('its face answers as ECR does, before a registry %s', async (_, start) => {
  const repositories = new Repositories('eu-west-1');
  repositories.create('loadwright', [], true);
  const registry = await start();
  const face = await EcrFace.start({
    registry,
    repositories: () => repositories,
    ownerOf: (password) => (password === 'given' ? 'caller' : undefined),
    permits: () => true,
  });
  try {
    const authorization = `Basic ${Buffer.from('AWS:given').toString('base64')}`;
    const image = { repository: 'loadwright', tag: 'a', authorization, folders: [folder] };
    const reference = await pushTestImage(face.host, image);
    await expect(pushTestImage(face.host, image)).rejects.toThrow('TAG_INVALID');
    const uploads = `http://${face.host}/v2/loadwright/blobs/uploads/`;
    const mount = new URLSearchParams({ mount: reference.split('@')[1] ?? '', from: 'other' });
    const begun = await fetch(`${uploads}?${mount}`, { method: 'POST', headers: { authorization } });
    expect(begun.status).toBe(202);
    const at = new URL(begun.headers.get('location') ?? '', `http://${face.host}`);
    const patched = await fetch(`http://${face.host}${at.pathname}${at.search}`, {
      method: 'PATCH',
      headers: { authorization },
      body: 'a chunk',
    });
    expect([patched.status, patched.headers.get('range')]).toEqual([201, '0-0']);
  } finally {
    await face.stop();
    await registry.stop();
  }
});
