import { setTimeout as delay } from 'node:timers/promises';
import { CreateTagsCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { DescribeParametersCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { fakeMaster, parameterProblems, useAws, type Machine } from '@loadwright/aws-stand-in';
import { beforeEach, describe, expect, it } from 'vitest';
import { certificateParameter, parameterPrefix } from '../../src/aws/fleet-identity.js';
import { uiPort } from '../ec2/work.js';
import { selfSigned, serveWith, type SelfSigned } from '../self-signed.js';
import { baseImage, optionsFor, provisionRequest, quickFleet } from './account.js';
import { makeCertificate } from './certificate-of-machine.js';

const aws = useAws();
let containerImage: string;

beforeEach(async () => {
  containerImage = await baseImage(aws());
  // Containers in which nothing happens: the web UI is what each test makes of it.
  const { containers } = fakeMaster({ port: uiPort, password: '', workers: 2 });
  Object.assign(aws().behaviour, { containers });
});

const fleet = () => quickFleet(optionsFor(aws(), { containerImage, access: 'https' }));

/** Without what fleets share: the repository, and its images. */
const ownInventory = async () => (await aws().inventory()).filter((one) => !one.startsWith('ecr:'));

async function tagOfMaster(fleetId: string, Key: string, Value: string): Promise<void> {
  const { ec2 } = aws().direct;
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({
      Filters: [
        { Name: 'tag:loadwright:fleet-id', Values: [fleetId] },
        { Name: 'tag:loadwright:part', Values: ['master'] },
      ],
    }),
  );
  const Resources = Reservations.flatMap(({ Instances = [] }) =>
    Instances.map(({ InstanceId = '' }) => InstanceId),
  );
  await ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key, Value }] }));
}

describe('an encrypted web UI on ECS', { timeout: 120_000 }, () => {
  it('has the certificate that the machine of the master makes, and nothing of it is left', async () => {
    const before = await ownInventory();
    const made: SelfSigned[] = [];
    aws().behaviour.onMachine = async (machine: Machine) => {
      const own = await makeCertificate(aws(), machine);
      if (!own) return;
      made.push(own);
      await serveWith(own, machine.privateAddress, uiPort);
    };
    const request = await provisionRequest();
    const handle = await fleet().provision(request);
    expect(made).toHaveLength(1);
    expect(handle.certificate).toBe(made[0]?.certificate);
    expect(handle.masterUrl).toMatch(new RegExp(`^https://.*:${uiPort}$`));
    const [master] = aws().calls.filter(
      ({ name, parameters: { family } }) =>
        name === 'ecs:RegisterTaskDefinition' && String(family).endsWith('-master'),
    );
    expect(master?.parameters).toMatchObject({
      volumes: [{ host: { sourcePath: '/run/loadwright' } }],
      containerDefinitions: [{ mountPoints: [{ containerPath: '/run/loadwright', readOnly: true }] }],
    });

    // Also by who reads in a tag that it has none, from a machine without its configuration.
    await tagOfMaster(request.fleetId, 'loadwright:ui', `http:${uiPort}`);
    const { masterUrl, certificate } = await quickFleet(optionsFor(aws())).open(request.fleetId);
    expect({ masterUrl, certificate }).toEqual({
      masterUrl: handle.masterUrl,
      certificate: handle.certificate,
    });

    // A machine that hands it over once more while it is removed.
    let isLate = false;
    aws().behaviour.onMachineGone = async () => {
      if (isLate) return;
      isLate = true;
      const { ssm } = aws().direct;
      const isGone = async () => (await ssm.send(new DescribeParametersCommand({}))).Parameters?.length === 0;
      while (!(await isGone())) await delay(10);
      const prefix = parameterPrefix({ fleetKind: 'ecs', fleetId: request.fleetId });
      const Name = `${prefix}${certificateParameter}`;
      await ssm.send(new PutParameterCommand({ Name, Value: 'late', Type: 'SecureString', Overwrite: true }));
    };
    expect(await handle.destroy()).toMatchObject({ remaining: [] });
    expect(isLate).toBe(true);
    expect(await ownInventory()).toEqual(before);
    expect(await parameterProblems(aws().calls)).toEqual([]);
  });

  it('is sent nothing when whoever answers shows another certificate, and leaves nothing', async () => {
    const before = await ownInventory();
    let received: readonly string[] = [];
    aws().behaviour.onMachine = async (machine: Machine) => {
      if (!(await makeCertificate(aws(), machine))) return;
      ({ received } = await serveWith(selfSigned(), machine.privateAddress, uiPort));
    };
    await expect(fleet().provision(await provisionRequest())).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringContaining('shows another certificate than the machine has made') as string,
    });
    expect(received).toEqual([]);
    expect(await ownInventory()).toEqual(before);
  });

  it('tells of a machine that does not hand its certificate over, and leaves nothing', async () => {
    const before = await ownInventory();
    const unheard = quickFleet(optionsFor(aws(), { containerImage, access: 'https', startTimeout: '15s' }));
    await expect(unheard.provision(await provisionRequest())).rejects.toThrow(
      /did not answer within 15 s: [^]*has not handed over the certificate of its web UI: .*must allow ssm:PutParameter/,
    );
    expect(await ownInventory()).toEqual(before);
  });
});
