/**
 * What can be done next. A program reads it; the command shows it as the command to type, so that no message of the
 * packages below it names one.
 */
export type NextStep =
  | {
      readonly action:
        | 'create-configuration'
        /** See what this machine, the project and the account lack. */
        | 'check-setup'
        /** See the resources, cost and permissions of a fleet. */
        | 'plan-fleet'
        | 'deploy-fleet'
        | 'list-fleets'
        /** Expired and orphaned ones. */
        | 'remove-unused-fleets'
        /** Put back what the scaling of an endpoint was before it was changed. */
        | 'restore-scaling';
    }
  | {
      readonly action: 'show-fleet' | 'show-fleet-logs' | 'stop-load' | 'follow-load';
      readonly fleetId: string;
    }
  | {
      readonly action: 'destroy-fleet';
      readonly fleetId: string;
      /** The fleet's kind and those of its options without which it is not found. Default: as configured. */
      readonly fleet?: { readonly kind: string; readonly options: Readonly<Record<string, string>> };
    }
  /** See the options of a target, and the variables and permissions that it needs. */
  | { readonly action: 'show-target'; readonly kind: string }
  /** See the permissions that a fleet needs: of whoever deploys it, of its machines, or those of the boundary. */
  | { readonly action: 'show-permissions'; readonly of: 'caller' | 'machine' | 'boundary' }
  /** Keep runs as what later ones are compared with. */
  | { readonly action: 'save-baseline'; readonly name: string; readonly replace?: boolean };
