import { optionRows } from '../../packages/cli/dist/output/schema-table.js';

const code = (text) => (text === undefined || text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``);
const plain = (text) => text.replaceAll('|', '\\|').replaceAll('<', '\\<').replaceAll('\n', ' ');

/** Text for Markdown, as a sentence. */
const sentence = (text) => `${plain(text[0].toUpperCase() + text.slice(1))}.`;

/** A Markdown table. */
export function table(titles, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The options that a JSON Schema describes: the same rows as `loadwright targets show` prints. */
export function optionsTable(schema) {
  const holdsSecret = (name) => JSON.stringify(schema.properties[name]).includes('"writeOnly":true');
  const rows = optionRows(schema).map((option) => [
    code(option.name) + (option.required ? ' **required**' : ''),
    code(option.type),
    code(option.default),
    plain(option.description) + (holdsSecret(option.name) ? ' _(secret)_' : ''),
  ]);
  return table(['option', 'type', 'default', 'meaning'], rows);
}

export { code, plain, sentence };
