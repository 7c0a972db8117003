import { sectionNames, sectionPage } from '../.vitepress/sections.js';

/** The page of each folder, which lists what is in it. */
export default {
  paths: () => sectionNames.map((section) => ({ params: { section }, content: sectionPage(section) })),
};
