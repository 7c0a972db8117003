import { formatDuration } from '../values/duration.js';
import type { LoadPlan } from '../load/plan.js';
import { locustVersion } from '../python-files.js';
import type { EnvironmentVariable } from '../target/contract.js';

/** The README of a bundle: how to run it by hand, without Loadwright. */
export function bundleReadme(bundle: {
  kind: string;
  host: string;
  environment: readonly EnvironmentVariable[];
  load: LoadPlan;
}): string {
  const { load } = bundle;
  const variables = bundle.environment.map(
    ({ name, required, description }) => `- \`${name}\`${required ? '' : ' (optional)'}: ${description}`,
  );
  return `# Load test of ${bundle.host}

Target: ${bundle.kind}. ${describeLoad(load)}
This folder is self-contained: it needs Locust, and nothing else.

## Before
${variables.length > 0 ? `Set in the environment of every worker:\n\n${variables.join('\n')}` : 'No variables are needed.'}

## Run
On this machine, Python 3.11 or newer:

    python3 -m venv .venv
    .venv/bin/pip install --require-hashes --only-binary :all: -r requirements.txt
    .venv/bin/locust -f locustfile.py --headless

One request, to see what is sent and what comes of it:

    .venv/bin/python -m loadwright_runtime.preflight

With containers (image \`locustio/locust:${locustVersion()}\`, or the one that the variable \`LOADWRIGHT_IMAGE\` names, for instance by its digest), web UI on http://127.0.0.1:8089:

    LOADWRIGHT_USER=$(id -u):$(id -g) docker compose up --scale worker=16

The files are for their owner alone, hence the variable.

## Files
- \`locustfile.py\`, \`*_requests.py\`: what is sent
- \`loadwright_runtime/\`: how it is sent
- \`target.json\`, \`load.json\`, \`payloads.jsonl\`, and of a trace \`schedule.csv\`: the data they read; no secrets
- \`requirements.txt\`: Locust and what it needs, pinned with hashes
`;
}

function describeLoad(load: LoadPlan): string {
  const length = formatDuration(load.durationSeconds);
  const numbers = 'The numbers come from `load.json`';
  if (load.arrivals?.kind === 'trace') {
    return `The requests of \`schedule.csv\` at their times, ${load.arrivals.speed} times as fast as recorded, for ${length}. ${numbers}; Locust needs one user for each worker to send them (\`--users\`).`;
  }
  if (load.arrivals) {
    const peak = Math.max(
      load.arrivals.startRate,
      ...load.arrivals.stages.map(({ ratePerSecond }) => ratePerSecond),
    );
    return `Up to ${peak} requests/s for ${length}, however slow the answers. ${numbers}; Locust needs one user for each worker to send them (\`--users\`).`;
  }
  if (load.stages)
    return `Up to ${load.users} users over ${length}, in the stages of \`load.json\`. ${numbers}.`;
  return `${load.users} users, ${load.spawnRate} started a second, for ${length}. ${numbers}; Locust's own options win over them.`;
}
