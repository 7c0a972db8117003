import { createHash } from 'node:crypto';
import { LoadwrightError } from '@loadwright/core/errors';
import { z } from 'zod';
import { bundleFolder, type Layer } from './layer.js';

/** What a fleet runs on, as images name it. */
export const platforms = ['linux/amd64', 'linux/arm64'] as const;
export type Platform = (typeof platforms)[number];

const docker = 'application/vnd.docker.distribution.manifest';
const oci = 'application/vnd.oci.image';

/** Media types of the two dialects. What is added to an image must be of the dialect of its base. */
const dialects = {
  [`${docker}.v2+json`]: { layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip' },
  [`${oci}.manifest.v1+json`]: { layer: `${oci}.layer.v1.tar+gzip` },
} as const;
type ManifestType = keyof typeof dialects;

const indexes = [`${docker}.list.v2+json`, `${oci}.index.v1+json`];

/** All must be named: a registry answers 404 for a manifest of a type that is not. */
export const acceptedManifests = [...Object.keys(dialects), ...indexes].join(', ');

const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().nonnegative(),
  urls: z.array(z.string()).optional(),
});
export type Descriptor = z.infer<typeof descriptorSchema>;

const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
});
const indexSchema = z.looseObject({
  schemaVersion: z.literal(2),
  manifests: z.array(
    descriptorSchema.extend({
      platform: z
        .looseObject({ os: z.string(), architecture: z.string(), variant: z.string().optional() })
        .optional(),
    }),
  ),
});
const configSchema = z.looseObject({
  os: z.string().optional(),
  architecture: z.string().optional(),
  config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
  history: z.array(z.looseObject({})).nullish(),
});

/** An answer with a manifest of an image, or a list of them. */
export interface ReadManifest {
  readonly bytes: Buffer;
  readonly digest: string;
  /** Of the header. */
  readonly mediaType: string | undefined;
}

/** An image for one platform. */
export interface ImageManifest extends z.infer<typeof manifestSchema> {
  readonly mediaTypeOfAnswer: ManifestType;
}

/** What is sent. */
export interface Blob {
  readonly bytes: Buffer;
  readonly digest: string;
}

/** An image with the layer of a bundle. */
export interface ExtendedImage {
  readonly config: Blob;
  readonly manifest: Blob & { readonly mediaType: string };
}

export const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * Reads a manifest.
 *
 * @param name of the image, for messages
 * @returns the image, or the digest of the one for this platform in a list
 */
export function readManifest(
  { bytes, mediaType }: ReadManifest,
  name: string,
  platform: Platform,
): ImageManifest | string {
  const json = parseJson(bytes, `The manifest of ${name}`);
  const own = typeof json === 'object' && json !== null && 'mediaType' in json ? json.mediaType : undefined;
  // OCI manifests need not name their own type, and older registries give one for all.
  const type = typeof own === 'string' ? own : (mediaType?.split(';')[0]?.trim() ?? '');
  if (indexes.includes(type)) return choose(parse(indexSchema, json, name).manifests, name, platform);
  if (Object.hasOwn(dialects, type)) {
    return { ...parse(manifestSchema, json, name), mediaTypeOfAnswer: type as ManifestType };
  }
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `${name} cannot be extended: the type of its manifest is ${type || 'missing'}.`,
    {
      hint: 'Use a base with a Docker v2 or OCI manifest: --base.',
    },
  );
}

function choose(manifests: z.infer<typeof indexSchema>['manifests'], name: string, wanted: Platform): string {
  const [os, architecture] = wanted.split('/');
  const images = manifests.filter(({ platform }) => platform && platform.os !== 'unknown');
  const fitting = images.filter(
    ({ platform }) => platform?.os === os && platform?.architecture === architecture,
  );
  // Of several the first one: arm64 is listed as v8 or without a variant.
  if (fitting[0]) return fitting[0].digest;
  const found = images.map(({ platform }) => `${platform?.os}/${platform?.architecture}`);
  throw new LoadwrightError('CONFIG_INVALID', `${name} has no image for ${wanted}.`, {
    hint: `Use another base (--base) or one of its platforms (--platform): ${[...new Set(found)].join(', ') || 'none'}.`,
  });
}

