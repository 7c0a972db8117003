import type { EnhanceAppContext } from 'vitepress';
import DefaultTheme, { VPHomeContent, VPHomeHero } from 'vitepress/theme-without-fonts';
import { defineComponent, h, resolveComponent } from 'vue';
import narrow from '../../images/how-it-works-narrow.svg?raw';
import wide from '../../images/how-it-works.svg?raw';
import './style.css';

/** The picture of a run. It is part of the page, so that it follows the page's own switch of light and dark. */
const HowItWorks = defineComponent({
  setup: () => () =>
    h('figure', { class: 'how-it-works' }, [
      h('div', { class: 'wide', innerHTML: wide }),
      h('div', { class: 'narrow', innerHTML: narrow }),
    ]),
});

/** The start page in a landmark, which the theme's own lacks. */
const Home = defineComponent({
  setup: () => () =>
    h('main', { class: 'VPHome' }, [
      h(VPHomeHero),
      h(VPHomeContent, null, () => h(resolveComponent('Content'))),
    ]),
});

export default {
  extends: DefaultTheme,
  enhanceApp({ app }: EnhanceAppContext) {
    app.component('HowItWorks', HowItWorks);
    // Takes the place of the layout of this name.
    app.component('home', Home);
  },
};
