import type { Aws } from '../../aws/clients.js';
import { checkSessionManager } from '../check/session-manager.js';
import { lacksSessions } from '../check/permissions.js';
import { portFor, type Ec2FleetSettings } from '../settings.js';

/**
 * The settings with the way to the web UI that it will be. What somebody said stays. A port forward that nobody asked for
 * is made only where its programs work and AWS does not say that it is forbidden: an encrypted web UI takes its place, and
 * never one that can be read on the way.
 */
export async function settleAccess(aws: Aws, settings: Ec2FleetSettings): Promise<Ec2FleetSettings> {
  if (settings.accessReason === undefined || settings.access !== 'session-manager') return settings;
  const [programs, lacked] = await Promise.all([
    checkSessionManager(settings.environment),
    lacksSessions(aws, settings),
  ]);
  const why = typeof programs === 'string' ? lacked : programs.detail;
  if (why === undefined) return settings;
  const access = 'https';
  return {
    ...settings,
    access,
    accessReason: `a port forward of Session Manager would not work: ${why}`,
    uiPort: portFor(access, settings.givenUiPort),
  };
}