/** Adds the layer of a bundle as the uppermost, and lets the image begin in its folder. */
export function extendImage(options: {
  readonly base: { readonly name: string; readonly digest: string };
  readonly manifest: ImageManifest;
  readonly config: Buffer;
  readonly platform: Platform;
  readonly layer: Layer;
  readonly bundleDigest: string;
}): ExtendedImage {
  const { base, platform, layer } = options;
  const { mediaTypeOfAnswer: mediaType, ...manifest } = options.manifest;
  const config = readConfig(options.config, manifest.layers.length, base.name, platform);
  const [os, architecture] = platform.split('/');
  const bytes = Buffer.from(
    JSON.stringify({
      ...config,
      // ECS finds no machine for an image that does not say what it is for.
      os: config.os || os,
      architecture: config.architecture || architecture,
      config: {
        ...config.config,
        WorkingDir: `/${bundleFolder}`,
        Labels: {
          ...config.config?.Labels,
          'io.loadwright.bundle': options.bundleDigest,
          'org.opencontainers.image.base.digest': base.digest,
        },
      },
      rootfs: { ...config.rootfs, diff_ids: [...config.rootfs.diff_ids, layer.diffId] },
      // Without a time of its own: the same image has the same digest on every day.
      history: [...(config.history ?? []), { created: '1970-01-01T00:00:00Z', created_by: 'Loadwright' }],
    }),
  );
  const own = { bytes, digest: digestOf(bytes) };
  const text = Buffer.from(
    JSON.stringify({
      ...manifest,
      mediaType,
      config: { ...manifest.config, digest: own.digest, size: bytes.length },
      layers: [
        ...manifest.layers,
        { mediaType: dialects[mediaType].layer, digest: layer.digest, size: layer.bytes },
      ],
    }),
  );
  return { config: own, manifest: { bytes: text, digest: digestOf(text), mediaType } };
}

/**
 * The configuration of an image.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when it is of other layers, or for another platform.
 */
export function readConfig(
  bytes: Buffer,
  layers: number,
  name: string,
  platform: Platform,
): z.infer<typeof configSchema> {
  const config = parse(configSchema, parseJson(bytes, `The configuration of ${name}`), name);
  const { os, architecture, rootfs } = config;
  if (rootfs.diff_ids.length !== layers) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `${name} is inconsistent: its manifest has ${layers} layers, its configuration ${rootfs.diff_ids.length}.`,
      { hint: 'Rebuild it, or use another base: --base.' },
    );
  }
  const [wantedOs, wantedArchitecture] = platform.split('/');
  if ((os && os !== wantedOs) || (architecture && architecture !== wantedArchitecture)) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `${name} is for ${os}/${architecture}, not for ${platform}.`,
      {
        hint: 'Use another base (--base) or platform (--platform).',
      },
    );
  }
  return config;
}

function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw new LoadwrightError('PROVISIONING_FAILED', `${what} is not JSON.`, {
      hint: 'Check that the address belongs to a registry, not to a proxy in front of it.',
      cause: error,
    });
  }
}

/** @returns what was given, in the order of its keys: what is made of it must not differ with the version of a library */
function parse<Schema extends z.ZodType>(schema: Schema, json: unknown, name: string): z.infer<Schema> {
  const { success, error } = schema.safeParse(json);
  if (success) return json as z.infer<Schema>;
  const fields = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).slice(0, 3);
  throw new LoadwrightError('CONFIG_INVALID', `${name} cannot be extended: ${fields.join('; ')}`, {
    hint: 'Use another base: --base.',
  });
}
