import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  paginateDescribeImages,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import { kindPrefix, nameOf } from '../fleet-identity.js';
import type { Kind } from '../kind.js';
import { isPresent, unlessAbsent } from '../service-error.js';
import { ecsPlaces, sharedRepository } from './ecs-place.js';
import { namedResources } from './named.js';

/** So many images of bundles are kept in the shared repository: their layers are found again, and not sent anew. */
const keptImages = 50;

/**
 * The tag of a fleet on the image that its containers run. The image stays, for the next fleet with the same bundle or base.
 * Its id is `repository:tag`.
 */
export const imageTag: Kind = {
  name: 'image tag',

  async find(aws, scope) {
    const places = await ecsPlaces(aws, scope);
    const repositories = new Set(places.flatMap((place) => place.repositories));
    // Of a fleet that has lost its log group the tag is found here.
    if (scope.fleetId === undefined) repositories.add(sharedRepository);
    const tags = await Promise.all(
      [...repositories].map(async (repository) => {
        const names = await tagsIn(aws, repository, scope.fleetId);
        return namedResources(aws, this.name, names, '').map((one) => ({
          ...one,
          id: `${repository}:${one.id}`,
        }));
      }),
    );
    return tags.flat();
  },

  async exists(aws, id) {
    const [repositoryName = '', imageTag = ''] = id.split(':');
    const command = new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] });
    const answer = await unlessAbsent(aws.ecr.send(command));
    return (answer?.imageDetails ?? []).length > 0;
  },

  async destroy(aws, id) {
    const [repositoryName = '', imageTag = ''] = id.split(':');
    const command = new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag }] });
    const { failures = [] } = (await unlessAbsent(aws.ecr.send(command))) ?? {};
    const failure = failures.find(({ failureCode }) => failureCode !== 'ImageNotFound');
    if (!failure) return;
    throw new LoadwrightError(
      'RESOURCES_REMAIN',
      `ECR does not delete it: ${failure.failureReason ?? failure.failureCode ?? 'it gives no reason'}`,
    );
  },
};

async function tagsIn(aws: Aws, repositoryName: string, fleetId: string | undefined): Promise<string[]> {
  if (fleetId !== undefined) {
    const tag = nameOf(aws.fleet(fleetId));
    return (await imageTag.exists(aws, `${repositoryName}:${tag}`)) ? [tag] : [];
  }
  const tags: string[] = [];
  const filter = { tagStatus: 'TAGGED' } as const;
  const read = async () => {
    for await (const page of paginateDescribeImages({ client: aws.ecr }, { repositoryName, filter })) {
      tags.push(...(page.imageDetails ?? []).flatMap(({ imageTags = [] }) => imageTags));
    }
    return tags;
  };
  const found = (await unlessAbsent(read())) ?? [];
  return found.filter((tag) => tag.startsWith(kindPrefix(aws.settings.fleetKind)));
}

/**
 * The repository that all fleets share, made where it is missing and never removed by a fleet: layers that are there are not
 * sent again. It keeps {@link keptImages} images.
 */
export async function ensureSharedRepository(aws: Aws): Promise<void> {
  if (await hasRepository(aws, sharedRepository)) return;
  try {
    const repositoryName = sharedRepository;
    await aws.ecr.send(
      new CreateRepositoryCommand({
        repositoryName,
        tags: [{ Key: 'Name', Value: sharedRepository }],
      }),
    );
    await aws.ecr.send(
      new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: lifecyclePolicy }),
    );
  } catch (error) {
    // Somebody else made it at the same time.
    if (!isPresent(error)) throw error;
  }
}

export async function hasRepository(aws: Aws, name: string): Promise<boolean> {
  const command = new DescribeRepositoriesCommand({ repositoryNames: [name] });
  return (await unlessAbsent(aws.ecr.send(command))) !== undefined;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html */
const lifecyclePolicy = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      description: `Keeps the newest ${keptImages} images of load tests`,
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: keptImages },
      action: { type: 'expire' },
    },
  ],
});
