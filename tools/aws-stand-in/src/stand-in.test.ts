import { CreateKeyPairCommand, CreateVolumeCommand } from '@aws-sdk/client-ec2';
import { CreatePolicyCommand } from '@aws-sdk/client-iam';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { useAws } from './index.js';

const aws = useAws();

it('takes stock of everything, and forgets it', async () => {
  const { ec2, iam, ssm } = aws().direct;
  await ec2.send(new CreateKeyPairCommand({ KeyName: 'k' }));
  const { VolumeId } = await ec2.send(new CreateVolumeCommand({ AvailabilityZone: 'eu-west-1a', Size: 1 }));
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
  });
  await iam.send(new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument }));
  await ssm.send(new PutParameterCommand({ Name: '/loadwright/r/p', Type: 'SecureString', Value: 'v' }));
  expect(await aws().inventory()).toEqual([
    'ec2:key-pair/k',
    `ec2:volume/${VolumeId}`,
    'iam:policy/p',
    'ssm:parameter//loadwright/r/p',
  ]);
  expect(aws().calls).toEqual([]);
  await aws().reset();
  expect(await aws().inventory()).toEqual([]);
});
