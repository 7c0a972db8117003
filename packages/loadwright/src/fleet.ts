export * from '@loadwright/core/fleet';
