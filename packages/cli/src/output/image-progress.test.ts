import { describe, expect, it } from 'vitest';
import { imageProgressLines } from './image-progress.js';

describe('imageProgressLines', () => {
  it('prints a line for each step, and a share of a long one every three seconds', () => {
    const lines: string[] = [];
    let time = 0;
    const progress = imageProgressLines(
      (line) => void lines.push(line),
      () => time,
    );
    const blob = { step: 'blob', name: 'the bundle', bytes: 5_000_000 } as const;
    progress({ step: 'layer', digest: `sha256:${'ab'.repeat(32)}`, bytes: 5_000_000 });
    progress({ step: 'base', reference: 'registry.example/locust@sha256:0', platform: 'linux/arm64' });
    progress({ ...blob, name: 'layer 1 of 2 of the base', state: 'present', sentBytes: 0 });
    progress({ ...blob, name: 'layer 2 of 2 of the base', state: 'mounted', sentBytes: 0 });
    for (time = 0; time <= 7000; time += 1000) {
      progress({ ...blob, state: 'sending', sentBytes: time * 500 });
    }
    progress({ ...blob, state: 'sent', sentBytes: 5_000_000 });
    progress({ step: 'tag', tag: 'nightly', state: 'sent' });
    progress({ step: 'tag', tag: 'release', state: 'present' });
    expect(lines).toEqual([
      'bundle: 5 MB, sha256:abababababab',
      'base: registry.example/locust@sha256:0 (linux/arm64)',
      'layer 1 of 2 of the base (5 MB): already there',
      'layer 2 of 2 of the base (5 MB): taken from another repository',
      'the bundle (5 MB): 30 %',
      'the bundle (5 MB): 60 %',
      'the bundle (5 MB): sent',
      'tag nightly: pushed',
      'tag release: already there',
    ]);
  });
});
