import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConformanceCheck } from './conformance.js';
import { issuesOf, jsonSchemaOf, validOptions } from './json-schema.js';
import type { TargetSubject } from './target-subject.js';

/** What secrets look like in source code: access keys of AWS, tokens of Databricks and GitHub, private keys, assignments. */
const secretPatterns = [
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\bdapi[0-9a-f]{32}\b/,
  /\bgh[pousr]_\w{36}\b/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /(secret|password|token|api_?key)\w*\s*=\s*['"][A-Za-z0-9/+_.-]{16,}['"]/i,
];

/** Names of a bundle's own files, which a module must not shadow. */
const reservedModules = ['locustfile.py', 'loadwright_runtime.py', 'locust.py'];

/** The definition by itself: its contract version, options, Python files and what follows from the options. */
export function targetDefinitionChecks({ definition, factory, options }: TargetSubject): ConformanceCheck[] {
  const schema = definition.options;
  const parsed = () => validOptions(schema, options);
  return [
    {
      name: 'names its contract version, kind and summary',
      run: async () => {
        assert.equal(definition.specificationVersion, 1, 'specificationVersion must be 1');
        assert.match(definition.kind, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'kind: lower case with hyphens');
        assert.match(definition.summary, /^\S.{9,}$/, 'summary: one line');
        assert.deepEqual(
          factory(options),
          { definition, options },
          'the factory keeps the options as they are',
        );
      },
    },
    {
      name: 'accepts its example, and its defaults are stable',
      run: async () => {
        const once = validOptions(schema, definition.example);
        assert.deepEqual(validOptions(schema, once), once, 'validating twice must change nothing');
        parsed();
      },
    },
    {
      name: 'describes its options as JSON Schema',
      run: async () => {
        const { properties } = jsonSchemaOf(schema) as {
          properties?: Record<string, { description?: string }>;
        };
        assert(properties, 'the JSON Schema of the options must be an object with properties');
        for (const [name, { description }] of Object.entries(properties)) {
          assert(description, `option ${name} needs a description`);
        }
      },
    },
    {
      name: 'refuses an unknown option by its name',
      run: async () => {
        const issues = issuesOf(schema, { ...(options as object), noSuchOption: 1 });
        assert.match(issues.join('\n'), /noSuchOption/, 'the issue must name the unknown option');
      },
    },
    {
      name: 'brings static Python files without secrets',
      run: async () => {
        const files = [definition.locustfile, ...(definition.pythonModules ?? [])];
        const names = files.map((file) => basename(fileURLToPath(file)));
        assert.equal(new Set(names).size, names.length, `files have the same name: ${names.join(', ')}`);
        for (const [index, file] of files.entries()) {
          assert.match(names[index]!, /^[a-z_][a-z0-9_]*\.py$/, 'files must be importable Python modules');
          if (index > 0)
            assert(!reservedModules.includes(names[index]!), `${names[index]} is a reserved name`);
          const source = readFileSync(file, 'utf8');
          for (const pattern of secretPatterns) {
            assert.doesNotMatch(source, pattern, `${names[index]} seems to hold a secret`);
          }
        }
      },
    },
    {
      name: 'gives a base URL as host',
      run: async () => {
        const host = definition.host(parsed());
        assert(URL.canParse(host), `host is not a URL: ${host}`);
        const { hash, password, protocol, search, username } = new URL(host);
        assert.match(protocol, /^https?:$/, 'host must be http or https');
        assert.equal(hash + password + search + username, '', 'host must have no user, query or fragment');
        assert.doesNotMatch(host, /\/$/, 'host must have no trailing slash');
      },
    },
    {
      name: 'gives a plain and repeatable target.json',
      run: async () => {
        const config = definition.targetConfig(parsed());
        const text = JSON.stringify(config);
        assert.deepEqual(config, JSON.parse(text), 'targetConfig must be plain JSON (no undefined, no Date)');
        assert.equal(
          JSON.stringify(definition.targetConfig(parsed())),
          text,
          'targetConfig must be repeatable',
        );
      },
    },
    {
      name: 'declares well-formed environment variables',
      run: async () => {
        const variables = definition.environment?.(parsed()) ?? [];
        const names = variables.map(({ name }) => name);
        assert.equal(new Set(names).size, names.length, 'a variable is declared twice');
        for (const { description, name } of variables) {
          assert.match(name, /^[A-Z][A-Z0-9_]*$/, 'names of variables are upper case');
          assert.match(description, /^\S.+$/, `variable ${name} needs a description of one line`);
        }
        assert(
          variables.length === 0 || definition.resolveEnvironment,
          'a target with variables needs resolveEnvironment',
        );
      },
    },
    {
      name: 'asks for least privilege only',
      run: async () => {
        for (const { Action, Effect, Resource } of definition.iamStatements?.(parsed()) ?? []) {
          assert.equal(Effect, 'Allow');
          assert(Action.length > 0 && Resource.length > 0, 'a statement needs an action and a resource');
          for (const action of Action)
            assert.match(action, /^[a-z0-9-]+:[A-Za-z0-9]+$/, 'no wildcard actions');
          // Partition, service and region are fixed; the account and parts of the name may be open.
          for (const arn of Resource) {
            assert.match(arn, /^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:(\*|\d{12}|):[^*]/, `too broad: ${arn}`);
          }
        }
      },
    },
    {
      name: 'labels its reports with text',
      run: async () => {
        for (const [name, value] of Object.entries(definition.labels?.(parsed()) ?? {})) {
          assert.equal(typeof value, 'string', `label ${name} must be text`);
        }
      },
    },
  ];
}
