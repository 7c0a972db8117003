import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '@loadwright/core/exit-codes';
import { expect, it } from 'vitest';
import { root } from './documents.js';

const skill = readFileSync(join(root, 'packages/cli/src/mcp/skill/SKILL.md'), 'utf8');

const commands = [...skill.matchAll(/`(?:npx --no-install )?loadwright ([^`]+)`/g)].map(
  ([, text = '']) => text,
);

it('has a description by which an agent finds it', () => {
  expect(skill).toMatch(/^---\nname: loadwright\ndescription: \S.{100,1000}\n---\n/);
});

it('names what an agent would otherwise do by hand', () => {
  const named = new Set(commands.map((text) => text.split(' ')[0]));
  for (const command of ['run', 'compare', 'calibrate', 'scale', 'workflow', 'explain'])
    expect(named).toContain(command);
});

it('tells every exit code but that of a defect, with the verdict that it stands for', () => {
  const rows = [...skill.matchAll(/^\| ([\d, ]+?) +\| (\w*) +\|/gm)];
  const told = rows.flatMap(([, codes = '', verdict]) =>
    codes.split(', ').map((code) => [Number(code), verdict] as const),
  );
  const verdicts = {
    [exitCodes.pass]: 'PASS',
    [exitCodes.thresholdFailed]: 'FAIL',
    [exitCodes.invalid]: 'INVALID',
  };
  const expected = Object.values(exitCodes)
    .filter((code) => code !== exitCodes.internal)
    .map((code) => [code, (verdicts as Record<number, string>)[code] ?? ''] as const);
  expect(new Map(told)).toEqual(new Map(expected));
});
