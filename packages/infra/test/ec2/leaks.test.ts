import { CreateSecurityGroupCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { CreateInstanceProfileCommand } from '@aws-sdk/client-iam';
import { fileURLToPath } from 'node:url';
import { fakeMaster, type AwsStandIn } from '@loadwright/aws-stand-in';
import { fleetOf } from '../../src/ec2/fleet.js';
import { leakMatrix } from '../leaks/matrix.js';
import { requestOf, settingsOf, uiPort, type Work } from './work.js';

leakMatrix(
  {
    phases: ['deploy', 'destroy'],
    launches: ['deploy'],
    child: fileURLToPath(new URL('./child.ts', import.meta.url)),
    fleetOf: (work) => fleetOf(settingsOf(work)),
    prepare: async () => fakeMaster({ port: uiPort, password: '', workers: 2 }),
    bring,
    carryOut: async (phase, work) => {
      const fleet = fleetOf(settingsOf(work));
      if (phase === 'deploy') await fleet.provision(requestOf(work, new AbortController().signal));
      else await fleet.lasting!.destroy(work.fleetId);
    },
  },
  { handful: 6 },
);

async function bring({ direct }: AwsStandIn): Promise<Work['adopted']> {
  const { Vpcs } = await direct.ec2.send(
    new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
  );
  const group = { GroupName: 'of-the-caller', Description: 'of the caller', VpcId: Vpcs?.[0]?.VpcId };
  const { GroupId } = await direct.ec2.send(new CreateSecurityGroupCommand(group));
  const instanceProfile = 'of-the-caller';
  await direct.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: instanceProfile }));
  return { securityGroup: GroupId ?? '', instanceProfile };
}
