/** What is done with a line of a block for a shell: what comes of it where it is carried out, or why it is not. */
export type Way = { readonly ends: 'well' | RegExp; readonly config?: string } | { readonly notHere: string };

/** Without an account, a command that needs one gets as far as asking for it, or for consent. */
const asksForAccount = { ends: /code: CREDENTIALS_INVALID|it asks before it changes anything/ };
const fromRegistry = { notHere: 'packages come from a registry: tools/ci/registry-dry-run.mjs' };
const ofRepository = { notHere: 'of the repository itself: .ci/run carries it out' };
const endless = { notHere: 'goes on until it is stopped: e2e starts and stops it' };
const loadwright = (line: RegExp) => new RegExp(`^(?:\\w+=\\S+ )?npx --no-install loadwright ${line.source}`);

/** The first that matches a line is its way. A line of the documentation that none matches fails its test. */
export const ways: readonly (readonly [line: RegExp, way: Way])[] = [
  [/^npm (create loadwright@latest|install --save-dev loadwright$)/, fromRegistry],
  [/^npm run load-test|^cd my-load-tests$/, fromRegistry],
  [/loadwright-exporter-webhook$/, { notHere: 'exporter-plugin.test.ts installs and tries that exporter' }],
  [/webhook=http/, { notHere: 'exporter-plugin.test.ts installs and tries that exporter' }],
  [/^npm (test|run demo|run build)$|^cd packages|^npm run bench|^esbuild /, ofRepository],
  [/^(npm pack|npm install --save-dev|mkdir -p) .*\/tmp\/loadwright|^cd ~\//, ofRepository],
  [/^python -m loadwright_runtime\.preflight$/, { notHere: 'Python of a bundle: infra tries it' }],
  [/^aws /, { notHere: 'takes an account of AWS' }],
  [/^docker |docker compose up/, { notHere: 'takes a daemon of Docker: container.test.ts, .ci/run' }],
  [/^cd bundle$/, { notHere: 'before docker compose up' }],
  [/^(for endpoint|ENDPOINT=|done$|test -z)/, { notHere: 'recipes.test.ts carries the loop out' }],
  [/^export \w+=/, { notHere: 'a secret that readers put in' }],
  [/^tail -f /, { notHere: 'goes on until it is stopped' }],
  [/^grep -rlF /, { notHere: 'grep has tests of its own' }],

  [loadwright(/(emulate|origin) /), endless],
  [loadwright(/run --web$/), endless],
  [loadwright(/init$/), { notHere: 'asks questions: packages/cli answers them' }],
  [loadwright(/demo$/), { notHere: 'npm run demo of .ci/run' }],
  [loadwright(/size /), { notHere: 'measures for a minute: sizing.test.ts, e2e/size.test.ts' }],
  [loadwright(/image push /), { notHere: 'takes a registry of images: .ci/run has one' }],
  [
    loadwright(/run --emulator/),
    { notHere: 'a load of seconds: examples.test.ts, e2e and .ci/run have some' },
  ],
  [
    loadwright(/workflow run koorde-vs-chord.yaml( --resume)?$/),
    { notHere: 'takes two rings: e2e/workflow.test.ts' },
  ],
  [loadwright(/init /), { ends: 'well' }],
  [loadwright(/run .*--dry-run/), { ends: 'well' }],
  [loadwright(/(list|gc|destroy|deploy|start|follow|results|stop|logs|scale) ?/), asksForAccount],
  [loadwright(/run --(on|keep-fleet)/), asksForAccount],
  [loadwright(/scaling (show|apply|rollback|verify)/), asksForAccount],
  [loadwright(/doctor/), { ends: /credentials of the target: There are no|There are no credentials/ }],
  [loadwright(/(run|calibrate|compare run)( |$)/), asksForAccount],
  // All of the runs are one and the same.
  [loadwright(/compare /), { ends: /^(?=[\s\S]*http_req_duration)(?![\s\S]*error:)/ }],
  [loadwright(/export .*--to otlp/), { ends: /connect ECONNREFUSED 127\.0\.0\.1:4318/ }],
  [loadwright(/\S/), { ends: 'well' }],
];
