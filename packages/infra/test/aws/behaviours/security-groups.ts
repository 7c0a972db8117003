import { DescribeNetworkInterfacesCommand } from '@aws-sdk/client-ec2';
import type { Account } from '../account.js';
import { errorAnswer } from '../answers.js';
import { textOf, type Layer } from '../calls.js';
import type { Machines } from './machines.js';

/** A security group stays until the last machine and network interface that uses it is gone. */
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
    if (machines.usersOf(group).length === 0 && NetworkInterfaces.length === 0) return next(call);
    return errorAnswer(call, 'DependencyViolation', `resource ${group} has a dependent object`);
  };
}
