/**
 * Configuration files: the types of one, and reading one.
 *
 * @packageDocumentation
 */
export * from './contract.js';
export type * from './typed-thresholds.js';
export { loadConfig, type LoadConfigOptions } from './load-config.js';
export { findConfigFile } from './read-file.js';
export { whyUnreadable } from './unreadable.js';
export { settings, type Setting } from './settings.js';
export { configJsonSchema } from './json-schema.js';
