import { createHash } from 'node:crypto';
import { execa } from 'execa';

const sha256 = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export interface TestImage {
  /** As the repository is called by the registry's host. */
  readonly repository: string;
  readonly tag: string;
  readonly authorization: string;
  /** Folders whose files are the layers. */
  readonly folders: readonly string[];
  readonly architecture?: string;
  readonly configuration?: object;
}

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/**
 * Pushes an image as a client does that knows one PUT a blob.
 *
 * @returns its reference by digest
 */
export async function pushTestImage(host: string, image: TestImage): Promise<string> {
  const { repository, tag, authorization, folders, architecture = 'amd64', configuration = {} } = image;
  const base = `http://${host}/v2/${repository}`;
  const send = async (path: string | URL, method: string, body?: Buffer, type?: string) => {
    const headers = { authorization, ...(type && { 'content-type': type }) };
    const answer = await fetch(path, { method, headers, ...(body && { body: new Uint8Array(body) }) });
    if (!answer.ok)
      throw new Error(`${method} ${String(path)}: HTTP ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const blob = async (bytes: Buffer) => {
    const digest = sha256(bytes);
    const begun = await send(`${base}/blobs/uploads/`, 'POST');
    const at = new URL(begun.headers.get('location') ?? '', `http://${host}`);
    at.host = host;
    at.searchParams.set('digest', digest);
    await send(at, 'PUT', bytes, 'application/octet-stream');
    return { digest, size: bytes.length };
  };
  const layers = await Promise.all(
    folders.map(async (folder) => {
      const { stdout } = await execa('tar', ['-czf', '-', '-C', folder, '.'], { encoding: 'buffer' });
      const layer = await blob(Buffer.from(stdout));
      return { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer };
    }),
  );
  const config = await blob(
    Buffer.from(
      JSON.stringify({
        architecture,
        os: 'linux',
        config: { Entrypoint: ['locust'], ...configuration },
        rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
      }),
    ),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers,
    }),
  );
  await send(`${base}/manifests/${tag}`, 'PUT', manifest, manifestType);
  return `${host}/${repository}@${sha256(manifest)}`;
}
