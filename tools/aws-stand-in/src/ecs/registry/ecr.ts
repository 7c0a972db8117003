import { randomBytes } from 'node:crypto';
import type { JsonAction } from '../json-layer.js';
import { accountId, now } from '../records.js';
import { ecrActions } from './ecr-actions.js';
import { EcrFace } from './ecr-face.js';
import { Repositories } from './repositories.js';
import type { Registry } from './small-registry.js';

/** What ECR needs of the stand-in. */
export interface EcrBackground {
  /** Where the bytes are; started when it is first asked for. */
  readonly registry: () => Promise<Registry>;
  /** Whether a user may do this to a repository. */
  readonly permits: (accessKeyId: string, action: string, repositoryArn: string) => boolean;
}

/** How long a token is valid, in seconds. */
const validSeconds = 12 * 3600;

/** The caller that the agents are. */
const agent = 'agent';

/** ECR: repositories, their images, and the registry that they are pushed to and pulled from. */
export class Ecr {
  readonly repositories: Repositories;
  readonly #background: EcrBackground;
  readonly #pageSize: () => number;
  /** Passwords → access keys that they were given to. */
  readonly #tokens = new Map<string, string>();
  #face: Promise<EcrFace> | undefined;

  constructor(region: string, background: EcrBackground, pageSize: () => number) {
    this.repositories = new Repositories(region);
    this.#background = background;
    this.#pageSize = pageSize;
  }

  answerOf(action: string): JsonAction | undefined {
    if (action === 'GetAuthorizationToken') return async ({ accessKeyId }) => this.#giveToken(accessKeyId);
    const answer = ecrActions[action];
    return (
      answer && ((_, input) => answer({ repositories: this.repositories, pageSize: this.#pageSize() }, input))
    );
  }

  /** What an agent logs in with; undefined for an image that is elsewhere. */
  async loginOfAgent(image: string): Promise<string | undefined> {
    if (!this.#face || !image.startsWith(`${(await this.#face).host}/`)) return undefined;
    return `Basic ${Buffer.from(`AWS:${this.#newPassword(agent)}`).toString('base64')}`;
  }

  /** Methods and paths that the registry was asked. */
  async requests(): Promise<readonly string[]> {
    return (await this.#face)?.requests ?? [];
  }

  async close(): Promise<void> {
    await (await this.#face)?.stop();
  }

  async #giveToken(accessKeyId: string): Promise<object> {
    const { host } = await this.#startFace();
    const token = Buffer.from(`AWS:${this.#newPassword(accessKeyId)}`).toString('base64');
    return {
      authorizationData: [
        {
          authorizationToken: token,
          expiresAt: now() + validSeconds,
          // AWS's is https://{account}.dkr.ecr.{region}.amazonaws.com
          proxyEndpoint: `http://${host}`,
        },
      ],
      registryId: accountId,
    };
  }

  #newPassword(owner: string): string {
    const password = randomBytes(24).toString('base64url');
    this.#tokens.set(password, owner);
    return password;
  }

  #startFace(): Promise<EcrFace> {
    const { registry, permits } = this.#background;
    this.#face ??= registry().then((behind) =>
      EcrFace.start({
        registry: behind,
        repositories: () => this.repositories,
        ownerOf: (password) => this.#tokens.get(password),
        permits: (caller, action, arn) => caller === agent || permits(caller, action, arn),
      }),
    );
    return this.#face;
  }
}
