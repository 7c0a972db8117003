import type { ImageProgress } from '@loadwright/infra/image';
import { formatBytes } from '@loadwright/core/report';

/** How often a blob on its way is reported, in milliseconds. */
const between = 3000;

/**
 * Lines for people about the progress of a push: one for each step, and some for a long one.
 *
 * @param now milliseconds
 */
export function imageProgressLines(
  print: (line: string) => void,
  now: () => number,
): (progress: ImageProgress) => void {
  let last = now();
  return (progress) => {
    switch (progress.step) {
      case 'layer':
        return print(`bundle: ${formatBytes(progress.bytes)}, ${short(progress.digest)}`);
      case 'base':
        return print(`base: ${progress.reference} (${progress.platform})`);
      case 'tag':
        return print(`tag ${progress.tag}: ${progress.state === 'present' ? 'already there' : 'pushed'}`);
      case 'pause':
        return print(progress.message);
      case 'blob': {
        const { name, bytes, state, sentBytes } = progress;
        const blob = `${name} (${formatBytes(bytes)})`;
        if (state === 'present') return print(`${blob}: already there`);
        if (state === 'mounted') return print(`${blob}: taken from another repository`);
        if (state === 'sent') return print(`${blob}: sent`);
        if (sentBytes === 0) last = now();
        if (now() - last < between) return;
        last = now();
        return print(`${blob}: ${Math.floor((100 * sentBytes) / bytes)} %`);
      }
    }
  };
}

function short(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
