import { AwsStandIn, locustContainers, type LocustContainers } from '@loadwright/aws-stand-in';
import { offerBaseImage } from '../packages/infra/test/ecs/base-image.js';

/** An account whose machines and tasks run Locust in containers, with an image below the bundles. */
export interface ContainerAccount {
  readonly aws: AwsStandIn;
  readonly containers: LocustContainers;
  /** What the account holds; what all fleets share stays. */
  own(): Promise<readonly string[]>;
  /** Ends it, with what runs in it. */
  stop(): Promise<void>;
}

export async function startContainerAccount(): Promise<ContainerAccount> {
  const endBase = await offerBaseImage();
  const aws = await AwsStandIn.start();
  const containers = locustContainers(aws);
  aws.behaviour.containers = containers;
  return {
    aws,
    containers,
    own: async () => (await aws.inventory()).filter((one) => !one.startsWith('ecr:')),
    stop: async () => {
      await aws.stop();
      await containers.clear();
      await endBase();
    },
  };
}
