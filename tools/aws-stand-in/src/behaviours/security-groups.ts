import { DescribeNetworkInterfacesCommand, DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2';
import type { Account } from '../account.js';
import { errorAnswer } from '../answers.js';
import { textOf, type Layer } from '../calls.js';
import type { Machines } from './machines.js';

/** A security group stays until the last machine, network interface and rule of another group that uses it is gone. */
export function securityGroups({ moto, direct }: Account, machines: Machines): Layer {
  return async (call, next) => {
    if (call.name !== 'ec2:DeleteSecurityGroup') return next(call);
    const group = textOf(call, 'GroupId');
    for (const machine of machines.usersOf(group)) machines.look(machine);
    const { NetworkInterfaces = [] } = await moto.unrestricted(() =>
      direct.ec2.send(
        new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'group-id', Values: [group] }] }),
      ),
    );
    const referring = await Promise.all(
      ['ip-permission.group-id', 'egress.ip-permission.group-id'].map(rulesOf),
    );
    const isReferred = referring.flat().some(({ GroupId }) => GroupId !== group);
    if (machines.usersOf(group).length === 0 && NetworkInterfaces.length === 0 && !isReferred)
      return next(call);
    return errorAnswer(call, 'DependencyViolation', `resource ${group} has a dependent object`);

    async function rulesOf(Name: string) {
      const Filters = [{ Name, Values: [group] }];
      const found = moto.unrestricted(() => direct.ec2.send(new DescribeSecurityGroupsCommand({ Filters })));
      return (await found).SecurityGroups ?? [];
    }
  };
}
