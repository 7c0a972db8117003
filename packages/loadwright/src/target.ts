export * from '@loadwright/core/target';
