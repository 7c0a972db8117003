import { readFileSync } from 'node:fs';
import type { Account } from '../account.js';
import { errorAnswer, jsonAnswer } from '../answers.js';
import type { Call, Layer } from '../calls.js';

const images = JSON.parse(readFileSync(new URL('../images.json', import.meta.url), 'utf8')) as {
  ami_id: string;
  name: string;
  architecture: string;
}[];

const pattern =
  /^\/aws\/service\/canonical\/ubuntu\/server\/24\.04\/stable\/current\/(amd64|arm64)\/hvm\/ebs-gp3\/ami-id$/;
const ecsPattern = /^\/aws\/service\/ecs\/optimized-ami\/amazon-linux-2023\/(arm64\/)?recommended\/image_id$/;
const publishers = ['/aws/service/canonical/', '/aws/service/ecs/'];

/** Public parameters of Canonical and of ECS: they name images that moto has. */
export const publicParameters =
  ({ behaviour }: Pick<Account, 'behaviour'>): Layer =>
  async (call, next) => {
    if (call.name !== 'ssm:GetParameter' && call.name !== 'ssm:GetParameters') return next(call);
    const names = asked(call);
    const found = behaviour.namesImages ? names.flatMap((name) => parameter(call.region, name) ?? []) : [];
    if (
      found.length < names.length &&
      !names.every((name) => publishers.some((publisher) => name.startsWith(publisher)))
    ) {
      return next(call);
    }
    if (call.name === 'ssm:GetParameters') {
      const known = new Set(found.map(({ Name }) => Name));
      return jsonAnswer({ Parameters: found, InvalidParameters: names.filter((name) => !known.has(name)) });
    }
    return found[0] ? jsonAnswer({ Parameter: found[0] }) : errorAnswer(call, 'ParameterNotFound', '');
  };

/** The image of an architecture, as EC2 names it. */
export function ubuntuImage(architecture: 'x86_64' | 'arm64'): string {
  return imageOf('ubuntu/', architecture);
}

/** Whether machines of an image have an agent of ECS. */
export function hasAgent(imageId: string): boolean {
  return images.some((one) => one.ami_id === imageId && one.name.startsWith(ecsImages));
}

const ecsImages = 'al2023-ami-ecs-';

function imageOf(prefix: string, architecture: 'x86_64' | 'arm64'): string {
  const image = images.find((one) => one.name.startsWith(prefix) && one.architecture === architecture);
  if (!image) throw new Error(`images.json has none for ${architecture}`);
  return image.ami_id;
}

function asked(call: Call): string[] {
  const { Name, Names } = call.parameters;
  return Array.isArray(Names) ? Names.map(String) : [String(Name)];
}

function parameter(region: string, Name: string) {
  const value = valueOf(Name);
  if (!value) return undefined;
  return {
    Name,
    Type: 'String',
    Value: value,
    Version: 1,
    DataType: 'aws:ec2:image',
    ARN: `arn:aws:ssm:${region}::parameter${Name}`,
  };
}

function valueOf(name: string): string | undefined {
  const ubuntu = pattern.exec(name)?.[1];
  if (ubuntu) return ubuntuImage(ubuntu === 'amd64' ? 'x86_64' : 'arm64');
  const ecs = ecsPattern.exec(name);
  return ecs ? imageOf(ecsImages, ecs[1] ? 'arm64' : 'x86_64') : undefined;
}
