import { join } from 'node:path';
import { linkOnSite } from '../.vitepress/links.js';
import { projectPages, read, root } from '../.vitepress/places.js';

/** The pages that are files elsewhere in the repository. */
export default {
  paths: () =>
    Object.entries(projectPages).map(([name, file]) => ({
      params: { name },
      content: read(join(root, file)).replace(
        /(\]\()([^)\s]+)/g,
        (_, open: string, href: string) => open + linkOnSite(href, file, `docs/project/${name}.md`),
      ),
    })),
};
