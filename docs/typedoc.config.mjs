import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Converter, ReflectionKind, RendererEvent } from 'typedoc';
import { MarkdownPageEvent } from 'typedoc-plugin-markdown';

/** What programs and packages of others import, and the module that it is. */
const modules = {
  '@loadwright/core': 'core/src/index.ts',
  '@loadwright/core/target': 'core/src/target/index.ts',
  '@loadwright/core/testing': 'core/src/testing/index.ts',
  '@loadwright/core/fleet': 'core/src/fleet/index.ts',
  '@loadwright/core/config': 'core/src/config/index.ts',
  '@loadwright/core/report': 'core/src/report/index.ts',
  '@loadwright/core/export': 'core/src/export/index.ts',
  '@loadwright/core/exporters': 'core/src/exporters/index.ts',
  '@loadwright/core/compare': 'core/src/compare/index.ts',
  '@loadwright/core/calibrate': 'core/src/calibrate/index.ts',
  '@loadwright/core/scaling': 'core/src/scaling/index.ts',
  '@loadwright/core/workflow': 'core/src/workflow/index.ts',
  '@loadwright/infra/local': 'infra/src/local/index.ts',
  '@loadwright/infra/ec2': 'infra/src/ec2/index.ts',
  '@loadwright/infra/ecs': 'infra/src/ecs/index.ts',
  '@loadwright/infra/image': 'infra/src/image/index.ts',
  '@loadwright/infra/size': 'infra/src/size/index.ts',
};

const fileOf = (name) => name.replace('@loadwright/', '').replaceAll('/', '-');
const nameOf = Object.fromEntries(Object.keys(modules).map((name) => [fileOf(name), name]));

/** A module is called as one imports it, not by where it is; the site lists them itself. */
function nameModules({ converter, renderer }) {
  // The plug-in counts a property in a table among the headings. Types come first on a page, so their anchors have no number.
  renderer.on(MarkdownPageEvent.END, (page) => {
    page.contents = page.contents.replace(/(\[`?[A-Z]\w*`?\]\([^)#]*#\w+)-1\)/g, '$1)');
  });
  renderer.on(RendererEvent.END, ({ outputDirectory }) => rmSync(join(outputDirectory, 'index.md')));
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const name = Object.keys(modules).find(
        (each) => modules[each].replace(/(\/index)?\.ts$/, '') === module.name.replace(/\/index$/, ''),
      );
      if (name) module.name = fileOf(name);
    }
  });
}

/** The pages of `reference/api`: `npm run site:build` makes them, from the comments of the code. */
export default {
  plugin: ['typedoc-plugin-markdown', nameModules],
  entryPoints: Object.values(modules).map((path) => `../packages/${path}`),
  tsconfig: '../tsconfig.json',
  out: 'reference/api',
  router: 'module',
  readme: 'none',
  entryFileName: 'index',
  treatWarningsAsErrors: true,
  // Types are the matter of `npm run typecheck`.
  skipErrorChecking: true,
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  hideGroupHeadings: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  classPropertiesFormat: 'table',
  enumMembersFormat: 'table',
  useCodeBlocks: true,
  pageTitleTemplates: { module: ({ name }) => `\`${nameOf[name] ?? name}\`` },
};
