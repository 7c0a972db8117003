import type { ErrorCode } from '@loadwright/core/errors';
import type { Explanation } from './explanation.js';

const doctor = 'Run `loadwright doctor`: it checks this machine, the credentials and the configuration.';

/** Every error code, and INTERNAL for what has none. */
export const errorExplanations: Readonly<Record<ErrorCode | 'INTERNAL', Explanation>> = {
  CONFIG_INVALID: {
    meaning: 'A field of the configuration, a flag or a variable is wrong.',
    causes: [
      'A misspelt option, or a value of the wrong type or unit.',
      'Two settings that exclude each other, such as users beside an arrival rate.',
      'A flag or a `LOADWRIGHT_…` variable that overrides the file.',
    ],
    steps: [
      'Correct the field that the message names.',
      'Run `loadwright config print` to see every value and where it came from.',
      'Run `loadwright targets show KIND` for the options of a target.',
    ],
    pages: ['reference/configuration.md'],
  },
  CONFIG_UNREADABLE: {
    meaning: 'The configuration file is missing or cannot be read.',
    causes: [
      'The command ran in another folder than that of the file.',
      'The file is not valid TypeScript, YAML or JSON, or throws while it is loaded.',
    ],
    steps: ['Name the file with `--config`.', 'Run `loadwright init` to write a first one.'],
    pages: ['reference/configuration.md', 'tutorials/getting-started.md'],
  },
  PAYLOADS_INVALID: {
    meaning: 'A payload file is missing, empty or malformed.',
    causes: [
      'The path is relative to the configuration file, not to the current folder.',
      'A line of a `.jsonl` file is no JSON; the message names the line.',
    ],
    steps: [
      'Correct the file or the line that the message names.',
      'Check the format by the ending of the file.',
    ],
    pages: ['reference/payloads.md'],
  },
  THRESHOLD_INVALID: {
    meaning: 'A threshold expression or its metric is unknown.',
    causes: [
      'A misspelt metric.',
      'An expression in another form, such as `p95<200` in place of `p(95)<200`.',
    ],
    steps: ['Compare the expression with the table of metrics and their aggregations.'],
    pages: ['reference/thresholds-and-verdicts.md'],
  },
  TARGET_NOT_FOUND: {
    meaning: 'No package or file was found for the name of a target.',
    causes: ['A misspelt kind.', 'The package of the target is not installed in this project.'],
    steps: [
      'Run `loadwright targets` to list the kinds.',
      'Install the package, or name the path of its file.',
    ],
    pages: ['tutorials/choose-your-endpoint.md', 'tutorials/writing-a-target.md'],
  },
  TARGET_INVALID: {
    meaning: 'What was loaded is not a target, or threw while loading.',
    causes: ['The package was not built.', 'Its default export is no target.'],
    steps: ['Build the package (`npm run build`).', "Run the package's conformance tests."],
    pages: ['tutorials/writing-a-target.md'],
  },
  TARGET_VERSION_UNSUPPORTED: {
    meaning: 'The target was made for another version of the contract.',
    causes: ['The package of the target is older or newer than this Loadwright.'],
    steps: ['Install versions that belong together, or build the target against this version.'],
    pages: ['tutorials/writing-a-target.md'],
  },
  TARGET_KIND_DUPLICATE: {
    meaning: 'Two targets claim the same kind.',
    causes: [
      'Two packages of targets with one kind are installed, or one has the kind of a built-in target.',
    ],
    steps: ['Remove one of the two packages, or give yours another kind.'],
    pages: ['tutorials/writing-a-target.md'],
  },
  EXPORTER_INVALID: {
    meaning: 'No exporter was found for a name, or what was loaded is none.',
    causes: [
      'A misspelt kind.',
      'The package of the exporter is not installed in this project.',
      'The exporter failed while it read its options, or when it was opened for a past run.',
    ],
    steps: [
      'Use one of the kinds that the message lists.',
      'Install the package, or name the path of its file.',
      'Write to its author; with LOADWRIGHT_DEBUG=1 the command prints where it failed.',
    ],
    pages: ['reference/exporters.md', 'how-to/write-an-exporter.md'],
  },
  EXPORT_FAILED: {
    meaning: 'The receiver of an export did not take a past run.',
    causes: [
      'Nothing listens at the address, or the receiver does not answer or refuses the credentials.',
      'Prometheus takes no samples that are older than about an hour, unless `out_of_order_time_window` is set.',
    ],
    steps: [
      'Check the address, and that the receiver runs.',
      'Read what the receiver said, in the message.',
      'Export again: what has arrived counts once.',
    ],
    pages: ['reference/exporters.md', 'how-to/see-a-run-in-grafana.md'],
  },
  CREDENTIALS_INVALID: {
    meaning: 'A credential is missing, is refused, or expires before the run ends.',
    causes: [
      'The variable or profile is not set in this shell.',
      'The token or key belongs to another account or workspace.',
      'A session (single sign-on, an assumed role) ends before the load does.',
      'The caller lacks the permission.',
    ],
    steps: [
      doctor,
      'Run `loadwright iam policy` for the permissions that AWS targets and fleets need.',
      'Use credentials that renew themselves, or shorten the load.',
    ],
    pages: ['how-to/databricks-refuses-token.md', 'explanation/secrets.md'],
  },
  PREFLIGHT_FAILED: {
    meaning: 'The one real request before the load did not succeed, so no load was made.',
    causes: [
      'A wrong address, name, region, stage or route.',
      'A payload that the service does not accept.',
      'The service is starting, or it throttles.',
    ],
    steps: [
      'Read what the service answered: the message has it.',
      'For a service that is starting, set `preflight: { waitUpTo: 10m }`.',
      'Try the same configuration with `loadwright run --emulator`.',
    ],
    pages: ['reference/preflight.md', 'how-to/requests-are-throttled.md'],
  },
  LOCUST_UNAVAILABLE: {
    meaning: 'There is no suitable Python, or Locust could not be installed.',
    causes: ['Python is missing or older than 3.11.', 'The module `venv` is missing.', 'A proxy stops pip.'],
    steps: [doctor, 'Name a Python with `LOADWRIGHT_PYTHON`, or a Locust with `LOADWRIGHT_LOCUST`.'],
    pages: ['how-to/locust-cannot-be-installed.md'],
  },
  PROVISIONING_FAILED: {
    meaning: 'The fleet could not be made, or the master of a deployed fleet does not answer.',
    causes: [
      'A missing permission, a quota, or no capacity for the type of machine.',
      'A worker or the master did not start; its log is part of the message.',
      'The address of your machine changed, or a firewall is in between.',
    ],
    steps: [
      'Fix the cause that the message names, then retry: what was begun has been removed.',
      'Run `loadwright doctor FLEET` for a fleet that exists, `loadwright plan` before one is made.',
    ],
    pages: ['how-to/ec2.md', 'how-to/ecs.md', 'reference/fleets/ec2.md'],
  },
  MASTER_LOST: {
    meaning: 'The master stopped answering in the middle of the run; the verdict is INVALID.',
    causes: [
      'The process ended, or ran out of memory.',
      'Its machine went away, or the session to it broke off.',
    ],
    steps: [
      'Read the log of the master in the results folder.',
      'Run again; give the machine more memory if it stays.',
    ],
    pages: ['how-to/run-is-invalid.md'],
  },
  MASTER_PROTOCOL: {
    meaning: 'The master refused a request or gave an answer that is not understood.',
    causes: [
      'Another version of Locust or of Loadwright answers.',
      'Another program answers at this address.',
    ],
    steps: [
      'Deploy the fleet anew with this version.',
      'If it stays, report it with the output of `LOADWRIGHT_DEBUG=1`.',
    ],
    pages: ['reference/exit-codes.md'],
  },
  RESOURCES_REMAIN: {
    meaning: 'Clean-up did not finish, or was interrupted: resources may remain.',
    causes: [
      'A second Ctrl-C.',
      'A missing permission to remove something.',
      'Something of yours uses a resource.',
    ],
    steps: [
      'Run `loadwright list`, then `loadwright destroy FLEET`, until it prints `0 resources left, verified`.',
      'Fix the cause that it names, such as a missing permission.',
    ],
    pages: ['how-to/remove-what-is-left.md'],
  },
  RESULTS_UNREADABLE: {
    meaning: 'The results of a run do not exist or cannot be read.',
    causes: [
      'The results are in another folder.',
      'The run was stopped before it wrote a report.',
      'A file was moved, cut or changed, or a newer Loadwright wrote it.',
    ],
    steps: [
      'Run `loadwright report --list`.',
      'Name the folder with `--results`.',
      'Run the test again if a file is damaged.',
    ],
    pages: ['reference/results.md'],
  },
  ABORTED: {
    meaning: 'You stopped it: Ctrl-C, SIGTERM, or the signal of a program.',
    causes: ['Ctrl-C, or a pipeline that cancelled the job.'],
    steps: ['Run again. What was measured until then is in the results folder.'],
    pages: ['reference/exit-codes.md'],
  },
  USAGE: {
    meaning: 'The command line could not be understood.',
    causes: ['A misspelt command or flag, or a missing argument.'],
    steps: ['Add `--help` to the command: it has examples.'],
    pages: ['reference/commands.md'],
  },
  INTERNAL: {
    meaning: 'An error that no code is for: a defect of Loadwright itself.',
    causes: ['An unexpected state.'],
    steps: ['Report it with the output of `LOADWRIGHT_DEBUG=1` and of `loadwright doctor`.'],
    pages: ['reference/exit-codes.md'],
  },
};
