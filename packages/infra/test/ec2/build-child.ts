import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';

const child = fileURLToPath(new URL('./child.ts', import.meta.url));

/**
 * Makes one file of a program and all that it imports: it starts in a third of the time, and a test starts it hundreds
 * of times.
 *
 * @param folder where to
 * @returns the file
 */
export async function buildChild(folder: string, program = child): Promise<string> {
  await build({
    entry: [program],
    outDir: folder,
    outExtension: () => ({ js: '.mjs' }),
    format: 'esm',
    platform: 'node',
    config: false,
    silent: true,
    clean: false,
    splitting: false,
    noExternal: [/.*/],
    // For what the SDK still requires.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    esbuildPlugins: [
      {
        name: 'files stay where they are',
        setup({ onLoad }) {
          onLoad(
            { filter: /(packages\/(core|infra)|tools\/aws-stand-in)\/.*\.[jt]s$/ },
            async ({ path }) => ({
              contents: (await readFile(path, 'utf8')).replaceAll(
                'import.meta.url',
                JSON.stringify(pathToFileURL(path).href),
              ),
              loader: 'ts',
            }),
          );
        },
      },
    ],
  });
  return join(folder, `${parse(program).name}.mjs`);
}
