import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle } from '@loadwright/core';
import { afterEach, beforeEach } from 'vitest';
import { pushImage, type PushedImage, type PushImageOptions } from '../../src/image/index.js';
import { smallBundle } from './small-bundle.js';
import { SmallRegistry, type RegistryTraits } from './small-registry.js';

/** What a test of this folder works with. */
export interface World {
  /** Of the bundle, and of Docker's configuration. */
  readonly directory: string;
  bundle: Bundle;
  /** Starts a registry that ends with the test. */
  registry(traits?: RegistryTraits): Promise<SmallRegistry>;
  /** Sends the bundle on the image `locustio/locust` of one registry to `team/loadwright` of another. */
  push(target: SmallRegistry, source: SmallRegistry, more?: Partial<PushImageOptions>): Promise<PushedImage>;
}

/** A world for each test of a file. */
export function withRegistries(): World {
  let open: SmallRegistry[] = [];
  const world = {
    directory: '',
    bundle: undefined as unknown as Bundle,
    async registry(traits: RegistryTraits = {}) {
      const started = await SmallRegistry.start(traits);
      open.push(started);
      return started;
    },
    push: (target: SmallRegistry, source: SmallRegistry, more: Partial<PushImageOptions> = {}) =>
      pushImage({
        bundle: world.bundle,
        to: `${target.host}/team/loadwright`,
        base: `${source.host}/locustio/locust`,
        environment: { DOCKER_CONFIG: world.directory },
        ...more,
      }),
  };
  beforeEach(async () => {
    world.directory = await mkdtemp(join(tmpdir(), 'loadwright-push-'));
    world.bundle = await smallBundle(world.directory);
  });
  afterEach(async () => {
    for (const registry of open) await registry[Symbol.asyncDispose]();
    open = [];
    await rm(world.directory, { recursive: true });
  });
  return world;
}
