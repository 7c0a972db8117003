import { putBase, SmallRegistry } from '../image/small-registry.js';

/** Names the image below the bundles, for this process and those that it starts. */
const variable = 'LOADWRIGHT_TEST_BASE_IMAGE';

/**
 * Starts a registry with an image that stands for Locust's, for both architectures.
 *
 * @returns ends it
 */
export async function offerBaseImage(): Promise<() => Promise<void>> {
  const registry = await SmallRegistry.start();
  const { digest } = putBase(registry, 'locustio/locust', { architectures: ['amd64', 'arm64'] });
  process.env[variable] = `${registry.host}/locustio/locust@${digest}`;
  return async () => {
    delete process.env[variable];
    await registry[Symbol.asyncDispose]();
  };
}

export function baseImage(): string {
  const image = process.env[variable];
  if (image === undefined) throw new Error('there is no base image: call offerBaseImage first');
  return image;
}
