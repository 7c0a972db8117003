import { expect, it } from 'vitest';
import { misreadBy, printed, shellBlocks } from './printed.js';

it('finds the commands of pages, examples, templates and the skill', () => {
  const paths = new Set(printed.map(({ place }) => place.replace(/:\d+$/, '')));
  expect([...paths]).toEqual(
    expect.arrayContaining([
      'README.md',
      'docs/how-to/compare.md',
      'examples/ml-service/README.md',
      'packages/cli/README.md',
      'packages/cli/src/mcp/skill/SKILL.md',
      'packages/create-loadwright/src/project.ts',
    ]),
  );
  expect(printed.length).toBeGreaterThan(250);
});

it.each(printed)('$place: loadwright $line is read by the command', async (shown) => {
  expect(await misreadBy(shown)).toBeUndefined();
});

// The packages are those of a project: a shell finds the command by npx alone.
it.each(shellBlocks)('$place: the command can be typed as it is shown', ({ lines }) => {
  expect(lines.filter((line) => /^(\w+=\S+ )*loadwright /.test(line))).toEqual([]);
});

it.each([
  ['rnu', "unknown command 'rnu'"],
  ['scaling simulte', "unknown command 'simulte'"],
  ['run --wrkers 2', "unknown option '--wrkers'"],
  ['run 4f32386de5', 'too many arguments'],
  ['run --duration 10', 'duration'],
  ['run --users some', 'number'],
  ["run --fail-if 'p(95)>5%%'", 'difference in %'],
  ['compare run --pairs six --baseline-config a.yaml --candidate-config b.yaml', 'six'],
  ['calibrate', "required option '--objective"],
  ["calibrate --objective 'q(95)<200'", 'q(95)<200'],
  ['recommend --peak fast', 'fast is no rate'],
  ['recommend --peak 3/s --ramp soon', 'soon is no duration'],
  ['export --to 127.0.0.1:9090', 'is no kind=url'],
  ['export --format xml', 'xml'],
  ['logs 4f3 --role boss', 'boss'],
])('%s would not pass', async (line, why) => {
  expect(await misreadBy({ place: 'here', line, isWhole: true })).toContain(why);
});
