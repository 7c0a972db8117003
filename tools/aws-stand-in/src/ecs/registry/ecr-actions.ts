import { createHash } from 'node:crypto';
import { Refusal } from '../errors.js';
import { page } from '../pages.js';
import { accountId } from '../records.js';
import type { EcrTag, Repositories, Repository, StoredImage } from './repositories.js';

type Input = Readonly<Record<string, unknown>>;

export interface EcrWorld {
  readonly repositories: Repositories;
  readonly pageSize: number;
}

interface ImageId {
  readonly imageTag?: string;
  readonly imageDigest?: string;
}

const imageNotFound = () =>
  new Refusal('ImageNotFoundException', 'The image requested does not exist in the given repository');

/** What a call of ECR does and answers. GetAuthorizationToken is where the tokens are. */
export const ecrActions: Readonly<Record<string, (world: EcrWorld, input: Input) => object>> = {
  CreateRepository({ repositories }, { repositoryName, tags = [], imageTagMutability }) {
    const isImmutable = imageTagMutability === 'IMMUTABLE';
    return {
      repository: describe(repositories.create(String(repositoryName), tags as EcrTag[], isImmutable)),
    };
  },

  DescribeRepositories({ repositories, pageSize }, input) {
    const names = input['repositoryNames'] as string[] | undefined;
    if (names) return { repositories: names.map((name) => describe(repositories.get(name))) };
    const { items, next } = page([...repositories.all.values()], input, pageSize);
    return { repositories: items.map(describe), ...next };
  },

  DeleteRepository({ repositories }, { repositoryName, force }) {
    const found = repositories.get(repositoryName);
    if (found.images.size > 0 && force !== true) {
      throw new Refusal(
        'RepositoryNotEmptyException',
        `The repository with name '${found.name}' cannot be deleted because it still contains images`,
      );
    }
    repositories.all.delete(found.name);
    return { repository: describe(found) };
  },

  PutLifecyclePolicy({ repositories }, { repositoryName, lifecyclePolicyText }) {
    const found = repositories.get(repositoryName);
    const text = String(lifecyclePolicyText);
    if (!Array.isArray((JSON.parse(text) as { rules?: unknown }).rules)) {
      throw new Refusal('InvalidParameterException', 'Lifecycle policy validation failure');
    }
    found.lifecyclePolicy = text;
    return { registryId: accountId, repositoryName, lifecyclePolicyText: text };
  },

  GetLifecyclePolicy({ repositories }, { repositoryName }) {
    const { lifecyclePolicy } = repositories.get(repositoryName);
    if (lifecyclePolicy === undefined) {
      throw new Refusal('LifecyclePolicyNotFoundException', 'Lifecycle policy does not exist');
    }
    return { registryId: accountId, repositoryName, lifecyclePolicyText: lifecyclePolicy };
  },

  /** Its layers are nobody's business: who pulls it finds none. */
  PutImage({ repositories }, { repositoryName, imageManifest, imageManifestMediaType, imageTag }) {
    const repository = repositories.get(repositoryName);
    const text = String(imageManifest);
    const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    const { mediaType } = JSON.parse(text) as { mediaType?: string };
    const image = { digest, mediaType: String(imageManifestMediaType ?? mediaType), bytes: text.length };
    repositories.store(repository, String(imageTag ?? digest), image);
    return { image: { registryId: accountId, repositoryName, imageId: { imageDigest: digest, imageTag } } };
  },

  DescribeImages({ repositories, pageSize }, input) {
    const repository = repositories.get(input['repositoryName']);
    const asked = input['imageIds'] as ImageId[] | undefined;
    if (!asked) {
      const { items, next } = page([...repository.images.values()], input, pageSize);
      return { imageDetails: items.map((image) => detail(repository, image)), ...next };
    }
    const found = asked.map((id) => {
      const image = repositories.image(repository, id.imageDigest ?? id.imageTag ?? '');
      if (!image) throw imageNotFound();
      return detail(repository, image);
    });
    return { imageDetails: found };
  },

  ListImages({ repositories, pageSize }, input) {
    const { images } = repositories.get(input['repositoryName']);
    const all = [...images.values()].flatMap(({ digest, tags }): ImageId[] =>
      tags.size > 0
        ? [...tags].map((imageTag) => ({ imageDigest: digest, imageTag }))
        : [{ imageDigest: digest }],
    );
    const { items, next } = page(all, input, pageSize);
    return { imageIds: items, ...next };
  },

  BatchDeleteImage({ repositories }, { repositoryName, imageIds }) {
    const repository = repositories.get(repositoryName);
    const deleted: ImageId[] = [];
    const failures: object[] = [];
    for (const imageId of imageIds as ImageId[]) {
      const { imageTag, imageDigest } = imageId;
      const image = repositories.image(repository, imageDigest ?? imageTag ?? '');
      if (!image) {
        failures.push({ imageId, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' });
        continue;
      }
      // A tag goes alone, and the image with its last one.
      if (imageTag !== undefined) image.tags.delete(imageTag);
      if (imageTag === undefined || image.tags.size === 0) repository.images.delete(image.digest);
      deleted.push({ imageDigest: image.digest, ...(imageTag !== undefined && { imageTag }) });
    }
    return { imageIds: deleted, failures };
  },

  TagResource({ repositories }, { resourceArn, tags }) {
    const found = repositories.byArn(resourceArn);
    const added = tags as EcrTag[];
    found.tags = [...found.tags.filter(({ Key }) => !added.some((tag) => tag.Key === Key)), ...added];
    return {};
  },

  ListTagsForResource({ repositories }, { resourceArn }) {
    return { tags: repositories.byArn(resourceArn).tags };
  },
};

function describe({ name, arn, createdAt, isImmutable }: Repository) {
  return {
    repositoryArn: arn,
    registryId: accountId,
    repositoryName: name,
    repositoryUri: `${accountId}.dkr.ecr.${arn.split(':')[3]}.amazonaws.com/${name}`,
    createdAt,
    imageTagMutability: isImmutable ? 'IMMUTABLE' : 'MUTABLE',
    imageScanningConfiguration: { scanOnPush: false },
    encryptionConfiguration: { encryptionType: 'AES256' },
  };
}

function detail({ name }: Repository, { digest, tags, bytes, pushedAt, mediaType }: StoredImage) {
  return {
    registryId: accountId,
    repositoryName: name,
    imageDigest: digest,
    ...(tags.size > 0 && { imageTags: [...tags] }),
    imageSizeInBytes: bytes,
    imagePushedAt: pushedAt,
    imageManifestMediaType: mediaType,
  };
}
