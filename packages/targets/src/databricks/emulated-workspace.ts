import type { EmulatedRequest, EmulatedResponse } from '@loadwright/core/testing';
import { bearerOf, failure } from './emulated-answers.js';
import type { EmulatedTokens } from './emulated-tokens.js';
import type { EmulatedServing } from './scaling/emulated-serving.js';

/** What the API of a workspace says of a serving endpoint. */
export interface EmulatedEndpoint {
  readonly name: string;
  readonly id: string;
  /** Of a route-optimised endpoint: its own URL, and for what its tokens are asked. */
  readonly direct?: { readonly url: string; readonly authorizationDetails: string } | undefined;
}

/** `authorization_details` of an endpoint, as Databricks documents them. */
export function authorizationDetails(id: string): string {
  return JSON.stringify([
    {
      type: 'workspace_permission',
      object_type: 'serving-endpoints',
      object_path: `/serving-endpoints/${id}`,
      actions: ['query_inference_endpoint'],
    },
  ]);
}

/** It comes first in the paths of route-optimised endpoints. */
export const emulatedWorkspaceId = '7405610926171';

function issuerOf({ headers }: EmulatedRequest): string {
  return `http://${headers['host']}/oidc`;
}

/** The part of a workspace that is no serving: its token service, and its API of serving endpoints. */
export class EmulatedWorkspace {
  /** Its answers, and those of them that were refusals. They are no requests of a load. */
  readonly counts = { requests: 0, rejected: 0 };
  readonly #tokens: EmulatedTokens;
  readonly #endpoint: () => EmulatedEndpoint;
  readonly #export: () => string;
  readonly #serving: EmulatedServing;

  /** @param metrics The export of the endpoint's metrics. */
  constructor(
    tokens: EmulatedTokens,
    endpoint: () => EmulatedEndpoint,
    serving: EmulatedServing,
    metrics: () => string,
  ) {
    this.#serving = serving;
    this.#tokens = tokens;
    this.#endpoint = endpoint;
    this.#export = metrics;
  }

  /** Undefined for what is no matter of the workspace. */
  answer(request: EmulatedRequest): EmulatedResponse | undefined {
    const answer = this.#answer(request);
    if (answer !== undefined) {
      this.counts.requests += 1;
      if (answer.status >= 400) this.counts.rejected += 1;
    }
    return answer;
  }

  #answer(request: EmulatedRequest): EmulatedResponse | undefined {
    const { method, path } = request;
    if (path === '/oidc/v1/token' && method === 'POST') return this.#tokens.issue(request);
    if (path === '/oidc/.well-known/oauth-authorization-server') return this.#discovery(request);
    // Where the SDK, begins to look (seen in databricks-sdk 0.156).
    if (path === '/.well-known/databricks-config') {
      const body = { oidc_endpoint: issuerOf(request), workspace_id: emulatedWorkspaceId, cloud: 'AWS' };
      return { status: 200, body };
    }
    const [, name, part] = /^\/api\/2\.0\/serving-endpoints\/([^/]+)(\/metrics|\/config)?$/.exec(path) ?? [];
    if (name === undefined || method !== (part === '/config' ? 'PUT' : 'GET')) return undefined;
    const described = this.#describe(request, name);
    if (part === undefined || described.status !== 200) return described;
    if (part === '/config') return this.#serving.update(request) ?? this.#describe(request, name);
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: this.#export() };
  }

  #discovery(request: EmulatedRequest): EmulatedResponse {
    const issuer = issuerOf(request);
    return {
      status: 200,
      body: {
        issuer,
        authorization_endpoint: `${issuer}/v1/authorize`,
        token_endpoint: `${issuer}/v1/token`,
        grant_types_supported: ['client_credentials', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
      },
    };
  }

  #describe(request: EmulatedRequest, name: string): EmulatedResponse {
    const sent = bearerOf(request);
    if (typeof sent !== 'string') return sent;
    const problem = this.#tokens.problemOf(sent, 'workspace', true);
    if (problem !== undefined) return failure(403, 403, problem);
    const { direct, id, ...endpoint } = this.#endpoint();
    if (name !== endpoint.name) {
      return failure(404, 'RESOURCE_DOES_NOT_EXIST', `Endpoint with name '${name}' does not exist.`);
    }
    const info = direct && {
      endpoint_url: direct.url,
      data_plane_info: {
        query_info: { endpoint_url: direct.url, authorization_details: direct.authorizationDetails },
      },
    };
    return {
      status: 200,
      body: {
        ...this.#serving.describe(),
        name,
        id,
        route_optimized: direct !== undefined,
        ...info,
      },
    };
  }
}
