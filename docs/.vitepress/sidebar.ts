import { join } from 'node:path';
import type { DefaultTheme } from 'vitepress';
import { exampleFolders } from './examples.js';
import { projectPages, read, root, titleOf } from './places.js';
import { groupsOf, sectionNames, type SitePage } from './sections.js';

const item = ({ title, path }: SitePage) => ({ text: title, link: `/${path}` });

const examples = {
  text: 'Examples of packages',
  collapsed: true,
  items: exampleFolders.map((name) => ({ text: name, link: `/reference/examples/${name}` })),
};

const project = {
  text: 'The project',
  collapsed: true,
  items: Object.entries(projectPages).map(([name, file]) => ({
    text: titleOf(read(join(root, file))),
    link: `/project/${name}`,
  })),
};

/** Every page, in the folders in which it is. */
export const sidebar: DefaultTheme.SidebarItem[] = [
  ...sectionNames.map((section) => {
    const { title, groups } = groupsOf(section);
    const [own, ...nested] = groups;
    return {
      text: title,
      link: `/${section}/`,
      collapsed: true,
      items: [
        ...(own?.pages ?? []).map(item),
        ...nested.map((group) => ({ text: group.title, collapsed: true, items: group.pages.map(item) })),
        ...(section === 'reference' ? [examples] : []),
      ],
    };
  }),
  project,
];
