export * from '@loadwright/infra/image';
