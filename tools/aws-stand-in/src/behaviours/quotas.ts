import {
  DescribeInstanceTypesCommand,
  DescribeInstancesCommand,
  type _InstanceType,
} from '@aws-sdk/client-ec2';
import type { Account } from '../account.js';
import { errorAnswer, jsonAnswer } from '../answers.js';
import { textOf, type Call, type Layer } from '../calls.js';

const quotaCodes: Record<string, { kind: 'onDemand' | 'spot'; name: string }> = {
  'L-1216C47A': {
    kind: 'onDemand',
    name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
  },
  'L-34B43A08': { kind: 'spot', name: 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests' },
};

const fargateCodes: Record<string, { kind: 'onDemand' | 'spot'; name: string }> = {
  'L-3032A538': { kind: 'onDemand', name: 'Fargate On-Demand vCPU resource count' },
  'L-36FBB829': { kind: 'spot', name: 'Fargate Spot vCPU resource count' },
};

/** The vCPU quotas: said by servicequotas:GetServiceQuota, and enforced by RunInstances. */
export function quotas({ moto, direct, behaviour }: Account): Layer {
  return async (call, next) => {
    if (call.name === 'servicequotas:GetServiceQuota') return tell(call);
    // A dry run asks for permissions, not for capacity.
    if (call.name !== 'ec2:RunInstances' || textOf(call, 'DryRun') === 'true') return next(call);
    const spot = textOf(call, 'InstanceMarketOptions.MarketType') === 'spot';
    const limit = spot ? behaviour.quotas.spot : behaviour.quotas.onDemand;
    if ((await used(spot)) + (await vcpus([textOf(call, 'InstanceType')])) <= limit) return next(call);
    return spot
      ? errorAnswer(call, 'MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded')
      : errorAnswer(
          call,
          'VcpuLimitExceeded',
          `You have requested more vCPU capacity than your current vCPU limit of ${limit} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`,
        );
  };

  function tell(call: Call) {
    const code = textOf(call, 'QuotaCode');
    const ServiceCode = textOf(call, 'ServiceCode');
    const isOfFargate = ServiceCode === 'fargate';
    const quota = (isOfFargate ? fargateCodes : quotaCodes)[code];
    if (!quota)
      return errorAnswer(
        call,
        'NoSuchResourceException',
        'The request failed because the specified quota does not exist.',
      );
    return jsonAnswer({
      Quota: {
        ServiceCode,
        QuotaCode: code,
        QuotaName: quota.name,
        Value: (isOfFargate ? behaviour.fargate : behaviour.quotas)[quota.kind],
        Unit: 'None',
        Adjustable: true,
        GlobalQuota: false,
      },
    });
  }

  async function used(spot: boolean): Promise<number> {
    const { Reservations = [] } = await moto.unrestricted(() =>
      direct.ec2.send(
        new DescribeInstancesCommand({ Filters: [{ Name: 'instance-state-name', Values: ['running'] }] }),
      ),
    );
    const running = Reservations.flatMap(({ Instances = [] }) => Instances).filter(
      ({ InstanceLifecycle }) => (InstanceLifecycle === 'spot') === spot,
    );
    return vcpus(running.flatMap(({ InstanceType }) => InstanceType ?? []));
  }

  /** Of a list of types, one for each machine. A type that does not exist counts nothing: moto refuses it. */
  async function vcpus(types: readonly string[]): Promise<number> {
    if (types.length === 0) return 0;
    const { InstanceTypes = [] } = await moto.unrestricted(() =>
      direct.ec2.send(
        new DescribeInstanceTypesCommand({
          Filters: [{ Name: 'instance-type', Values: [...new Set(types)] as _InstanceType[] }],
        }),
      ),
    );
    const each = new Map(
      InstanceTypes.map(({ InstanceType, VCpuInfo }) => [String(InstanceType), VCpuInfo?.DefaultVCpus ?? 0]),
    );
    return types.reduce((sum, type) => sum + (each.get(type) ?? 0), 0);
  }
}
