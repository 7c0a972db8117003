import { DescribeImagesCommand, type Image as Ec2Image } from '@aws-sdk/client-ec2';
import { GetParametersCommand } from '@aws-sdk/client-ssm';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import { architectures, type Architecture } from './machine.js';

/** What a machine starts from. */
export interface Image {
  readonly id: string;
  /** Device of the root volume: `/dev/sda1`. */
  readonly rootDevice: string;
  readonly architecture: string;
}

/** Images whose newest one a public parameter names. */
export interface PublicImages {
  /** For people: `Ubuntu`. */
  readonly name: string;
  /** One of it, for people. */
  readonly example: string;
  readonly parameterNames: Readonly<Record<Architecture, string>>;
}

/** The public parameters of Canonical: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ */
export const ubuntuImages: PublicImages = {
  name: 'Ubuntu',
  example: 'an Ubuntu 24.04 image',
  parameterNames: {
    x86_64: '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id',
    arm64: '/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id',
  },
};

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_AMI.html */
export const ecsImages: PublicImages = {
  name: 'the image that AWS makes for ECS',
  example: 'an ECS-optimised image of Amazon Linux 2023',
  parameterNames: {
    x86_64: '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id',
    arm64: '/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id',
  },
};

/**
 * The image of the user, or the newest one for every processor: which of them is wanted need not be known yet.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when there is none; an error of AWS when the id is unknown.
 */
export async function lookUpImages(
  aws: Aws,
  given: string | undefined,
  newest: PublicImages,
): Promise<Image[]> {
  const ids = given === undefined ? await newestOf(aws, newest) : [given];
  const { Images = [] } = await aws.ec2.send(new DescribeImagesCommand({ ImageIds: ids }));
  const images = Images.filter(({ State }) => State === undefined || State === 'available').map(toImage);
  if (images.length > 0) return images;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The image ${ids.join(', ')} does not exist in ${aws.settings.region}, or you may not use it.`,
    {
      hint: `Ids of images differ from region to region. Set the option image, or leave it out for ${newest.name}.`,
    },
  );
}

/** @throws LoadwrightError `PROVISIONING_FAILED` when none is made for the processor. */
export function imageFor(
  images: readonly Image[],
  architecture: Architecture,
  instanceType: string,
  { name }: PublicImages,
): Image {
  const image = images.find((candidate) => candidate.architecture === architecture);
  if (image) return image;
  const found = images.map(({ id, architecture: own }) => `${id} is made for ${own}`).join(', ');
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The instance type ${instanceType} has an ${architecture} processor, but the image ${found}.`,
    {
      hint: `Set image to one for that processor, or leave it out for ${name}; or choose another instanceType.`,
    },
  );
}

async function newestOf(aws: Aws, { name, example, parameterNames }: PublicImages): Promise<string[]> {
  const names = architectures.map((architecture) => parameterNames[architecture]);
  const { Parameters = [] } = await aws.ssm.send(new GetParametersCommand({ Names: names }));
  const ids = Parameters.flatMap(({ Value }) => (Value === undefined ? [] : [Value]));
  if (ids.length > 0) return ids;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `${aws.settings.region} does not tell its newest image (${name}): there is no parameter ${names.join(', ')}.`,
    { hint: `Set the option image to the id of ${example} of that region.` },
  );
}

function toImage({
  ImageId = '',
  RootDeviceName = '/dev/sda1',
  Architecture: architecture,
}: Ec2Image): Image {
  return { id: ImageId, rootDevice: RootDeviceName, architecture: architecture ?? 'x86_64' };
}
