/**
 * Load from this machine.
 *
 * @packageDocumentation
 */
export { localFleet } from './fleet.js';
export { ensureLocust, findLocust } from './ensure-locust.js';
export { findPython, type Python } from './find-python.js';
export type { LocustInstallation } from './locust-command.js';
export { localFleetOptionsSchema, type LocalFleetOptions } from './options.js';
