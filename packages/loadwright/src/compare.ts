export * from '@loadwright/core/compare';
