export * from '@loadwright/core/exporters';
