import { Refusal } from '../errors.js';
import { accountId, now } from '../records.js';

/** Tags of ECR have capitals. */
export interface EcrTag {
  readonly Key: string;
  readonly Value: string;
}

export interface StoredImage {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly pushedAt: number;
  readonly tags: Set<string>;
}

export interface Repository {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly isImmutable: boolean;
  tags: EcrTag[];
  lifecyclePolicy: string | undefined;
  /** By digest. */
  readonly images: Map<string, StoredImage>;
  /** Digests of what has been uploaded. */
  readonly blobs: Set<string>;
}

const namePattern = /^(?=.{2,256}$)[a-z0-9]+(?:[._/-][a-z0-9]+)*$/;

/** The repositories of an account, and which images are in them. The bytes are in a registry. */
export class Repositories {
  readonly region: string;
  readonly all = new Map<string, Repository>();

  constructor(region: string) {
    this.region = region;
  }

  get(name: unknown): Repository {
    const found = this.all.get(String(name));
    if (found) return found;
    throw new Refusal(
      'RepositoryNotFoundException',
      `The repository with name '${String(name)}' does not exist in the registry with id '${accountId}'`,
    );
  }

  create(name: string, tags: EcrTag[], isImmutable: boolean): Repository {
    if (!namePattern.test(name)) {
      throw new Refusal('InvalidParameterException', `Invalid repository name: ${name}`);
    }
    if (this.all.has(name)) {
      throw new Refusal(
        'RepositoryAlreadyExistsException',
        `The repository with name '${name}' already exists in the registry with id '${accountId}'`,
      );
    }
    const made: Repository = {
      name,
      arn: `arn:aws:ecr:${this.region}:${accountId}:repository/${name}`,
      createdAt: now(),
      isImmutable,
      tags,
      lifecyclePolicy: undefined,
      images: new Map(),
      blobs: new Set(),
    };
    this.all.set(name, made);
    return made;
  }

  byArn(arn: unknown): Repository {
    return this.get(String(arn).replace(/^.*:repository\//, ''));
  }

  /** @param key a tag or a digest */
  image(repository: Repository, key: string): StoredImage | undefined {
    return repository.images.get(key) ?? [...repository.images.values()].find(({ tags }) => tags.has(key));
  }

  /** A manifest has been put under a tag or its digest. */
  store(repository: Repository, key: string, image: Omit<StoredImage, 'tags' | 'pushedAt'>): void {
    const stored = repository.images.get(image.digest) ?? { ...image, pushedAt: now(), tags: new Set() };
    repository.images.set(image.digest, stored);
    if (key.startsWith('sha256:')) return;
    for (const { tags } of repository.images.values()) tags.delete(key);
    stored.tags.add(key);
  }

  inventory(): string[] {
    return [...this.all.values()].flatMap(({ name, images }) => [
      `ecr:repository/${name}`,
      ...[...images.values()].map(
        ({ digest, tags }) => `ecr:image/${name}${tags.size > 0 ? `:${[...tags].join(',')}` : `@${digest}`}`,
      ),
    ]);
  }
}
