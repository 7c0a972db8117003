export * from '@loadwright/infra/ec2';
