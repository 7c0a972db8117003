/**
 * The public surface of the published packages, one report for each entry point (`packages/*\/api/*.api.md`, made by
 * api-extractor), so that a change of it shows in review.
 *
 *   npm run api            writes the reports
 *   npm run api -- check   ends with 1 where a committed report differs from what the packages export
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { ensureBuilt } from './lib/build.mjs';
import { packages, root } from './lib/paths.mjs';

/** Entry points of a package by the name of their report. */
function entriesOf(name) {
  const folder = join(root, 'packages', name);
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.entries(exports)
    .filter(([, target]) => target?.types !== undefined)
    .flatMap(([path, { types }]) => (path.includes('*') ? eachOf(folder, path, types) : [[path, types]]))
    .filter(([path]) => exports[path] !== null)
    .map(([path, types]) => ({
      report: path === '.' ? 'index' : path.slice(2).replaceAll('/', '-'),
      types: join(folder, types),
    }));
}

/** What a pattern of exports stands for. */
function eachOf(folder, path, types) {
  const [before, after] = types.split('*');
  return readdirSync(join(folder, before), { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() && readdirSync(join(folder, before, entry.name)).includes(after.slice(1)),
    )
    .map(({ name }) => [path.replace('*', name), types.replace('*', name)]);
}

/** @returns {boolean} is the report as it was, or was it written? */
function extract(name, { report, types }, { isCheck }) {
  const folder = join(root, 'packages', name);
  const reportFolder = join(folder, 'api');
  mkdirSync(reportFolder, { recursive: true });
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: types,
      compiler: { tsconfigFilePath: join(folder, 'tsconfig.build.json'), skipLibCheck: true },
      apiReport: {
        enabled: true,
        reportFileName: report,
        reportFolder,
        reportTempFolder: join(root, 'node_modules/.cache/loadwright-tools/api', name),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: { extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } } },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  });
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: !isCheck,
    messageCallback: (message) => {
      message.handled = true;
      if (message.logLevel === ExtractorLogLevel.Error) process.stderr.write(`${message.text}\n`);
    },
  });
  return isCheck && apiReportChanged;
}

const isCheck = process.argv[2] === 'check';
await ensureBuilt();
const changed = packages.flatMap((name) =>
  entriesOf(name)
    .filter((entry) => extract(name, entry, { isCheck }))
    .map(({ report }) => `packages/${name}/api/${report}.api.md`),
);
if (changed.length > 0) {
  process.stderr.write(
    `The public surface differs from these reports; look at the change, then run npm run api:\n`,
  );
  process.stderr.write(changed.map((path) => `  ${path}\n`).join(''));
  process.exitCode = 1;
}
