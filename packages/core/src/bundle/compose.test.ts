import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { composeFile } from './compose.js';

describe('composeFile', () => {
  const variable = { name: 'DATABRICKS_TOKEN', secret: true, required: true, description: 'a token' };

  it('passes variables on by name, those of the target to workers alone', () => {
    const { services } = parse(composeFile([variable])) as {
      services: Record<string, Record<string, unknown>>;
    };
    expect(services['worker']?.['environment']).toEqual(['DATABRICKS_TOKEN', 'LOADWRIGHT_FLEET_TOKEN']);
    expect(services['master']?.['environment']).toEqual(['LOADWRIGHT_FLEET_TOKEN']);
  });

  it('opens the web UI, which has no login here, on loopback alone', () => {
    const { services } = parse(composeFile([])) as { services: Record<string, Record<string, unknown>> };
    expect(services['master']?.['ports']).toEqual(['127.0.0.1:8089:8089']);
    expect(services['worker']).not.toHaveProperty('ports');
  });

  it('pins the image to the version of the requirements, and lets a variable name another', () => {
    expect(composeFile([])).toMatch(/\$\{LOADWRIGHT_IMAGE:-locustio\/locust:\d+\.\d+\.\d+\}\n/);
  });
});
