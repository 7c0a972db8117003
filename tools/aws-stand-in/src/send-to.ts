import { request as httpRequest } from 'node:http';
import type { Answer, RawRequest } from './calls.js';

/** Sends a request to another server of this machine as it is, and gives back its answer. */
export function sendTo(url: string, { method, path, headers, body }: RawRequest): Promise<Answer> {
  const { expect: _, 'transfer-encoding': __, ...kept } = headers;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${url}${path}`,
      {
        method,
        // The server closes every connection.
        agent: false,
        headers: { ...kept, ...(body.length > 0 && { 'content-length': String(body.length) }) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('error', reject);
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const headers = Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
          );
          resolve({ status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks) });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
