export * from '@loadwright/infra/ecs';
