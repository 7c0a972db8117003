/**
 * A container image of a test, made and pushed without Docker.
 *
 * @packageDocumentation
 */
export {
  defaultBase,
  pushImage,
  type ImageProgress,
  type PushedImage,
  type PushImageOptions,
} from './push.js';
export { platforms, type Platform } from './manifest.js';
export { type RegistryCredentials } from './credentials.js';
