export * from '@loadwright/core/testing';
