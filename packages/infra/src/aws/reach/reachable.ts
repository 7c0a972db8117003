import { LoadwrightError } from '@loadwright/core/fleet';
import type { SharedSettings } from '../fleet-settings.js';

/**
 * A machine elsewhere would load itself. Where AWS itself is a stand-in on this machine, its machines are here too.
 *
 * @param host base URL of the system under test
 * @throws LoadwrightError `CONFIG_INVALID` when it is an address of this machine.
 */
export function requireReachable({ aws: { endpoint } }: Pick<SharedSettings, 'aws'>, host: string): void {
  if (!isLoopback(host) || (endpoint !== undefined && isLoopback(endpoint))) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `target: found ${host}, which is this machine; a machine on EC2 would load itself`,
    {
      hint: 'Test what runs on this machine from this machine: --fleet local. Or name the service itself, and leave --emulator out.',
    },
  );
}

function isLoopback(url: string): boolean {
  const { hostname } = URL.canParse(url) ? new URL(url) : { hostname: url };
  return /^(.+\.)?localhost$|^127(\.\d+){3}$|^0\.0\.0\.0$|^\[::1?\]$|^\[::ffff:7f/.test(hostname);
}
