import { z } from 'zod';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The option `environment` of every fleet. */
export const environmentSchema = z
  .record(z.string(), z.string().optional())
  .optional()
  .describe("Variables to read and to pass on, instead of this process's own.");

/** process.env is not a plain object, which a schema would want; a copy of it is. */
export function withPlainEnvironment<Options extends { environment?: Environment | undefined }>(
  options: Options,
): Options {
  return options.environment ? { ...options, environment: { ...options.environment } } : options;
}
