import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settings } from '@loadwright/core/config';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { camelCase } from '../shell/parse.js';
import {
  addFleetFlags,
  addFleetOverrides,
  atPlace,
  besideLoad,
  givenFlags,
  optionsIn,
} from './fleet-flags.js';
import { exampleOf, fleetKinds, patternOf } from './fleet-kinds.js';
import { builtInFleets } from './kinds.js';

const flag = (name: string, of: 'place' | 'machines' = 'place') => ({
  option: camelCase(name),
  flag: `--${name}`,
  value: name,
  description: `the ${name}`,
  of,
});
const load = async () => {
  throw new Error('help needs no kind');
};
const kind = { title: 'a kind', lasts: true, load };
const fleets = fleetKinds([
  { ...kind, kind: 'near', lasts: false, flags: [] },
  {
    ...kind,
    kind: 'far',
    title: 'far away',
    flags: [{ ...flag('planet'), example: 'mars' }, flag('profile'), flag('rocket', 'machines')],
  },
  { ...kind, kind: 'further', flags: [flag('planet'), flag('galaxy')] },
]);
const flagsOf = ({ options }: Command) => options.map(({ long }) => long);

it('no source of the command names a kind of fleet but the list of them', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const naming = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      /(?<!\.test)\.ts$/.test(file) &&
      /\bec2(?!\.md)|key-name|instance-type/i.test(readFileSync(root + file, 'utf8')),
  );
  // Types of a configuration name what there is; so do pages of the documentation.
  expect(naming.sort()).toEqual(['fleet/kinds.ts', 'typed-config.ts']);
});

it('commands have the flags that kinds of fleets declare: those that make fleets all, others those of a place', () => {
  const finds = addFleetFlags(new Command(), { fleets });
  expect(flagsOf(finds)).toEqual(['--config', '--fleet', '--planet', '--profile', '--galaxy', '--json']);
  expect(finds.options.find(({ long }) => long === '--fleet')?.description).toMatch(/: far, further$/);
  const makes = addFleetOverrides(new Command().option('--profile <shape>'), { fleets }, { makes: true });
  expect(flagsOf(makes)).toEqual(['--profile', '--fleet', '--planet', '--rocket', '--galaxy']);
  expect(makes.options[0]?.flags).toBe('--profile <shape>');
});

it('flags become options of the fleet; of a name that the load has too they are the load’s', () => {
  const flags = { fleet: 'far', planet: 'mars', profile: 'work', users: '3' };
  expect(optionsIn(flags, fleets)).toEqual({ planet: 'mars', profile: 'work' });
  expect(optionsIn(besideLoad(flags), fleets)).toEqual({ planet: 'mars' });
  expect(givenFlags(flags, fleets)).toEqual(['--fleet', '--planet', '--profile']);
});

it('a command that is printed finds the fleet as this one does', () => {
  const given = new Map(
    Object.entries({
      '--config': ['my file.yaml'],
      '--fleet': ['far'],
      '--planet': ['mars'],
      '--profile': ['x'],
      '--yes': [],
    }),
  );
  const command = 'loadwright stop 4f32';
  expect(atPlace(command, { fleets, given })).toBe(
    `${command} --config 'my file.yaml' --fleet far --planet mars --profile x`,
  );
  // What a load has too means something else there.
  expect(atPlace(command, { fleets, given }, { besideLoad: true })).toBe(
    `${command} --config 'my file.yaml' --fleet far --planet mars`,
  );
  expect(atPlace(command, { fleets, given: new Map(given).set('--fleet', ['near']) })).toBe(
    `${command} --config 'my file.yaml'`,
  );
});

it('examples and hints are made of the first kind that lasts', () => {
  expect(exampleOf(fleets)).toEqual({ flags: '--fleet far --planet mars', title: 'far away' });
  expect(patternOf(fleets)).toBe('--fleet far --planet <planet>');
});

it('of the flags of kinds that come with the command, the load has one too', () => {
  const ofLoad = settings.map((setting) => setting.flag);
  const ofFleets = Object.values(builtInFleets).flatMap((one) => one.flags.map((each) => each.flag));
  expect([...new Set(ofFleets.filter((each) => ofLoad.includes(each)))]).toEqual(['--profile']);
});
