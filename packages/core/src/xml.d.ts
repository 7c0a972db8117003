/** The part of xml that is used; it has no types of its own. */
declare module 'xml' {
  /** An element: attributes under `_attr` and other elements in a list, or a text. */
  export type XmlElement = Readonly<Record<string, unknown>>;
  export default function xml(element: XmlElement, options: { readonly indent: string }): string;
}
