import { LoadwrightError } from '@loadwright/core';
import { z } from 'zod';
import type { FoundRequest } from './requests.js';

const header = z.object({ name: z.string(), value: z.string() });

/** What is read of an HTTP archive, http://www.softwareishard.com/blog/har-12-spec/. */
const harSchema = z.object({
  log: z.object({
    entries: z.array(
      z.object({
        request: z.object({
          method: z.string(),
          url: z.string(),
          headers: z.array(header).default([]),
          postData: z
            .object({
              mimeType: z.string().optional(),
              text: z.string().optional(),
              params: z
                .array(
                  z.object({
                    name: z.string(),
                    value: z.string().optional(),
                    fileName: z.string().optional(),
                    contentType: z.string().optional(),
                  }),
                )
                .optional(),
            })
            .optional(),
        }),
        response: z.object({ status: z.number() }).optional(),
        /** Written by Chrome. */
        _resourceType: z.string().optional(),
      }),
    ),
  }),
});

/** What a browser loads beside the calls of an API. */
const pageParts = /\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|woff2?|ttf|mp4|html?)$/i;
const pageTypes = new Set([
  'document',
  'stylesheet',
  'script',
  'image',
  'font',
  'media',
  'manifest',
  'ping',
  'preflight',
]);

/**
 * The calls of an HTTP archive, without the parts of pages.
 *
 * @throws LoadwrightError `USAGE` when it is none, or holds no calls.
 */
export function harRequests(text: string): FoundRequest[] {
  const parsed = harSchema.safeParse(json(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new LoadwrightError(
      'USAGE',
      `import har: this is no HTTP archive: ${issue?.path.join('.') || 'the document'}: ${issue?.message}`,
      {
        hint: 'export one from the network panel of a browser ("Save all as HAR")',
      },
    );
  }
  const calls = parsed.data.log.entries.filter(
    ({ _resourceType: type, request }) =>
      URL.canParse(request.url) &&
      /^https?:/.test(request.url) &&
      !['OPTIONS', 'CONNECT', 'TRACE'].includes(request.method) &&
      !(type !== undefined && pageTypes.has(type)) &&
      !(request.method === 'GET' && pageParts.test(new URL(request.url).pathname)),
  );
  if (calls.length === 0) {
    throw new LoadwrightError(
      'USAGE',
      `import har: none of its ${parsed.data.log.entries.length} entries is a call of an API`,
      {
        hint: 'record while the page calls its API; pages, scripts, styles and images are left out',
      },
    );
  }
  return calls.map(({ request, response }) => ({
    method: request.method.toUpperCase(),
    url: new URL(request.url),
    headers: request.headers.map(({ name, value }) => [name, value] as const),
    ...(request.postData && contentOf(request.postData)),
    status: response?.status,
  }));
}

type PostData = NonNullable<z.output<typeof harSchema>['log']['entries'][number]['request']['postData']>;

/** What was sent: as text, or by its fields, of which those of an upload are parts of a form. */
function contentOf({ mimeType = '', params, text }: PostData): Pick<FoundRequest, 'body' | 'form'> {
  if (text) return { body: text };
  if (!params || params.length === 0) return {};
  if (/^multipart\/form-data/i.test(mimeType)) {
    return {
      form: params.map(({ contentType, fileName, name, value = '' }) =>
        fileName === undefined
          ? { name, value }
          : { name, file: fileName, filename: fileName, type: contentType },
      ),
    };
  }
  const fields = params.map(({ name, value = '' }): [string, string] => [name, value]);
  return { body: new URLSearchParams(fields).toString() };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
