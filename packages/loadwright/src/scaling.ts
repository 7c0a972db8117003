export * from '@loadwright/core/scaling';
