import { exampleFolders, examplePage } from '../../.vitepress/examples.js';

/** A page for each example of a target or an exporter. */
export default {
  paths: () => exampleFolders.map((name) => ({ params: { name }, content: examplePage(name) })),
};
