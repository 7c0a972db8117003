import type { Environment } from '../environment.js';

/**
 * What a child needs of this process's environment: where things are, language, proxies and certificate authorities.
 * Everything else stays behind: secrets of the user's shell, and `LOCUST_*` and `PYTHON*` variables, which would
 * change how Locust runs.
 */
const inherited = [
  /^(PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TMP|TEMP)$/,
  /^XDG_(CACHE|CONFIG|DATA|STATE)_HOME$/,
  /^(LD|DYLD|DYLD_FALLBACK)_LIBRARY_PATH$/,
  /^PYENV_(ROOT|VERSION)$/,
  /^(HTTP|HTTPS|ALL|NO)_PROXY$/i,
  /^(SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/,
];

/** Settings of pip and uv: package index, certificates, time-outs. */
const installers = [/^(PIP|UV)_/];

/** The variables that the master and the workers get besides their own. */
export function inheritedEnvironment(environment: Environment): Record<string, string> {
  return pick(environment, inherited);
}

/** The variables for pip and uv: those of {@link inheritedEnvironment}, and the tools' own settings. */
export function installerEnvironment(environment: Environment): Record<string, string> {
  return pick(environment, [...inherited, ...installers]);
}

function pick(environment: Environment, patterns: readonly RegExp[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && patterns.some((pattern) => pattern.test(entry[0])),
    ),
  );
}
