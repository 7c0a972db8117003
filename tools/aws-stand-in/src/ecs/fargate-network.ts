import { errorAnswer, xmlAnswer } from '../answers.js';
import { listOf, textOf, type Layer } from '../calls.js';
import type { Task } from './records.js';
import type { EcsState } from './state.js';

/** The network interface of a task, which is ECS's own: it has no tags of a fleet. */
export const interfaceOf = ({ id }: Pick<Task, 'id'>) => `eni-${id.slice(0, 17)}`;

/** What EC2 knows of tasks on Fargate: their network interfaces, which hold their security groups until they have ended. */
export function fargateNetwork(state: EcsState): Layer {
  const tasks = () =>
    [...state.tasks.values()].filter(({ network, lastStatus }) => network && lastStatus !== 'STOPPED');
  return async (call, next) => {
    if (call.name === 'ec2:DeleteSecurityGroup') {
      const group = textOf(call, 'GroupId');
      if (!tasks().some(({ network }) => network?.securityGroups.includes(group))) return next(call);
      return errorAnswer(call, 'DependencyViolation', `resource ${group} has a dependent object`);
    }
    if (call.name !== 'ec2:DescribeNetworkInterfaces') return next(call);
    const ids = listOf(call, 'NetworkInterfaceId');
    const found = tasks().filter((task) => ids.includes(interfaceOf(task)));
    if (found.length === 0) return next(call);
    const item = found.map((task) => ({
      networkInterfaceId: interfaceOf(task),
      status: 'in-use',
      privateIpAddress: task.address,
      subnetId: task.network?.subnets[0],
      groupSet: { item: (task.network?.securityGroups ?? []).map((groupId) => ({ groupId })) },
      ...(task.network?.assignPublicIp === 'ENABLED' && { association: { publicIp: task.address } }),
    }));
    return xmlAnswer({ DescribeNetworkInterfacesResponse: { networkInterfaceSet: { item } } });
  };
}
