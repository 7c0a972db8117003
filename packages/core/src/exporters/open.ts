import { describeValue } from '../validation/validate.js';
import type { ExporterContext, OpenExporter } from './contract.js';
import type { PreparedExporter } from './prepare.js';

/**
 * Opens an exporter for a run.
 *
 * @throws Error whatever the exporter throws, or what is wrong with what it gave
 */
export function openExporter(
  { definition, options, secrets }: PreparedExporter,
  context: Omit<ExporterContext, 'secrets'>,
): OpenExporter {
  const opened: unknown = definition.open(options, { ...context, secrets });
  if (isOpen(opened)) return opened;
  // A rejection that nobody hears would end the command.
  if (opened instanceof Promise) opened.catch(() => {});
  const found = opened instanceof Promise ? 'a promise' : describeValue(opened);
  throw new Error(`open must return an object with write and close, and returned ${found}.`);
}

function isOpen(value: unknown): value is OpenExporter {
  const { write, close } = Object(value) as Partial<OpenExporter>;
  return typeof write === 'function' && typeof close === 'function';
}
