import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  DeleteParametersCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
} from '@aws-sdk/client-ssm';
import { useAws } from '@loadwright/aws-stand-in';
import { describe, expect, it } from 'vitest';
import { machineStatements } from '../../src/ec2/permissions/machine.js';
import { bucketName, certificateParameter, parameterPrefix } from '../../src/aws/fleet-identity.js';
import { clientsFor } from './clients-for.js';

const aws = useAws();
const [fleetId, otherFleet] = ['20261123-093000-0123456789', '20261123-093000-abcdef0123'];
const named = (id: string) => ({ fleetKind: 'ec2', fleetId: id });

describe('the role of a machine', () => {
  /** A role as a deployment makes it, and clients with its keys. */
  async function asMachine() {
    const { iam, s3, ssm } = aws().direct;
    const { region } = aws();
    const [RoleName, InstanceProfileName] = ['machine', 'machine'];
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{}' }));
    const Statement = machineStatements({
      ...named(fleetId),
      region,
      iamStatements: [],
    });
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument }));
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
    for (const id of [fleetId, otherFleet]) {
      const Bucket = bucketName(named(id), region);
      const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' as const };
      await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
      await s3.send(new PutObjectCommand({ Bucket, Key: 'bundle.tar.gz', Body: 'a bundle' }));
      const Name = `${parameterPrefix(named(id))}worker/TOKEN`;
      await ssm.send(new PutParameterCommand({ Name, Value: 'secret', Type: 'SecureString' }));
    }
    expect(await aws().addRoleKeys('ASIAROLE', InstanceProfileName)).toBe(RoleName);
    return clientsFor(aws(), aws().environmentOf({ accessKeyId: 'ASIAROLE', secretAccessKey: 'made up' }));
  }

  it('reads its own bundle and its own secrets', async () => {
    const { s3, ssm } = await asMachine();
    const Bucket = bucketName(named(fleetId), aws().region);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'bundle.tar.gz' }));
    expect(await Body?.transformToString()).toBe('a bundle');
    const Path = parameterPrefix(named(fleetId));
    const { Parameters } = await ssm.send(
      new GetParametersByPathCommand({ Path, Recursive: true, WithDecryption: true }),
    );
    expect(Parameters).toMatchObject([{ Value: 'secret' }]);
  });

  it('reads and writes nothing else', async () => {
    const { s3, ssm, iam } = await asMachine();
    const [own, other] = [fleetId, otherFleet].map((id) => bucketName(named(id), aws().region));
    const [Key, Path] = ['bundle.tar.gz', parameterPrefix(named(otherFleet))];
    const denied = { name: expect.stringMatching(/^AccessDenied/) as string };
    await expect(s3.send(new GetObjectCommand({ Bucket: other, Key }))).rejects.toMatchObject(denied);
    await expect(s3.send(new PutObjectCommand({ Bucket: own, Key, Body: 'b' }))).rejects.toMatchObject(
      denied,
    );
    await expect(ssm.send(new GetParametersByPathCommand({ Path }))).rejects.toMatchObject(denied);
    const Names = [`${parameterPrefix(named(fleetId))}worker/TOKEN`, `${Path}worker/TOKEN`];
    await expect(ssm.send(new DeleteParametersCommand({ Names }))).rejects.toMatchObject(denied);
    const put = (Name: string) =>
      ssm.send(new PutParameterCommand({ Name, Value: 'x', Type: 'SecureString', Overwrite: true }));
    for (const name of [...Names, `${parameterPrefix(named(fleetId))}master/LOADWRIGHT_UI_PASSWORD`]) {
      await expect(put(name)).rejects.toMatchObject(denied);
    }
    await expect(put(`${Path}${certificateParameter}`)).rejects.toMatchObject(denied);
    // Its own alone, it may.
    await put(`${parameterPrefix(named(fleetId))}${certificateParameter}`);
    await ssm.send(new DeleteParametersCommand({ Names: Names.slice(0, 1) }));
    const role = new CreateRoleCommand({ RoleName: 'another', AssumeRolePolicyDocument: '{}' });
    await expect(iam.send(role)).rejects.toMatchObject(denied);
  });
});
