import { longestPayload, type PayloadFile } from './payload-file.js';
import { jsonLine, recordLine, type RecordLines } from './record.js';

/** One payload of JSON for each line that is not blank. */
export async function* readJsonl(file: PayloadFile, contentType: string | undefined): RecordLines {
  let number = 0;
  const place = () => `line ${number}`;
  yield* linesOf(file, (line, of) => {
    number = of;
    return jsonLine(line, file, place, contentType);
  });
}

/** One text for each line that is not blank, without the blanks around it. */
export function readLines(file: PayloadFile, contentType: string | undefined): RecordLines {
  return linesOf(file, (line) => recordLine('text', JSON.stringify(line.trim()), contentType));
}

async function* linesOf(file: PayloadFile, toRecord: (line: string, number: number) => string): RecordLines {
  let rest = '';
  let number = 0;
  const toRecords = (lines: readonly string[]) => {
    const records: string[] = [];
    for (const line of lines) {
      number++;
      if (line.trim() !== '') records.push(toRecord(line, number));
    }
    return records;
  };
  for await (const chunk of file.readText()) {
    const end = chunk.lastIndexOf('\n');
    const complete = rest + chunk.slice(0, Math.max(end, 0));
    rest = end < 0 ? rest + chunk : chunk.slice(end + 1);
    if (end >= 0) yield toRecords(complete.split('\n'));
    if (rest.length > longestPayload) throw file.tooLong(`line ${number + 1}`);
  }
  yield toRecords([rest]);
}
