import { LoadwrightError, type FoundOption, type TargetContext } from '@loadwright/core/target';
import { baseUrlProblem } from './options.js';
import { credentialsIn, profileMissing, readProfile } from './profile.js';
import { credentialVariables, hostVariable, profileVariable, withScheme } from './variables.js';

type Written = Readonly<Record<string, unknown>>;
type Environment = TargetContext['environment'];

/**
 * The workspace of a configuration that does not name one: `DATABRICKS_HOST`, else the host of the profile that the option or
 * `DATABRICKS_CONFIG_PROFILE` names, else that of the default profile if no other place has credentials.
 * Source of the order: `databricks-sdk` for Python, `Config._init_auth` and `_known_file_config_loader`.
 *
 * @throws LoadwrightError `CREDENTIALS_INVALID` when a named profile does not say it, or when the credentials may be of another
 * workspace; `CONFIG_INVALID` when it is not the URL of a workspace.
 */
export function findWorkspace(
  options: Written,
  { environment }: { readonly environment: Environment },
): Readonly<Record<string, FoundOption>> {
  if (options['baseUrl'] !== undefined) return {};
  const host = environment[hostVariable]?.trim();
  if (host) return found(host, `environment ${hostVariable}`);

  const inOptions = typeof options['profile'] === 'string' ? options['profile'] : undefined;
  const named = inOptions ?? (environment[profileVariable] || undefined);
  const profile = readProfile(named, environment);
  const { section, name, file } = profile;
  const elsewhere =
    inOptions === undefined && credentialVariables.find((variable) => environment[variable]?.trim());
  if (named === undefined) {
    const hasOwn = ['token', 'clientId', 'clientSecret'].some((option) => options[option] !== undefined);
    // Nobody said that those are of the workspace of this profile.
    if (elsewhere || hasOwn) return {};
  } else if (section === undefined) {
    throw profileMissing(profile);
  }
  const ofProfile = section?.get('host');
  if (!ofProfile) {
    if (named === undefined) return {};
    throw new LoadwrightError('CREDENTIALS_INVALID', `The profile "${name}" of ${file} has no host.`, {
      hint: `Give the profile its host, or set baseUrl or the variable ${hostVariable}.`,
    });
  }
  if (elsewhere && credentialsIn(section!)) {
    throw new LoadwrightError(
      'CREDENTIALS_INVALID',
      `The profile "${name}" of ${file} names the workspace ${hostOf(ofProfile)} and has credentials, and ${elsewhere} is set, too: ` +
        'it may be of another workspace.',
      {
        hint: `Unset ${elsewhere} to use the profile, or say of which workspace it is: set baseUrl or the variable ${hostVariable}.`,
      },
    );
  }
  return found(ofProfile, `profile "${name}" of ${file}`);
}

function found(host: string, origin: string): Readonly<Record<string, FoundOption>> {
  const url = withScheme(host);
  const problem = baseUrlProblem(url);
  if (problem === undefined) return { baseUrl: { value: new URL(url).origin, origin } };
  // What was found may hold a login.
  throw new LoadwrightError('CONFIG_INVALID', `target.baseUrl, from ${origin}: ${problem}`, {
    hint: 'Correct it there, or set baseUrl.',
  });
}

/** For a message. */
function hostOf(host: string): string {
  const url = withScheme(host);
  return URL.canParse(url) ? new URL(url).host : 'that it names';
}
