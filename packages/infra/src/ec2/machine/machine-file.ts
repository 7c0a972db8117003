import { stringify } from 'yaml';

const variablesFile = '/run/loadwright/variables.json';

/**
 * What a machine adds to the compose file of a bundle. Compose joins the two: lists of ports and volumes grow,
 * a command is replaced.
 *
 * @param uiPort port of the web UI, on every address of the machine
 */
export function machineFile(uiPort: number): string {
  return stringify({
    services: {
      master: {
        ...service('master'),
        command:
          '-f locustfile.py --master --exit-code-on-error 0 --web-login --csv /tmp/locust --csv-full-history',
        ports: [`${uiPort}:8089`, '127.0.0.1:5557:5557'],
        environment: { LOADWRIGHT_VARIABLES_FILE: variablesFile },
      },
      worker: {
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

function service(role: 'master' | 'worker') {
  return {
    restart: 'unless-stopped',
    ulimits: { nofile: 1_048_576 },
    volumes: [
      {
        type: 'bind',
        source: `/run/loadwright/${role}.json`,
        target: variablesFile,
        read_only: true,
        // At boot Docker starts its containers before the file is there: it must not put a folder in its place.
        bind: { create_host_path: false },
      },
    ],
    // Docker keeps a log for ever by default, until the disk is full.
    logging: { driver: 'json-file', options: { 'max-size': '50m', 'max-file': '3' } },
  };
}
