import { databricks } from '@loadwright/targets/databricks';
import { dht } from '@loadwright/targets/dht';
import { rest } from '@loadwright/targets/rest';
import { sagemaker } from '@loadwright/targets/sagemaker';
import { expect, it } from 'vitest';
import { pointAt, startEmulatorOf } from './emulation.js';

it('stands in for the very ring that a configuration names', async () => {
  const target = dht({
    baseUrl: 'http://ring.example',
    protocol: 'chord',
    urls: { list: ['https://origin.example/'] },
  });
  const { emulator } = await startEmulatorOf(target);
  try {
    const pointed = pointAt(target, emulator, {});
    expect(pointed.target.options).toMatchObject({ protocol: 'chord', baseUrl: emulator.url });
    const health = (await (await fetch(`${emulator.url}/health`)).json()) as Record<string, unknown>;
    expect(health).toMatchObject({ details: { protocol: 'chord' } });
  } finally {
    await emulator.stop();
  }
});

it('stands in for the very endpoint that a configuration names, with credentials of its own', async () => {
  const target = sagemaker({
    endpointName: 'fraud',
    region: 'eu-west-1',
    payloads: { inline: [{ amount: 1 }] },
  });
  const { emulator } = await startEmulatorOf(target);
  try {
    const { environment } = pointAt(target, emulator, { AWS_ACCESS_KEY_ID: 'callers-own', PATH: '/bin' });
    expect(environment['AWS_ACCESS_KEY_ID']).not.toBe('callers-own');
    expect(environment['PATH']).toBe('/bin');
    expect(emulator.targetOptions).toMatchObject({ endpointName: 'fraud', region: 'eu-west-1' });
  } finally {
    await emulator.stop();
  }
});

it('makes up what only the options name, and passes on no secret of the caller', async () => {
  const target = rest({ baseUrl: 'https://api.example', secretHeaders: { 'X-Api-Key': 'MY_KEY' } });
  const { emulator } = await startEmulatorOf(target);
  try {
    const { environment } = pointAt(target, emulator, { MY_KEY: 'callers-own' });
    expect(environment['MY_KEY']).toBe('made-up-by-loadwright');
  } finally {
    await emulator.stop();
  }
});

it.each([
  ['https://a1b2.serving.example/123/serving-endpoints/houses/invocations', undefined],
  ['/serving-endpoints/chat/completions', '/serving-endpoints/chat/completions'],
])('sends nothing to the endpointUrl %s of Databricks', async (endpointUrl, kept) => {
  const target = databricks({
    ...{ baseUrl: 'https://dbc.example', endpointName: 'houses', endpointUrl },
    payloads: { inline: [{ rooms: 1 }] },
  });
  const { emulator } = await startEmulatorOf(target);
  try {
    const { options } = pointAt(target, emulator, {}).target;
    expect(target.definition.host(options)).toBe(emulator.url);
    expect((options as { endpointUrl?: string }).endpointUrl).toBe(kept);
  } finally {
    await emulator.stop();
  }
});

it('refuses a target that would send its load elsewhere', async () => {
  const target = rest({ baseUrl: 'https://api.example' });
  const { emulator } = await startEmulatorOf(target);
  try {
    expect(() => pointAt(target, { ...emulator, targetOptions: {} }, {})).toThrow(
      /^target: its load would go to https:\/\/api\.example, and not to the emulator at http:\/\/127\.0\.0\.1:\d+$/,
    );
  } finally {
    await emulator.stop();
  }
});
