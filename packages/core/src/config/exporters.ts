import { z } from 'zod';
import type { Exporter } from '../exporters/contract.js';
import { loadExporter } from '../exporters/load-exporter.js';
import { validate } from '../validation/validate.js';
import { byKindSchema, isTarget } from './target.js';

/** Exporters, made by their functions or named by their kinds: {@link findExporters} looks at each. */
export const exportersSchema = z.array(z.unknown()).max(20);

/** Loads every exporter that is named by its kind. @throws LoadwrightError `CONFIG_INVALID`, `EXPORTER_INVALID` */
export async function findExporters(given: readonly unknown[], baseDirectory: string): Promise<Exporter[]> {
  return Promise.all(
    given.map(async (one, index) => {
      // A definition with its options, as a target is.
      if (isTarget(one)) return one as unknown as Exporter;
      const { kind, ...options } = validate(byKindSchema, one, {
        field: `exporters[${index}]`,
        hint: 'Name a kind, with its options: { kind: "otlp", url: "http://127.0.0.1:4318/v1/metrics" }.',
      });
      return (await loadExporter(kind, baseDirectory))(options);
    }),
  );
}
