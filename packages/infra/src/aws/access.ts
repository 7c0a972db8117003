/**
 * How a web UI is reached: through a port forward of Session Manager, with no port open; or at the public address of its
 * machine, encrypted or not.
 */
export const accesses = ['session-manager', 'https', 'http'] as const;

export type Access = (typeof accesses)[number];

/** Is it reached at the public address of the machine? */
export function isPublic(access: Access): boolean {
  return access !== 'session-manager';
}
