import { durationSchema } from '@loadwright/core/target';
import { capacityOptionsSchema } from '@loadwright/core/testing';
import { z } from 'zod';
import { protocols } from './options.js';

/** Options of the emulated ring. */
export const emulatorOptionsSchema = capacityOptionsSchema
  .extend({
    protocol: z
      .enum(protocols)
      .default('koorde')
      .describe('how URLs are shared, and what /health and /metrics say'),
    nodes: z.int().min(1).max(1000).default(4).describe('nodes of the ring'),
    cacheBytes: z
      .int()
      .min(0)
      .default(64 * 1024 * 1024)
      .describe('capacity of the cache of each node, in bytes'),
    objectBytes: z
      .int()
      .min(1)
      .max(16 * 1024 * 1024)
      .default(1024)
      .describe('size of every object of the origin, in bytes'),
    hotMisses: z
      .int()
      .min(1)
      .default(10)
      .describe('a URL that its node has missed more often than this is hot: another node is asked for it'),
    reencodes: z
      .boolean()
      .default(false)
      .describe(
        'nodes encode a URL again when they pass it on. The original nodes do not, and cut it off at & and #',
      ),
    state: z
      .enum(['READY', 'NOT_INITIALIZED', 'DEBRUIJN_NOT_READY'])
      .default('READY')
      .describe('what /health says; when it is not READY, /cache fails as well'),
    originFails: z
      .boolean()
      .default(false)
      .describe('the origin never answers, so that every miss ends in 502'),
    fetches: z
      .boolean()
      .default(false)
      .describe(
        'a miss is fetched from its URL, which must be on this machine. By default the origin is inside the emulator',
      ),
    leaveAfter: durationSchema()
      .optional()
      .describe('time after its start at which a node is killed. Default: never'),
    joinAfter: durationSchema()
      .optional()
      .describe('time after its start at which one more node joins. Default: never'),
    settling: durationSchema()
      .default('1s')
      .describe('time after a node has left or joined until the others know of it'),
  })
  .refine(({ protocol, state }) => protocol === 'koorde' || state !== 'DEBRUIJN_NOT_READY', {
    path: ['state'],
    error: 'DEBRUIJN_NOT_READY is a state of koorde only; the others have no de Bruijn graph',
  });

export type EmulatorInput = z.input<typeof emulatorOptionsSchema>;
export type EmulatorOptions = z.output<typeof emulatorOptionsSchema>;
