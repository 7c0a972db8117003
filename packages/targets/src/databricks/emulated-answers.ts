import type { EmulatedRequest, EmulatedResponse } from '@loadwright/core/testing';

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
