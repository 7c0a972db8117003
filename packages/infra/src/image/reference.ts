import { LoadwrightError } from '@loadwright/core/errors';

/** Where an image lies: `registry.example:5000/team/name:tag@sha256:…`. */
export interface Reference {
  /** As people write it, with its port: `docker.io`. */
  readonly registry: string;
  /** Of the registry's API, without a path. */
  readonly origin: URL;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

const dockerHub = 'docker.io';
/** Docker Hub answers its API under another name than the one that images carry. */
const apiOfDockerHub = 'registry-1.docker.io';

// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
const repositoryPattern =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;
const registryPattern = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?$/i;

/** May an image have it as a tag? */
export const isTag = (text: string): boolean => tagPattern.test(text);

/**
 * Reads the name of an image as Docker does: without a registry it is one of Docker Hub.
 *
 * @param field what to call it in a message: `--to`
 * @param plainHttp registries that are asked without TLS; on this machine's own addresses all are
 * @throws LoadwrightError `CONFIG_INVALID`
 */
export function parseReference(text: string, field: string, plainHttp: readonly string[] = []): Reference {
  const [, scheme, rest = ''] = /^(?:(https?):\/\/)?(.*)$/s.exec(text) ?? [];
  const [beforeDigest = '', digest, ...more] = rest.split('@');
  if (more.length > 0 || (digest !== undefined && !digestPattern.test(digest))) {
    // What stands before the @ may be a password.
    throw wrong(field, 'found an @ without a digest (sha256: and 64 hexadecimal digits) after it', {
      hint: 'Remove user and password from the name: use docker login, or set LOADWRIGHT_REGISTRY_USERNAME and LOADWRIGHT_REGISTRY_PASSWORD.',
    });
  }
  const slash = beforeDigest.indexOf('/');
  const first = slash < 0 ? '' : beforeDigest.slice(0, slash);
  const hasRegistry = scheme !== undefined || /[.:]/.test(first) || first === 'localhost';
  const registry = hasRegistry ? first : dockerHub;
  const path = hasRegistry ? beforeDigest.slice(slash + 1) : beforeDigest;
  const [name = '', tag, ...tags] = path.split(':');
  const isOfficial = registry === dockerHub && !name.includes('/');
  const repository = isOfficial ? `library/${name}` : name;
  if (
    !registryPattern.test(registry) ||
    !repositoryPattern.test(repository) ||
    repository.length > 255 ||
    tags.length > 0 ||
    (tag !== undefined && !tagPattern.test(tag))
  ) {
    const isCase =
      repositoryPattern.test(repository.toLowerCase()) && repository !== repository.toLowerCase();
    throw wrong(field, `found "${text}", expected registry/name such as registry.example/team/loadwright`, {
      hint: isCase
        ? `Use lower case: ${text.toLowerCase()}.`
        : 'Use a registry with its port, a name in lower case, and optionally a tag after a colon.',
    });
  }
  const isPlain = scheme !== 'https' && (isLoopback(registry) || plainHttp.includes(registry));
  if (scheme === 'http' && !isPlain) {
    throw wrong(field, `found "${text}", expected a registry with TLS`, {
      hint: `Remove http://, or allow requests without TLS in a trusted network: --plain-http ${registry}.`,
    });
  }
  const host = registry === dockerHub ? apiOfDockerHub : registry;
  return {
    registry,
    origin: new URL(`${isPlain ? 'http' : 'https'}://${host}`),
    repository,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/** As people write it. */
export function formatReference(
  reference: Pick<Reference, 'registry' | 'repository' | 'tag' | 'digest'>,
): string {
  const { registry, repository, tag, digest } = reference;
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Addresses that no other machine can listen to. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(host);
}

function wrong(field: string, found: string, { hint }: { hint: string }): LoadwrightError {
  return new LoadwrightError('CONFIG_INVALID', `${field}: ${found}`, { hint });
}
