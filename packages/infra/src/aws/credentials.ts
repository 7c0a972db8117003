import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { AwsSettings } from './settings.js';

type Provider = ReturnType<typeof fromIni>;

/** Clients ask again this long before their credentials expire, in milliseconds; the SDK's own margin. */
const margin = 300_000;

/** The keys, those of the profile, or what the SDK finds: variables, the default profile, the role of a machine. */
export function credentialsOf({ region, profile, keys }: AwsSettings): AwsSettings['keys'] | Provider {
  if (keys) return keys;
  const clientConfig = { region };
  // A profile that was named is meant: a machine's own role must not stand in for it.
  return profile === undefined
    ? fromNodeProviderChain({ clientConfig })
    : shared(fromIni({ profile, clientConfig }));
}

/** Looks once for all clients, until what was found is about to expire. */
function shared(provider: Provider): Provider {
  let found: ReturnType<Provider> | undefined;
  let until = 0;
  return async (options) => {
    if (!found || Date.now() > until) {
      until = Infinity;
      found = provider(options);
      found.then(
        ({ expiration }) => (until = expiration ? expiration.getTime() - margin : Infinity),
        () => (found = undefined),
      );
    }
    return found;
  };
}
