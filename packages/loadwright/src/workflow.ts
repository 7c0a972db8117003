export * from '@loadwright/core/workflow';
