import { LoadwrightError } from '@loadwright/core/fleet';
import type { Python } from './find-python.js';

const shownLines = 8;

/** What pip and uv say about known failures, and what to do about each. The first that matches counts. */
const causes: readonly { readonly pattern: RegExp; readonly message: string; readonly hint: string }[] = [
  {
    pattern: /DO NOT MATCH THE HASHES|Hash mismatch|hashes? .*(?:mismatch|do(?:es)? not match)/i,
    message: 'A downloaded package does not have the pinned hash, so it was not installed.',
    hint:
      'The package index or a proxy delivers altered files: use another index (PIP_INDEX_URL or UV_INDEX_URL), ' +
      'and clear the cache with "pip cache purge" or "uv cache clean".',
  },
  {
    pattern: /ensurepip is not available|No module named '?(?:venv|ensurepip)/i,
    message: 'This Python cannot make virtual environments.',
    hint: 'Install the module venv (Debian and Ubuntu: apt install python3-venv).',
  },
  {
    pattern: /CERTIFICATE_VERIFY_FAILED|invalid peer certificate|SSLError|UnknownIssuer/i,
    message: "The package index's certificate is not trusted.",
    hint: 'Behind a proxy that inspects TLS, set PIP_CERT and SSL_CERT_FILE to the file of its authority.',
  },
  {
    pattern:
      /NewConnectionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|Failed to establish a new connection|name resolution|Name or service not known|nodename nor servname|Network is unreachable|Connection refused|Could not connect|error sending request|tcp connect error|dns error|operation timed out|Failed to fetch|client error \(Connect\)/i,
    message: 'The package index cannot be reached, and the first installation of Locust needs it.',
    hint:
      'Check the network, the proxy (HTTPS_PROXY) and the index (PIP_INDEX_URL or UV_INDEX_URL). ' +
      'Without a network, name an existing Locust with the option locust or the variable LOADWRIGHT_LOCUST.',
  },
  {
    pattern: /No space left on device|ENOSPC|Disk quota exceeded/i,
    message: 'The disk is full.',
    hint: 'Free about 200 MB, or put the cache elsewhere with LOADWRIGHT_CACHE_DIR.',
  },
  {
    pattern: /from versions: none|No matching distribution|no version of|No solution found/i,
    message:
      'The package index has no pinned package for this Python and this machine, or cannot be reached.',
    hint:
      'Check the index (PIP_INDEX_URL or UV_INDEX_URL) and the network, or try another Python with the option ' +
      'python or the variable LOADWRIGHT_PYTHON.',
  },
];

/** What is known about an installation that failed. */
export interface FailedInstall {
  /** `uv`, `venv` or `pip`. */
  readonly tool: string;
  /** How it ended, in words. */
  readonly exit: string;
  readonly output: readonly string[];
  readonly python: Python;
}

/** The error for an installation that failed: the cause when the output shows it, and always its last lines. */
export function installFailure({ tool, exit, output, python }: FailedInstall): LoadwrightError {
  const known = causes.find(({ pattern }) => output.some((line) => pattern.test(line)));
  const lines = output.filter((line) => line.trim() !== '').slice(-shownLines);
  return new LoadwrightError(
    'LOCUST_UNAVAILABLE',
    [
      `Locust could not be installed (${tool} ${exit}, Python ${python.version}).`,
      ...(known ? [known.message] : []),
      ...lines.map((line) => `  ${line}`),
    ].join('\n'),
    {
      hint:
        known?.hint ??
        'Try another Python with the option python or the variable LOADWRIGHT_PYTHON, or name an existing Locust ' +
          'with the option locust or the variable LOADWRIGHT_LOCUST.',
      retryable: known === undefined,
    },
  );
}

/** The error for a Python without venv, found before anything is made. */
export function venvMissing(python: Python): LoadwrightError {
  return new LoadwrightError(
    'LOCUST_UNAVAILABLE',
    `${python.executable} (Python ${python.version}) cannot make virtual environments: its module venv or ensurepip is missing.`,
    {
      hint:
        'Install it (Debian and Ubuntu: apt install python3-venv), install uv, or name another Python with the ' +
        'option python or the variable LOADWRIGHT_PYTHON.',
    },
  );
}
