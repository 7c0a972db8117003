import { longestPayload, type PayloadFile } from './payload-file.js';
import { jsonLine, type RecordLines } from './record.js';

/** How a JSON document becomes payloads. */
export interface JsonOptions {
  /** `items`: one payload for each item if it is a list. `document`: a single payload, whatever it is. */
  readonly jsonAs: 'items' | 'document';
  readonly contentType: string | undefined;
}

/** A JSON document. A list is cut into its items while it is read; whether an item is JSON is left to the parser. */
export async function* readJson(file: PayloadFile, { jsonAs, contentType }: JsonOptions): RecordLines {
  const splitter = new ListSplitter(jsonAs === 'document');
  let number = 0;
  const place = () => (splitter.isList ? `item ${number}` : 'the document');
  const toRecord = (text: string) => {
    number++;
    return jsonLine(text, file, place, contentType);
  };
  for await (const chunk of file.readText()) {
    const items = splitter.push(chunk);
    if (splitter.pending.length > longestPayload) {
      throw file.tooLong(splitter.isList ? `item ${number + items.length + 1}` : 'the document');
    }
    yield items.map(toRecord);
    if (splitter.extra) {
      throw file.error(
        'there is more text after the end of the list',
        'For one payload a line, name the file .jsonl.',
      );
    }
  }
  if (!splitter.isList) yield [toRecord(splitter.pending)];
  else if (!splitter.isClosed) throw file.error('the list has no end', 'Add the closing "]".');
}

/** Finds the items of a JSON list in its text, piece by piece. */
class ListSplitter {
  /** Undefined until the first character is seen. */
  isList: boolean | undefined;
  isClosed = false;
  /** True when something follows the list. */
  extra = false;
  /** The text of the item, or of the document, that is not complete. */
  pending = '';
  private depth = 0;
  private inText = false;
  private escaped = false;
  private count = 0;

  /** @param isWhole Take a list for a document like any other. */
  constructor(private readonly isWhole: boolean) {}

  /** The items that this piece completes. */
  push(chunk: string): string[] {
    let start = 0;
    if (this.isList === undefined) {
      const first = /\S/.exec(chunk);
      if (!first) return [];
      this.isList = !this.isWhole && first[0] === '[';
      start = first.index + (this.isList ? 1 : 0);
    }
    if (!this.isList) {
      this.pending += chunk.slice(start);
      return [];
    }
    const items: string[] = [];
    for (let index = start; index < chunk.length && !this.isClosed; index++) {
      const end = this.endsItem(chunk.charCodeAt(index));
      if (!end) continue;
      const item = this.pending + chunk.slice(start, index);
      this.pending = '';
      start = index + 1;
      this.isClosed = end === 'list';
      if (this.isClosed && this.count === 0 && item.trim() === '') break;
      this.count++;
      items.push(item);
    }
    if (this.isClosed) this.extra ||= chunk.slice(start).trim() !== '';
    else this.pending += chunk.slice(start);
    return items;
  }

  private endsItem(character: number): 'item' | 'list' | undefined {
    if (this.inText) {
      if (this.escaped) this.escaped = false;
      else if (character === backslash) this.escaped = true;
      else if (character === quote) this.inText = false;
      return undefined;
    }
    switch (character) {
      case quote:
        this.inText = true;
        return undefined;
      case openBrace:
      case openBracket:
        this.depth++;
        return undefined;
      case closeBrace:
      case closeBracket:
        if (this.depth === 0) return 'list';
        this.depth--;
        return undefined;
      case comma:
        return this.depth === 0 ? 'item' : undefined;
      default:
        return undefined;
    }
  }
}

const [quote, comma, backslash] = [0x22, 0x2c, 0x5c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];
