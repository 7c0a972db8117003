/** Words with commas between them, in indented lines no wider than the given number of characters. */
export function wrapList(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  words.forEach((word, index) => {
    const text = index === words.length - 1 ? word : `${word},`;
    if (line !== '' && 2 + line.length + 1 + text.length > columns) {
      lines.push(`  ${line}`);
      line = text;
    } else line = line === '' ? text : `${line} ${text}`;
  });
  return line === '' ? lines : [...lines, `  ${line}`];
}
