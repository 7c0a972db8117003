import { locustVersion, type Bundle } from '@loadwright/core/fleet';
import { LoadwrightError } from '@loadwright/core/errors';
import type { Environment } from '../environment.js';
import { credentialsOfDocker, credentialsOfVariables, type RegistryCredentials } from './credentials.js';
import { closeConnections, openConnections, usualPatience, type Connections, type Patience } from './http.js';
import { createLayer } from './layer.js';
import { extendImage, readConfig, readManifest, type ImageManifest, type Platform } from './manifest.js';
import { formatReference, isTag, parseReference, type Reference } from './reference.js';
import { Registry } from './registry.js';
import { Transfer, type BlobProgress, type Sent } from './transfer.js';

/** What a push has come to. */
export type ImageProgress =
  | BlobProgress
  | { readonly step: 'layer'; readonly digest: string; readonly bytes: number }
  | { readonly step: 'base'; readonly reference: string; readonly platform: Platform }
  | { readonly step: 'tag'; readonly tag: string; readonly state: 'present' | 'sent' }
  | { readonly step: 'pause'; readonly message: string };

export interface PushImageOptions {
  readonly bundle: Bundle;
  /** Registry and repository: `registry.example/team/loadwright`. A tag is one of {@link tags}. */
  readonly to: string;
  /**
   * The image below the bundle, which must have Locust. By digest (`name@sha256:…`) it never changes.
   * Default: Locust's own image of the version that the bundle is made for.
   */
  readonly base?: string;
  /** Default `linux/amd64`. */
  readonly platform?: Platform;
  /** Tags besides the one that names the contents. */
  readonly tags?: readonly string[];
  /** Registries that are asked without TLS; those on this machine's own addresses always are. */
  readonly plainHttp?: readonly string[];
  /** Of the registry that is sent to. Default: variables, then what `docker login` has kept. */
  readonly credentials?: RegistryCredentials;
  /** Default: that of this process. */
  readonly environment?: Environment;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ImageProgress) => void;
  /** How long the registries may take. */
  readonly patience?: Patience;
}

/** An image in a registry. */
export interface PushedImage {
  /** The way that always leads to this image: `registry.example/name@sha256:…`. */
  readonly reference: string;
  readonly digest: string;
  /** The first one names the contents. */
  readonly tags: readonly string[];
  readonly platform: Platform;
  /** The base by digest. */
  readonly base: string;
  /** Digest of {@link PushImageOptions.bundle}. */
  readonly bundle: string;
  readonly layer: { readonly digest: string; readonly diffId: string; readonly bytes: number };
  /** What it took. */
  readonly sent: Sent;
}

/**
 * Puts a bundle on a base image, and the image into a registry. Needs no Docker, no disk and little memory; what the registry
 * has is not sent.
 *
 * @throws LoadwrightError `CONFIG_INVALID`, `CREDENTIALS_INVALID`, `PROVISIONING_FAILED`, `ABORTED`
 */
export async function pushImage(options: PushImageOptions): Promise<PushedImage> {
  const target = targetOf(options);
  const base = parseReference(options.base ?? defaultBase(), '--base', options.plainHttp);
  const tags = [...(target.tag === undefined ? [] : [target.tag]), ...(options.tags ?? [])];
  requireTags(tags);
  const connections = openConnections(options.patience ?? usualPatience);
  try {
    return await push({ ...options, target, baseReference: base, tags }, connections);
  } finally {
    closeConnections(connections);
  }
}

/**
 * Looks whether the base of an image is there, and for its platform. Changes nothing.
 *
 * @throws LoadwrightError as {@link pushImage} would.
 */
export async function requireBase(options: Omit<PushImageOptions, 'bundle' | 'tags'>): Promise<void> {
  const { base = defaultBase(), plainHttp, platform = 'linux/amd64' } = options;
  const baseReference = parseReference(base, '--base', plainHttp);
  const connections = openConnections(options.patience ?? usualPatience);
  try {
    const { source } = registriesOf({ ...options, target: targetOf(options), baseReference }, connections);
    const { manifest } = await findBase(source, baseReference, platform);
    const config = await source.readBlob(baseReference.repository, manifest.config.digest);
    readConfig(config, manifest.layers.length, formatReference(baseReference), platform);
  } finally {
    closeConnections(connections);
  }
}

/** As the compose file of a bundle has it. */
export function defaultBase(): string {
  return `docker.io/locustio/locust:${locustVersion()}`;
}

interface Push extends PushImageOptions {
  readonly target: Reference;
  readonly baseReference: Reference;
  readonly tags: readonly string[];
}

