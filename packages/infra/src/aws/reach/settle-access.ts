import type { Aws } from '../clients.js';
import { checkSessionManager } from '../check/session-manager.js';
import { lacksSessions } from '../check/permissions.js';
import type { PortFor, SharedSettings } from '../fleet-settings.js';
import type { FleetPolicies } from '../permissions/fleet-policies.js';

/** {@link settleAccess}, chosen once: what a plan said is what is made. What failed is tried anew. */
export function settlingOnce<Settings extends SharedSettings & Wishes, Wishes extends object>(
  settings: Settings,
  policies: FleetPolicies<Wishes>,
  portFor: PortFor,
): (aws: Aws) => Promise<Settings> {
  let settled: Promise<Settings> | undefined;
  return (aws) => {
    settled ??= settleAccess(aws, settings, policies, portFor).catch((error: unknown) => {
      settled = undefined;
      throw error;
    });
    return settled;
  };
}

/**
 * The settings with the way to the web UI that it will be. What somebody said stays. A port forward that nobody asked for
 * is made only where its programs work and AWS does not say that it is forbidden: an encrypted web UI takes its place, and
 * never one that can be read on the way.
 */
export async function settleAccess<Settings extends SharedSettings & Wishes, Wishes extends object>(
  aws: Aws,
  settings: Settings,
  policies: FleetPolicies<Wishes>,
  portFor: PortFor,
): Promise<Settings> {
  if (settings.accessReason === undefined || settings.access !== 'session-manager') return settings;
  const [programs, lacked] = await Promise.all([
    checkSessionManager(settings.environment),
    lacksSessions(aws, policies, settings),
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
