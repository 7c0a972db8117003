import { stringify } from 'yaml';
import { locustVersion } from '../python-files.js';
import type { EnvironmentVariable } from '../target/contract.js';
import { fleetTokenVariable } from './fleet-token.js';

/**
 * The compose file of a bundle: `docker compose up --scale worker=16`. Variables are passed on by name, so that no
 * value is written; only workers get those of the target. The web UI has no login here, so it listens on loopback alone.
 */
export function composeFile(environment: readonly EnvironmentVariable[]): string {
  const service = (command: string) => ({
    // By its digest, or from a registry of one's own, for who wants it.
    image: `\${LOADWRIGHT_IMAGE:-locustio/locust:${locustVersion()}}`,
    volumes: ['.:/mnt/locust:ro'],
    working_dir: '/mnt/locust',
    // The files are for their owner alone; 1000 is also the user of the image.
    user: '${LOADWRIGHT_USER:-1000:1000}',
    command: `-f locustfile.py ${command}`,
  });
  const variables = environment.map((variable) => variable.name);
  // Compose passes it on where it is set.
  const token = [fleetTokenVariable];
  return stringify({
    services: {
      master: {
        ...service('--master --exit-code-on-error 0'),
        ports: ['127.0.0.1:8089:8089'],
        environment: token,
      },
      worker: {
        ...service('--worker --master-host master'),
        depends_on: ['master'],
        environment: [...variables, ...token],
      },
    },
  });
}
