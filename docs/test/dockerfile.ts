/** One instruction of a Dockerfile, its lines put together. */
export interface Instruction {
  readonly name: string;
  readonly words: string;
}

/** The instructions of a Dockerfile, without comments. */
export function instructionsOf(text: string): Instruction[] {
  const lines = text.split('\n').filter((line) => !/^\s*(?:#|$)/.test(line));
  return lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => {
      const [, name = '', words = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
      return { name: name.toUpperCase(), words };
    });
}

/** What is wrong with an instruction, whatever stands around it. */
const rules: readonly {
  readonly of: string;
  readonly says: string;
  readonly isBroken: (words: string) => boolean;
}[] = [
  {
    of: 'FROM',
    says: 'the base has no exact version or digest',
    isBroken: (words) =>
      !/^[\w./-]+(?::\d+\.\d+\.\d+[\w.-]*|[\w.:-]*@sha256:[0-9a-f]{64})(?: AS \w+)?$/.test(words),
  },
  {
    of: 'RUN',
    says: 'apt-get installs without --yes, with what is recommended, from an old list, or leaves its lists',
    isBroken: (words) =>
      /apt-get install/.test(words) &&
      !/apt-get update && apt-get install --yes --no-install-recommends [^&]+&& rm -rf \/var\/lib\/apt\/lists\/\*/.test(
        words.replaceAll(/\s+/g, ' '),
      ),
  },
  {
    of: 'RUN',
    says: 'it runs what was downloaded',
    isBroken: (words) => /(?:curl|wget)[^&;]*\|/.test(words),
  },
  { of: 'RUN', says: 'sudo', isBroken: (words) => /\bsudo\b/.test(words) },
  { of: 'ADD', says: 'COPY copies, and nothing else', isBroken: () => true },
  { of: 'WORKDIR', says: 'the folder is not absolute', isBroken: (words) => !words.startsWith('/') },
  {
    of: 'ENV',
    says: 'a secret stays in the image',
    isBroken: (words) => /SECRET|TOKEN|PASSWORD|KEY/i.test(words),
  },
  {
    of: 'ARG',
    says: 'a secret stays in the image',
    isBroken: (words) => /SECRET|TOKEN|PASSWORD|KEY/i.test(words),
  },
  ...['ENTRYPOINT', 'CMD'].map((of) => ({
    of,
    says: 'a shell takes the signals',
    isBroken: (words: string) => !words.startsWith('['),
  })),
];

/** What is wrong with a Dockerfile, a line each. */
export function violationsOf(text: string): string[] {
  const found = instructionsOf(text);
  const user = found.findLast(({ name }) => name === 'USER')?.words ?? 'root';
  const broken = found.flatMap(({ name, words }) =>
    rules
      .filter(({ of, isBroken }) => of === name && isBroken(words))
      .map(({ says }) => `${name} ${words}: ${says}`),
  );
  return [
    ...broken,
    ...(/^(?:root|0)(?::|$)/.test(user) ? [`USER ${user}: its processes may do everything`] : []),
  ];
}
