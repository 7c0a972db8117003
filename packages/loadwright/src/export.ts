export * from '@loadwright/core/export';
