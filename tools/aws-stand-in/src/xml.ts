import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import type { Answer } from './calls.js';

/** A node of an answer of AWS: text, a list of nodes, or named children. */
export type XmlNode = string | XmlNode[] | XmlElement;
export interface XmlElement {
  [name: string]: XmlNode;
}

/** Elements of which there may be many, in the answers of EC2, IAM and S3. */
const lists = new Set(['item', 'member', 'Bucket']);

const parser = new XMLParser({
  ignoreAttributes: false,
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (name) => lists.has(name),
});
const builder = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: false });

export function parseXml(answer: Answer): XmlElement {
  return parser.parse(answer.body) as XmlElement;
}

export function withXml(answer: Answer, document: XmlElement): Answer {
  return { ...answer, body: Buffer.from(builder.build(document)) };
}

/** The node at a path of names; undefined when there is none. */
export function at(node: XmlNode | undefined, ...path: string[]): XmlNode | undefined {
  return path.reduce<XmlNode | undefined>(
    (current, name) => (typeof current === 'object' && !Array.isArray(current) ? current[name] : undefined),
    node,
  );
}

/** The elements of a list at a path. */
export function elements(node: XmlNode | undefined, ...path: string[]): XmlElement[] {
  const found = at(node, ...path);
  return Array.isArray(found) ? found.filter((one): one is XmlElement => typeof one === 'object') : [];
}

/** The text at a path; empty when there is none. */
export function text(node: XmlNode | undefined, ...path: string[]): string {
  const found = at(node, ...path);
  return typeof found === 'string' ? found : '';
}
