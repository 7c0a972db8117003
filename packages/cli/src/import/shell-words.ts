import { LoadwrightError } from '@loadwright/core';

/** What a backslash stands for within `$'…'`, as bash reads it; others are the character itself. */
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0' };

/**
 * The words of a command as bash would pass them on: '…', "…", $'…', backslashes and continued lines. Nothing is run and no
 * variable is replaced.
 *
 * @throws LoadwrightError `USAGE` for a quote that is not closed.
 */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  const until = (mark: string): string => {
    let found = '';
    for (; at < text.length && text[at] !== mark; at += 1) {
      if (text[at] !== '\\' || mark === "'") found += text[at];
      else found += escaped(text[(at += 1)] ?? '');
    }
    if (at >= text.length) throw unclosed(mark);
    at += 1;
    return found;
  };
  const escaped = (character: string): string => {
    if (character === '\n') return '';
    return /["\\$`]/.test(character) ? character : `\\${character}`;
  };
  while (at < text.length) {
    const character = text[at]!;
    at += 1;
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      word = (word ?? '') + until(character);
    } else if (character === '$' && text[at] === "'") {
      at += 1;
      word = (word ?? '') + ansiQuoted();
    } else if (character === '\\') {
      // A backslash before the end of a line continues it, also one with the end of a line as Windows writes it.
      const skipped = /^\r?\n/.exec(text.slice(at))?.[0];
      if (skipped !== undefined) at += skipped.length;
      else word = (word ?? '') + (text[at++] ?? '');
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== undefined) words.push(word);
  return words;

  function ansiQuoted(): string {
    const end = /^(?:[^'\\]|\\[\s\S])*'/.exec(text.slice(at))?.[0];
    if (end === undefined) throw unclosed("'");
    at += end.length;
    return end
      .slice(0, -1)
      .replace(/\\(?:u([0-9a-fA-F]{1,4})|x([0-9a-fA-F]{1,2})|([\s\S]))/g, (_, unicode, hex, other: string) =>
        other === undefined
          ? String.fromCharCode(Number.parseInt((unicode ?? hex) as string, 16))
          : (escapes[other] ?? other),
      );
  }
}

function unclosed(mark: string): LoadwrightError {
  return new LoadwrightError('USAGE', `import curl: a quote ${mark} is not closed`, {
    hint: 'copy the whole command, or write it into a file: loadwright import curl ./command.sh',
  });
}
