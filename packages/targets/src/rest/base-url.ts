import { z } from 'zod';

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** URL of an API, whatever its scheme. */
export const baseUrlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an https URL' })
  .superRefine((text, context) => {
    if (!URL.canParse(text)) return;
    const url = new URL(text);
    if (url.search || url.hash || url.username || url.password) {
      context.addIssue({ code: 'custom', message: 'must have no query, fragment, user or password' });
    }
  });

/** Whether what is sent there can be read on its way. */
export function isReadable(baseUrl: string): boolean {
  if (!URL.canParse(baseUrl)) return false;
  const { hostname, protocol } = new URL(baseUrl);
  return protocol === 'http:' && !loopback.test(hostname);
}

/** Scheme, host and port: Locust's host. */
export function hostOf({ baseUrl }: { readonly baseUrl: string }): string {
  return new URL(baseUrl).origin;
}

/** The path of the base URL and what is below it: what is requested of the host. */
export function pathBelow(baseUrl: string, path: string): string {
  return new URL(baseUrl).pathname.replace(/\/+$/, '') + path;
}
