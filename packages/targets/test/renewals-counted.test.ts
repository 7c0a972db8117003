import { readFileSync } from 'node:fs';
import { renewalMetrics } from '@loadwright/core/target';
import { describe, expect, it } from 'vitest';
import { chalice } from '../src/chalice/index.js';
import { databricks } from '../src/databricks/index.js';
import { dht } from '../src/dht/index.js';
import { rest } from '../src/rest/index.js';
import { sagemaker } from '../src/sagemaker/index.js';

const targets = { chalice, databricks, dht, rest, sagemaker };

/** The ways in which Python files get credentials that they renew; each counts renewals by the same names. */
const renews = /\b(?:aws_credentials|Renewed)\b/;

describe('renewals of credentials', () => {
  it.each(Object.entries(targets))('are declared where they are counted: %s', (_, { definition }) => {
    const files = [definition.locustfile, ...(definition.pythonModules ?? [])];
    const isRenewed = files.some((file) => renews.test(readFileSync(file, 'utf8')));
    const declared = Object.keys(definition.metrics ?? {}).filter((name) =>
      Object.hasOwn(renewalMetrics, name),
    );
    expect(declared).toEqual(isRenewed ? Object.keys(renewalMetrics) : []);
  });

  it('are seen in the files', () => {
    const seen = Object.values(targets).filter(
      ({ definition }) => definition.metrics?.['credential_renewals'],
    );
    expect(seen).toHaveLength(4);
  });
});
