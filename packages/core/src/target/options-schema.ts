import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';

/**
 * The schema of a target's options: any library that implements Standard Schema for validation and Standard JSON
 * Schema for description (zod from 4.2 does both). It must validate synchronously. A property that holds a secret is
 * marked `writeOnly: true` in its JSON Schema (in zod: `.meta({ writeOnly: true })`) and is redacted everywhere.
 */
export type OptionsSchema<Input = unknown, Options = unknown> = {
  readonly '~standard': StandardSchemaV1.Props<Input, Options> & StandardJSONSchemaV1.Props<Input, Options>;
};
