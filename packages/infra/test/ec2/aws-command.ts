import {
  ModifyInstanceAttributeCommand,
  ModifyNetworkInterfaceAttributeCommand,
  RevokeSecurityGroupIngressCommand,
  type EC2Client,
  type IpPermission,
} from '@aws-sdk/client-ec2';

/** Options of a command line by their names; quotes are taken off. */
function optionsOf(line: string): Map<string, string[]> {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const options = new Map<string, string[]>();
  let values: string[] = [];
  for (const word of words) {
    if (word.startsWith('--')) options.set(word.slice(2), (values = []));
    else values.push(word);
  }
  return options;
}

/** Does what a command of the AWS CLI would do that Loadwright names: the machine that tests need not have that CLI. */
export async function awsCommand(ec2: EC2Client, line: string): Promise<void> {
  const [, , name = ''] = line.split(' ');
  const options = optionsOf(line);
  const text = (option: string) => options.get(option)?.[0] ?? '';
  switch (name) {
    case 'modify-network-interface-attribute': {
      const NetworkInterfaceId = text('network-interface-id');
      const Groups = options.get('groups');
      await ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups }));
      return;
    }
    case 'revoke-security-group-ingress': {
      const IpPermissions = JSON.parse(text('ip-permissions')) as IpPermission[];
      await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: text('group-id'), IpPermissions }));
      return;
    }
    case 'modify-instance-attribute': {
      const DisableApiTermination = { Value: !options.has('no-disable-api-termination') };
      const InstanceId = text('instance-id');
      await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination }));
      return;
    }
    default:
      throw new Error(`no test carries out: ${line}`);
  }
}
