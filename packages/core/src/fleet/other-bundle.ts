import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAboutLoad } from '../bundle/digest.js';
import type { Bundle } from '../bundle/bundle.js';
import { LoadwrightError } from '../errors.js';
import type { LocustMaster, MasterBundle } from '../locust/master.js';
import { describeValue } from '../validation/validate.js';
import type { JsonObject, JsonValue } from '../values/json.js';
import type { Fleet } from './contract.js';

/** A fleet that does not accept a test. */
export interface RefusingFleet {
  /** Its id. */
  readonly on: string;
  readonly fleet: Pick<Fleet, 'kind'>;
  readonly master: Pick<LocustMaster, 'bundle'>;
  readonly redact: (text: string) => string;
}

/** The most differences that are named: the first one is changed first. */
const mostNamed = 5;

/**
 * What is thrown where a fleet does not accept a test: `CONFIG_INVALID` with the settings that differ, as its master shows them. One
 * that does not, of an earlier version or because it is busy, is named without.
 */
export async function otherBundle(
  bundle: Bundle,
  { on, fleet: { kind }, master, redact }: RefusingFleet,
): Promise<LoadwrightError> {
  const named = await master
    .bundle({ retries: 0 })
    .then((deployed) => differencesOf(bundle, deployed))
    .catch(() => []);
  const fallback = 'another target, other payloads or another version of Loadwright';
  const [what, lines] =
    named.length === 0 ? [fallback, []] : ['another test', named.slice(0, mostNamed).map(redact)];
  const more = named.length > mostNamed ? [`and ${named.length - mostNamed} more`] : [];
  return new LoadwrightError(
    'CONFIG_INVALID',
    [`fleet: the ${kind} fleet ${on} was deployed with ${what}`, ...lines, ...more].join('\n  '),
    {
      hint:
        named.length === 0
          ? 'Deploy another fleet, and remove that one.'
          : 'Use the settings of the fleet, or deploy another fleet and remove that one.',
      next: [{ action: 'deploy-fleet' }, { action: 'destroy-fleet', fleetId: on }],
    },
  );
}

/** A line for each setting that differs. */
async function differencesOf(bundle: Bundle, deployed: MasterBundle): Promise<string[]> {
  const own = JSON.parse(await readFile(join(bundle.directory, 'target.json'), 'utf8')) as JsonObject;
  const theirs = deployed.target;
  const lines = [
    ...differences('target.kind', own['kind'], theirs['kind']),
    ...differences('host', hostsOf(own), hostsOf(theirs)),
    ...differences('target', own['config'], theirs['config']),
    ...differences('tls', own['tls'], theirs['tls']),
  ];
  const paths = new Set([...bundle.files.map(({ path }) => path), ...Object.keys(deployed.files)]);
  const digests = new Map(bundle.files.map(({ path, sha256 }) => [path, sha256]));
  const others = [...paths].filter(
    (path) => path !== 'target.json' && !isAboutLoad(path) && digests.get(path) !== deployed.files[path],
  );
  const isOfPayloads = (path: string) => path === 'payloads.jsonl' || path === 'schedule.csv';
  if (others.some(isOfPayloads) || !isSame(own['payloads'], theirs['payloads']))
    lines.push('payloads: the fleet has others');
  const ofVersion = others.filter((path) => !isOfPayloads(path));
  if (ofVersion.length > 0)
    lines.push(`version: the fleet runs other code of Loadwright or of the target, in ${ofVersion[0]}`);
  return lines;
}

/** Those that a test may have. */
function hostsOf({ host = null, hosts = [host] }: JsonObject): string {
  return [hosts].flat().join(', ');
}

/** A line for each value that differs, however deep, by its path. */
function differences(path: string, own: JsonValue | undefined, theirs: JsonValue | undefined): string[] {
  if (isObject(own) && isObject(theirs)) {
    const keys = new Set([...Object.keys(own), ...Object.keys(theirs)]);
    return [...keys].flatMap((key) =>
      differences(path === '' ? key : `${path}.${key}`, own[key], theirs[key]),
    );
  }
  if (isSame(own, theirs)) return [];
  const [found, has] = [own, theirs].map(describeValue);
  return [found === has ? `${path}: the fleet has another` : `${path}: found ${found}, the fleet has ${has}`];
}

function isSame(own: JsonValue | undefined, theirs: JsonValue | undefined): boolean {
  return JSON.stringify(own) === JSON.stringify(theirs);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
