import { execa } from 'execa';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotStart } from '../runtime.js';

/** What of an image's configuration a container begins with. */
export interface ImageConfiguration {
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Env?: readonly string[] | null;
  readonly WorkingDir?: string;
}

export interface PulledImage {
  /** Folder with the files of all layers. */
  readonly root: string;
  readonly configuration: ImageConfiguration;
}

const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
].join(', ');

interface Manifest {
  readonly config?: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string; readonly mediaType: string }[];
  readonly manifests?: readonly {
    readonly digest: string;
    readonly platform?: { readonly architecture: string };
  }[];
}

/** Names of processors: of ECS, and of images. */
const architectures: Readonly<Record<string, string>> = { x86_64: 'amd64', arm64: 'arm64' };

/** Pulls images from registries that speak plain HTTP on loopback, each once. */
export class Images {
  readonly #pulled = new Map<string, Promise<PulledImage>>();
  #folder: Promise<string> | undefined;

  /**
   * @param architecture as an instance has it
   * @throws CannotStart
   */
  async pull(image: string, architecture: string, authorization: string | undefined): Promise<PulledImage> {
    const key = `${image} ${architecture}`;
    const pulled = this.#pulled.get(key) ?? this.#pull(image, architecture, authorization);
    this.#pulled.set(key, pulled);
    pulled.catch(() => this.#pulled.delete(key));
    return pulled;
  }

  async clear(): Promise<void> {
    await Promise.allSettled(this.#pulled.values());
    this.#pulled.clear();
    if (this.#folder) await rm(await this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }

  async #pull(image: string, architecture: string, authorization: string | undefined): Promise<PulledImage> {
    const [, host = '', repository = '', , key = 'latest'] =
      /^([^/]+)\/([^@:]+)([@:](.+))?$/.exec(image) ?? [];
    const get = async (path: string) => {
      const headers = { accept: manifestTypes, ...(authorization !== undefined && { authorization }) };
      const url = `http://${host}/v2/${repository}/${path}`;
      const answer = await fetch(url, { headers }).catch((error: unknown) => {
        throw new CannotStart(`CannotPullContainerError: ${image}: ${String(error)}`);
      });
      if (answer.ok) return Buffer.from(await answer.arrayBuffer());
      const why: Record<number, string> = {
        401: 'no basic auth credentials',
        403: 'denied: requested access to the resource is denied',
        404: 'not found',
      };
      throw new CannotStart(
        `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${why[answer.status] ?? `HTTP ${answer.status}`}`,
      );
    };
    const json = async <Value>(path: string) => JSON.parse((await get(path)).toString()) as Value;
    const wrongPlatform = () =>
      new CannotStart(
        `CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/${architectures[architecture]}'`,
      );
    let manifest = await json<Manifest>(`manifests/${key}`);
    if (manifest.manifests) {
      const own = manifest.manifests.find(
        ({ platform }) => platform?.architecture === architectures[architecture],
      );
      if (!own) throw wrongPlatform();
      manifest = await json<Manifest>(`manifests/${own.digest}`);
    }
    const configuration = await json<{ architecture?: string; config?: ImageConfiguration }>(
      `blobs/${manifest.config?.digest}`,
    );
    if (configuration.architecture !== architectures[architecture]) throw wrongPlatform();
    this.#folder ??= mkdtemp(join(tmpdir(), 'loadwright-images-'));
    const root = join(await this.#folder, `image-${this.#pulled.size}`);
    await mkdir(root, { recursive: true });
    for (const { digest } of manifest.layers ?? []) {
      const bytes = await get(`blobs/${digest}`);
      // The layers of a base that stands for Locust's may be anything.
      if (isArchive(bytes))
        await execa('tar', ['-xf', '-', '-C', root, ...compressed(bytes)], { input: bytes });
    }
    return { root, configuration: configuration.config ?? {} };
  }
}

const isGzip = (bytes: Buffer) => bytes[0] === 0x1f && bytes[1] === 0x8b;
const isArchive = (bytes: Buffer) => isGzip(bytes) || bytes.subarray(257, 262).toString() === 'ustar';
const compressed = (bytes: Buffer) => (isGzip(bytes) ? ['-z'] : []);
