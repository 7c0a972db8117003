import { hasDockerRegistry, startDockerRegistry } from './docker-registry.js';
import { SmallRegistry, type Registry } from './small-registry.js';

/** The registry behind ECR, from when it is first needed: Debian's where it is installed. */
export class LazyRegistry {
  #registry: Promise<Registry> | undefined;

  get(): Promise<Registry> {
    this.#registry ??= hasDockerRegistry() ? startDockerRegistry() : SmallRegistry.start();
    return this.#registry;
  }

  async stop(): Promise<void> {
    await (await this.#registry)?.stop();
  }
}
