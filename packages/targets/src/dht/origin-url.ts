import { z } from 'zod';

/** Stands for the number of a URL in a template, from 0 to count - 1. */
export const placeholder = '{i}';

/** A URL of the web, whatever its characters. */
export const originUrl = z
  .string()
  .refine((text) => webUrl(text) !== undefined, 'must be a URL such as https://origin.example/item/{i}')
  .refine((text) => !webUrl(text)?.username && !webUrl(text)?.password, {
    error: 'must hold no user or password: it is written to files',
  })
  .refine((text) => !/\p{Surrogate}/u.test(text), {
    error: 'holds half a character (a single surrogate), which cannot be sent',
  });

/** Undefined for a text that is no URL of the web. */
export function webUrl(text: string): URL | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}

/** A node hands the URL on without encoding it again, so these characters would cut it off. */
export function originUrlProblem(text: string): string | undefined {
  if (!/[&#\s]/.test(text)) return undefined;
  return 'must not hold &, # or white space: a node would cut the URL off there, unless reencodes is true';
}
