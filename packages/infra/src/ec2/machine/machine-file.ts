import { stringify } from 'yaml';
import { memoryFolder as secrets, tlsFiles, tlsOptions } from '../../aws/machine/certificate.js';
import type { MachineSettings } from './settings.js';

const variablesFile = `${secrets}/variables.json`;

/**
 * What a machine adds to the compose file of a bundle. Compose joins the two: lists of ports and volumes grow,
 * a command is replaced.
 */
export function machineFile({
  uiPort,
  certificate,
  containerImage,
}: Pick<MachineSettings, 'uiPort' | 'certificate' | 'containerImage'>): string {
  const isEncrypted = certificate !== undefined;
  const image = containerImage === undefined ? {} : { image: containerImage };
  return stringify({
    services: {
      master: {
        ...image,
        ...service('master', isEncrypted ? Object.values(tlsFiles) : []),
        command: [
          '-f locustfile.py --master --exit-code-on-error 0 --web-login',
          ...(isEncrypted ? tlsOptions : []),
          '--csv /tmp/locust --csv-full-history',
        ].join(' '),
        ports: [`${uiPort}:8089`, '127.0.0.1:5557:5557'],
        environment: { LOADWRIGHT_VARIABLES_FILE: variablesFile },
      },
      worker: {
        ...image,
        ...service('worker'),
        command: '-f locustfile.py --worker --master-host 127.0.0.1',
        // No address translation in the path of the load, and the role's credentials are one hop away, as they must be.
        network_mode: 'host',
        environment: {
          LOADWRIGHT_VARIABLES_FILE: variablesFile,
          LOADWRIGHT_ROLE_CREDENTIALS: '1',
          // Passed on when it is set.
          AWS_EC2_METADATA_SERVICE_ENDPOINT: null,
        },
      },
    },
  });
}

/** @param files that it reads besides its variables, each at its own path */
function service(role: 'master' | 'worker', files: readonly string[] = []) {
  return {
    restart: 'unless-stopped',
    ulimits: { nofile: 1_048_576 },
    volumes: [mount(`${secrets}/${role}.json`, variablesFile), ...files.map((path) => mount(path, path))],
    // Docker keeps a log for ever by default, until the disk is full.
    logging: { driver: 'json-file', options: { 'max-size': '50m', 'max-file': '3' } },
  };
}

function mount(source: string, target: string) {
  return {
    type: 'bind',
    source,
    target,
    read_only: true,
    // At boot Docker starts its containers before the file is there: it must not put a folder in its place.
    bind: { create_host_path: false },
  };
}