async function push(options: Push, connections: Connections): Promise<PushedImage> {
  const { bundle, target, baseReference, platform = 'linux/amd64', signal, onProgress = () => {} } = options;
  const { registry, source } = registriesOf(options, connections);
  const layer = await createLayer(bundle, { ...(signal && { signal }) });
  onProgress({ step: 'layer', digest: layer.digest, bytes: layer.bytes });

  const base = await findBase(source, baseReference, platform);
  onProgress({ step: 'base', reference: base.reference, platform });
  const image = extendImage({
    base: { name: formatReference(baseReference), digest: base.digest },
    manifest: base.manifest,
    config: await source.readBlob(baseReference.repository, base.manifest.config.digest),
    platform,
    layer,
    bundleDigest: bundle.digest,
  });

  const transfer = new Transfer({ registry, repository: target.repository, onProgress });
  const from = { registry: source, repository: baseReference.repository };
  for (const [index, blob] of base.manifest.layers.entries()) {
    const name = `layer ${index + 1} of ${base.manifest.layers.length} of the base`;
    await transfer.copy(blob, name, from);
  }
  await transfer.send(layer, 'the bundle', () => layer.open());
  const { config, manifest } = image;
  await transfer.sendShort(config.bytes, config.digest, 'the configuration');

  // By its contents first: who looks for other tags finds an image that is whole.
  const tags = [
    `loadwright-${manifest.digest.slice('sha256:'.length, 'sha256:'.length + 32)}`,
    ...options.tags,
  ];
  for (const tag of tags) {
    const isPresent = (await registry.digestOfTag(target.repository, tag)) === manifest.digest;
    if (!isPresent) await registry.putManifest(target.repository, tag, manifest);
    onProgress({ step: 'tag', tag, state: isPresent ? 'present' : 'sent' });
  }
  const { digest } = manifest;
  const { registry: host, repository } = target;
  return {
    reference: formatReference({ registry: host, repository, digest }),
    digest,
    tags,
    platform,
    base: base.reference,
    bundle: bundle.digest,
    layer: { digest: layer.digest, diffId: layer.diffId, bytes: layer.bytes },
    sent: transfer.sent,
  };
}

/** One client for each registry; one for both when the base is kept where the image goes. */
function registriesOf(options: Omit<Push, 'bundle' | 'tags'>, connections: Connections) {
  const { target, baseReference, environment = process.env, signal, onProgress = () => {} } = options;
  const shared = {
    connections,
    signal,
    onPause: (message: string) => onProgress({ step: 'pause', message }),
  };
  const ofDocker = (name: string) => credentialsOfDocker(name, environment);
  const registry = new Registry({
    ...shared,
    reference: target,
    credentials: async () =>
      options.credentials ?? credentialsOfVariables(environment) ?? ofDocker(target.registry),
  });
  registry.need(target.repository, 'pull,push');
  const isSame = baseReference.origin.href === target.origin.href;
  const source = isSame
    ? registry
    : new Registry({
        ...shared,
        reference: baseReference,
        // The login of the variables is nobody else's business.
        credentials: () => ofDocker(baseReference.registry),
      });
  if (baseReference.repository !== target.repository || !isSame)
    source.need(baseReference.repository, 'pull');
  return { registry, source };
}

async function findBase(
  source: Registry,
  reference: Reference,
  platform: Platform,
): Promise<{ manifest: ImageManifest; digest: string; reference: string }> {
  const name = formatReference(reference);
  const { repository } = reference;
  let wanted = reference.digest ?? reference.tag ?? 'latest';
  // A list, and the image in it; a list in a list is none that a registry is asked for.
  for (let depth = 0; depth < 2; depth++) {
    const found = await source.manifest(repository, wanted);
    if (!found) {
      throw new LoadwrightError('CONFIG_INVALID', `The base image ${name} was not found.`, {
        hint: 'Check its name and tag, or use another one: --base registry.example/name@sha256:…',
      });
    }
    const read = readManifest(found, name, platform);
    if (typeof read !== 'string') {
      const { registry } = reference;
      return {
        manifest: read,
        digest: found.digest,
        reference: formatReference({ registry, repository, digest: found.digest }),
      };
    }
    wanted = read;
  }
  throw new LoadwrightError('CONFIG_INVALID', `${name} is an index of indexes.`, {
    hint: 'Use one of its images by digest: --base name@sha256:…',
  });
}

function targetOf({ to, plainHttp, tags }: Omit<PushImageOptions, 'bundle'>): Reference {
  if (!to.includes('/')) {
    throw new LoadwrightError('CONFIG_INVALID', `--to: found "${to}", expected registry/name`, {
      hint: 'Use for example registry.example/team/load-test or docker.io/team/load-test.',
    });
  }
  const target = parseReference(to, '--to', plainHttp);
  if (target.digest !== undefined) {
    throw new LoadwrightError('CONFIG_INVALID', '--to: found a digest, expected registry/name', {
      hint: 'Remove it: the digest follows from the content.',
    });
  }
  if (target.tag !== undefined && tags !== undefined && tags.length > 0) {
    throw new LoadwrightError('CONFIG_INVALID', `--to: found the tag "${target.tag}" beside --tag`, {
      hint: 'Use --tag for every tag.',
    });
  }
  return target;
}

function requireTags(tags: readonly string[]): void {
  const wrong = tags.find((tag) => !isTag(tag));
  if (wrong === undefined) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `--tag: found "${wrong}", expected at most 128 letters, digits, _ . or -, the first no . or -`,
    { hint: 'Use another tag.' },
  );
}
