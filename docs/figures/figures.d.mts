/** Every figure of the documentation, by the name of its file in docs/images: each draws SVG. */
export const figures: Readonly<Record<string, () => string>>;
