import type { EmulatedRequest, EmulatedResponse } from '@loadwright/core/testing';
import type { EmulatedTokens } from './emulated-tokens.js';

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

/** Errors of the gateway carry their status as a number, errors of the services behind it a name. */
export function failure(status: number, code: string | number, message: string): EmulatedResponse {
  return { status, body: { error_code: code, message } };
}

/** What was sent in the header `Authorization`, or the answer that refuses its absence. */
export function bearerOf(request: EmulatedRequest): string | EmulatedResponse {
  return (
    /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1] ??
    failure(401, 401, 'Credential was not sent or was of an unsupported type for this API.')
  );
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

  constructor(tokens: EmulatedTokens, endpoint: () => EmulatedEndpoint) {
    this.#tokens = tokens;
    this.#endpoint = endpoint;
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
    const name = /^\/api\/2\.0\/serving-endpoints\/([^/]+)$/.exec(path)?.[1];
    return method === 'GET' && name !== undefined ? this.#describe(request, name) : undefined;
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
        name,
        id,
        state: { ready: 'READY', config_update: 'NOT_UPDATING' },
        route_optimized: direct !== undefined,
        ...info,
      },
    };
  }
}
