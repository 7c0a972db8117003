import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { defineConfig } from 'tsup';

/**
 * How every package is built: one module of `dist` for each module of `src`, so that what is imported lazily is
 * loaded lazily and `new URL('./file.py', import.meta.url)` means the same before and after the build. tsc writes
 * the types, and files that are not TypeScript (Python, HTML, CSS) are copied as they are.
 */
export function packageBuild() {
  return defineConfig({
    entry: ['src/**/*.ts', '!src/**/*.test.ts'],
    format: 'esm',
    target: 'node20',
    bundle: false,
    clean: true,
    sourcemap: true,
    // Without it a package whose modules all lie in one folder of `src` would lose that folder.
    esbuildOptions: (options) => {
      options.outbase = 'src';
    },
    onSuccess: async () => {
      // Whether the types are right is the matter of `typecheck`, which reads the tests too. Whoever only runs needs none.
      if (process.env['LOADWRIGHT_BUILD_TYPES'] !== 'no')
        execFileSync('tsc', ['-p', 'tsconfig.build.json', '--noCheck'], { stdio: 'inherit' });
      cpSync('src', 'dist', {
        recursive: true,
        filter: (source) => !/\.ts$|__pycache__|(^|\/)test_\w+\.py$|conftest\.py$/.test(source),
      });
    },
  });
}
