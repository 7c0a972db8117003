import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateRouteCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import type { Behaviour } from './account.js';

/** Makes the network of an account: moto's default VPC has no way out. */
export async function prepareNetwork(ec2: EC2Client, network: Behaviour['network']): Promise<void> {
  if (network === 'no-route') return;
  const { Vpcs = [] } = await ec2.send(
    new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
  );
  const VpcId = Vpcs[0]?.VpcId;
  const ofVpc = { Filters: [{ Name: 'vpc-id', Values: [VpcId ?? ''] }] };
  if (network === 'none') {
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand(ofVpc));
    for (const { SubnetId } of Subnets) await ec2.send(new DeleteSubnetCommand({ SubnetId }));
    await ec2.send(new DeleteVpcCommand({ VpcId }));
    return;
  }
  const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand(ofVpc));
  const everywhere = { RouteTableId: RouteTables[0]?.RouteTableId, DestinationCidrBlock: '0.0.0.0/0' };
  if (network === 'nat') {
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand(ofVpc));
    const wish = { SubnetId: Subnets[0]?.SubnetId, ConnectivityType: 'private' } as const;
    const { NatGateway } = await ec2.send(new CreateNatGatewayCommand(wish));
    await ec2.send(new CreateRouteCommand({ ...everywhere, NatGatewayId: NatGateway?.NatGatewayId }));
    return;
  }
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const GatewayId = InternetGateway?.InternetGatewayId;
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId: GatewayId }));
  await ec2.send(new CreateRouteCommand({ ...everywhere, GatewayId }));
}
