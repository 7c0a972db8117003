import { isLoadwrightError, LoadwrightError } from '@loadwright/core';
import { builtInExporters, describeExporters, loadExporter, type Exporter } from '@loadwright/core/exporters';
import type { CliIo } from '../shell/io.js';

/**
 * The exporter that a flag names: `otlp=http://127.0.0.1:4318/v1/metrics`. All other options are a matter of the configuration file.
 *
 * @throws LoadwrightError `USAGE`, `EXPORTER_INVALID`, `CONFIG_INVALID`
 */
export async function exporterOfFlag(text: string, flag: string, io: CliIo): Promise<Exporter> {
  const [, kind, url] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (kind === undefined || url === undefined) {
    // What was found may hold a login.
    throw new LoadwrightError('USAGE', `${flag}: expected KIND=URL.`, {
      hint: `Use, for example, ${flag} otlp=http://127.0.0.1:4318/v1/metrics. Kinds: ${Object.keys(builtInExporters).join(', ')}.`,
    });
  }
  const exporter = (await loadExporter(kind, io.cwd))({ url });
  try {
    describeExporters([exporter], io.environment);
  } catch (error) {
    if (!isLoadwrightError(error)) throw error;
    // It is in no list of a file.
    const message = error.message.replaceAll(/^exporters\[0\](\.|: )/gm, `${flag}: `);
    throw new LoadwrightError(error.code, message, { ...(error.hint && { hint: error.hint }), cause: error });
  }
  return exporter;
}
