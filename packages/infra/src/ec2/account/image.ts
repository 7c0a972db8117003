import { DescribeImagesCommand, type Image as Ec2Image } from '@aws-sdk/client-ec2';
import { GetParametersCommand } from '@aws-sdk/client-ssm';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../../aws/clients.js';
import { architectures, type Architecture } from '../../aws/account/machine.js';

/** What a machine starts from. */
export interface Image {
  readonly id: string;
  /** Device of the root volume: `/dev/sda1`. */
  readonly rootDevice: string;
  readonly architecture: string;
}

/** The public parameters of Canonical: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ */
const parameterNames: Readonly<Record<Architecture, string>> = {
  x86_64: '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id',
  arm64: '/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id',
};

/**
 * The image of the user, or the newest Ubuntu for every processor: which of them is wanted need not be known yet.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when there is none; an error of AWS when the id is unknown.
 */
export async function lookUpImages(aws: Aws, given: string | undefined): Promise<Image[]> {
  const ids = given === undefined ? await newestUbuntu(aws) : [given];
  const { Images = [] } = await aws.ec2.send(new DescribeImagesCommand({ ImageIds: ids }));
  const images = Images.filter(({ State }) => State === undefined || State === 'available').map(toImage);
  if (images.length > 0) return images;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The image ${ids.join(', ')} does not exist in ${aws.settings.region}, or you may not use it.`,
    { hint: 'Ids of images differ from region to region. Set the option image, or leave it out for Ubuntu.' },
  );
}

/** @throws LoadwrightError `PROVISIONING_FAILED` when none is made for the processor. */
export function imageFor(images: readonly Image[], architecture: Architecture, instanceType: string): Image {
  const image = images.find((candidate) => candidate.architecture === architecture);
  if (image) return image;
  const found = images.map(({ id, architecture: own }) => `${id} is made for ${own}`).join(', ');
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The instance type ${instanceType} has an ${architecture} processor, but the image ${found}.`,
    {
      hint: 'Set image to one for that processor, or leave it out for Ubuntu; or choose another instanceType.',
    },
  );
}

async function newestUbuntu(aws: Aws): Promise<string[]> {
  const names = architectures.map((architecture) => parameterNames[architecture]);
  const { Parameters = [] } = await aws.ssm.send(new GetParametersCommand({ Names: names }));
  const ids = Parameters.flatMap(({ Value }) => (Value === undefined ? [] : [Value]));
  if (ids.length > 0) return ids;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `${aws.settings.region} does not tell its newest Ubuntu image: there is no parameter ${names.join(', ')}.`,
    { hint: 'Set the option image to the id of an Ubuntu 24.04 image of that region.' },
  );
}

function toImage({
  ImageId = '',
  RootDeviceName = '/dev/sda1',
  Architecture: architecture,
}: Ec2Image): Image {
  return { id: ImageId, rootDevice: RootDeviceName, architecture: architecture ?? 'x86_64' };
}
