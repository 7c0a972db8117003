/** For configuration files: loads nothing else. */
export * from '@loadwright/cli/config';
