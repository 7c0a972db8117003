import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import imports from 'eslint-plugin-import-x';
import typescript from 'typescript-eslint';

/** The arrow of the house: loadwright → cli → {targets, infra} → core. What creates a project knows none of them. */
const arrow = [
  { sourceTag: 'scope:core', onlyDependOnLibsWithTags: ['scope:core'] },
  { sourceTag: 'scope:targets', onlyDependOnLibsWithTags: ['scope:targets', 'scope:core'] },
  { sourceTag: 'scope:infra', onlyDependOnLibsWithTags: ['scope:infra', 'scope:core'] },
  {
    sourceTag: 'scope:cli',
    onlyDependOnLibsWithTags: ['scope:cli', 'scope:targets', 'scope:infra', 'scope:core'],
  },
  {
    sourceTag: 'scope:loadwright',
    onlyDependOnLibsWithTags: ['scope:loadwright', 'scope:cli', 'scope:targets', 'scope:infra', 'scope:core'],
  },
  { sourceTag: 'scope:create-loadwright', onlyDependOnLibsWithTags: ['scope:create-loadwright'] },
  { sourceTag: 'scope:docs', onlyDependOnLibsWithTags: ['*'] },
  { sourceTag: 'scope:e2e', onlyDependOnLibsWithTags: ['*'] },
  { sourceTag: 'scope:aws-stand-in', onlyDependOnLibsWithTags: ['scope:aws-stand-in', 'scope:core'] },
];

/** The same for tests, which alone may use the stand-in of AWS. */
const arrowOfTests = [
  ...arrow.filter(({ sourceTag }) => sourceTag !== 'scope:infra'),
  {
    sourceTag: 'scope:infra',
    onlyDependOnLibsWithTags: ['scope:infra', 'scope:core', 'scope:aws-stand-in'],
  },
];

/** What leaves a part of a file, or an empty one, when the disk is full. */
const halfWrites = ['appendFile', 'copyFile', 'cp', 'createWriteStream', 'rename', 'writeFile'].flatMap(
  (name) => [name, `${name}Sync`],
);
const wholeFiles = ['node:fs', 'node:fs/promises'].map((name) => ({
  name,
  importNames: halfWrites,
  message:
    'Product code writes with writeWhole or writeWholeStream of @loadwright/core: all of a file or nothing.',
}));

/** @param allow paths of imports that are no matter of the arrow */
const boundaries = (depConstraints = arrow, allow = []) => [
  'error',
  {
    allow,
    depConstraints,
    banTransitiveDependencies: true,
    // Tests that use a package as its users do import it by its name.
    allowCircularSelfDependency: true,
  },
];

const ownMessageOf = {
  selector:
    'ConditionalExpression[test.operator="instanceof"][test.right.name="Error"][consequent.property.name="message"]',
  message: 'Use messageOf of @loadwright/core.',
};

/** Numbers and money are written by one module, in one format. */
const numbersByHand = [
  'MemberExpression[property.name="toLocaleString"]',
  'MemberExpression[object.name="Intl"][property.name="NumberFormat"]',
  // In front of a value: `$${price}`.
  String.raw`TemplateElement[tail=false][value.cooked=/(?:^|[^"])\$$/]`,
].map((selector) => ({
  selector,
  message: 'Use formatNumber, formatDollars and the like of packages/core/src/values/format.ts.',
}));

/** What no file of a package holds. */
const nowhere = [ownMessageOf, ...numbersByHand];

/** The packages below the command do not know it: their errors have `next`, which the command shows as what to type. */
const commandsInTexts = ['Literal[value=/PATTERN/]', 'TemplateElement[value.cooked=/PATTERN/]'].map(
  (selector) => ({
    // Whatever is in front of the name of a command, also in a text that goes on with it.
    selector: selector.replace(
      'PATTERN',
      String.raw`\bloadwright (?:(?!(?:or|and) )[a-z]|$)|\bnpx\b|\biam policy\b`,
    ),
    message: 'Name no command of loadwright: give the error a step in `next`.',
  }),
);

/** What authors of targets and fleets import is in one entry point each, which ours prove to be complete. */
const entryOf = Object.fromEntries(
  Object.entries({ targets: 'target', infra: 'fleet' }).map(([name, entry]) => [
    name,
    { name: '@loadwright/core', message: `Use @loadwright/core/${entry}.` },
  ]),
);

export default typescript.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.nx/**',
      '.venv/**',
      '.cache/**',
      'results/**',
      'benchmarks/results/**',
      'docs/examples/**/results/**',
      'examples/**/{cdk.out,results,.venv}/**',
    ],
  },
  ...typescript.configs.recommended,
  {
    files: ['**/*.ts', '**/*.mts', '**/*.mjs', '**/*.js'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': boundaries(),
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 450 }],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    plugins: { 'import-x': imports },
    settings: {
      'import-x/extensions': ['.ts', '.js'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createTypeScriptImportResolver()],
    },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true, allowUnsafeDynamicCyclicDependency: true }],
      'no-restricted-syntax': ['error', ...nowhere],
    },
  },
  {
    // Tests may say which command is meant.
    files: ['packages/{core,targets,infra}/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', ...nowhere, ...commandsInTexts] },
  },
  {
    // It has messageOf.
    files: ['packages/core/src/errors.ts'],
    rules: { 'no-restricted-syntax': ['error', ...numbersByHand, ...commandsInTexts] },
  },
  {
    files: ['packages/core/src/values/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ownMessageOf, ...commandsInTexts] },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    // What creates a project has no dependencies, and writes to an empty folder.
    ignores: ['**/*.test.ts', 'packages/core/src/files.ts', 'packages/create-loadwright/src/**'],
    rules: { 'no-restricted-imports': ['error', { paths: wholeFiles }] },
  },
  ...['targets', 'infra'].map((name) => ({
    files: [`packages/${name}/src/**/*.ts`],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [...wholeFiles, entryOf[name]] }] },
  })),
  {
    // What fleets on AWS share knows none of them.
    files: ['packages/infra/src/aws/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [...wholeFiles, entryOf.infra],
          patterns: [{ group: ['**/ec2/**', '**/ecs/**', '**/local/**'] }],
        },
      ],
    },
  },
  {
    files: ['packages/*/{src,test}/**/*.test.ts', 'packages/*/test/**', '**/vitest.config.ts'],
    rules: { '@nx/enforce-module-boundaries': boundaries(arrowOfTests) },
  },
  {
    // What tests the whole product may reach into any package, and use what the packages' own tests work with.
    files: ['e2e/**', 'docs/test/**'],
    rules: {
      '@nx/enforce-module-boundaries': boundaries(arrowOfTests, ['/packages/[a-z]+/(src|test)/']),
    },
  },
  {
    // The build is shared, and these examples stand for projects outside this repository.
    files: ['**/tsup.config.ts', 'docs/examples/loadwright-target-*/**', 'examples/**'],
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  prettier,
);
