import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { hostileReport } from '../../test/report-fixture.js';
import { csvCell, printable, printableInColour } from './printable.js';
import { renderReportHtml } from '../report/html.js';
import { renderJunit } from '../report/junit.js';
import { redactStrings } from '../secrets/redactor.js';

const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const attack = '\u001b[2J\u009b1m\u202e\r\u0000';

describe('printable', () => {
  it('writes out every character that a terminal would obey, and no other', () => {
    const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(
      (character) => !/[\ud800-\udfff]/.test(character),
    );
    const escaped = all.filter((character) => printable(character) !== character);
    expect(escaped.length).toBeGreaterThan(80);
    expect(
      escaped.every(
        (character) => printable(character) === `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
    ).toBe(true);
    expect(all.filter((character) => raw.test(printable(character)))).toEqual([]);
    expect(printable('Grüße, 世界 😀\n\t±')).toBe('Grüße, 世界 😀\n\t±');
  });

  it('lets the colours of Loadwright through, and nothing that hides or moves', () => {
    expect(printableInColour('\u001b[31mred\u001b[39m')).toBe('\u001b[31mred\u001b[39m');
    expect(printableInColour('\u001b[8mhidden\u001b[2J')).toBe('\\u001b[8mhidden\\u001b[2J');
  });
});

describe('a cell of CSV', () => {
  it.each([
    '=1+1',
    '+1+1',
    '-1+1',
    '@SUM(A1)',
    '\t=1',
    ' =1',
    '"=1"',
    '=cmd|"/C calc"!A0',
    '-2+3+cmd|x',
    '＝1',
  ])('is no formula: %j', (text) => {
    const [[cell]] = parse(`${csvCell(text)}\n`) as [[string]];
    expect(cell).toMatch(/^'/);
  });

  it.each([['-12.5'], ['3e-7'], ['GET'], ['a-b'], [-3], [0], [null]])('is left as it is: %j', (value) => {
    expect(csvCell(value)).toBe(String(value ?? ''));
  });
});

describe('reports', () => {
  const hostile = redactStrings(hostileReport(), (text) => text.replaceAll('<', attack));

  it('hold no character that a terminal would obey', async () => {
    expect(await renderReportHtml(hostile)).not.toMatch(raw);
    expect(renderJunit(hostile)).not.toMatch(raw);
  });
});
