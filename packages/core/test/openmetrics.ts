/** One line of a text with its labels taken apart. */
export interface ParsedSample {
  readonly family: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Unix time in seconds. */
  readonly time: number;
}

const suffixes = { counter: ['_total'], histogram: ['_bucket', '_count', '_sum'] } as const;

const samplePattern = /^(?<name>[a-zA-Z_:][\w:]*)\{(?<labels>.*)\} (?<value>\S+) (?<time>\S+)$/;
const labelPattern = /(?<name>[a-zA-Z_]\w*)="(?<value>(?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;

/**
 * Reads OpenMetrics text (1.0) and holds it to what the specification prescribes for counters and histograms with
 * timestamps: metadata before samples, families and points that stand together, names with the suffixes of their type,
 * counts that never fall, and buckets that end with that of +Inf.
 *
 * @throws Error with the line that breaks a rule.
 */
export function parseOpenMetrics(text: string): ParsedSample[] {
  if (!text.endsWith('# EOF\n')) throw new Error('the text does not end with # EOF');
  const samples: ParsedSample[] = [];
  const families = new Map<string, keyof typeof suffixes>();
  let family = '';
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const [, keyword, metric = '', rest = ''] = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'TYPE') {
      if (families.has(metric)) throw new Error(`a second family ${metric}`);
      if (!(rest in suffixes)) throw new Error(`unknown type: ${line}`);
      family = metric;
      families.set(metric, rest as keyof typeof suffixes);
    } else if (keyword !== undefined) {
      if (metric !== family) throw new Error(`metadata of another family: ${line}`);
      if (keyword === 'UNIT' && !metric.endsWith(`_${rest}`))
        throw new Error(`no suffix of the unit: ${line}`);
    } else samples.push(parseSample(line, family, families.get(family)));
  }
  checkPoints(samples);
  return samples;
}

function parseSample(line: string, family: string, type: keyof typeof suffixes | undefined): ParsedSample {
  const { name = '', labels = '', value, time } = samplePattern.exec(line)?.groups ?? {};
  const parsed = {
    family,
    name,
    labels: parseLabels(labels, line),
    value: Number(value),
    time: Number(time),
  };
  if (!type || !suffixes[type].some((suffix) => name === family + suffix)) {
    throw new Error(`not a sample of ${family}: ${line}`);
  }
  if (!Number.isFinite(parsed.value) || !Number.isFinite(parsed.time)) throw new Error(`no number: ${line}`);
  if (name.endsWith('_bucket') !== 'le' in parsed.labels) throw new Error(`le out of place: ${line}`);
  return parsed;
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let read = 0;
  for (const match of text.matchAll(labelPattern)) {
    const { name, value } = match.groups as { name: string; value: string };
    if (name in labels) throw new Error(`a label twice: ${line}`);
    labels[name] = value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
    read += match[0].length;
  }
  if (read !== text.length) throw new Error(`labels are malformed: ${line}`);
  return labels;
}

function checkPoints(samples: readonly ParsedSample[]): void {
  const last = new Map<string, ParsedSample>();
  const closed = new Set<string>();
  let open = '';
  for (const sample of samples) {
    const { le: _, ...own } = sample.labels;
    const metric = `${sample.family}${JSON.stringify(own)}`;
    if (metric !== open) {
      if (closed.has(metric)) throw new Error(`the points of ${metric} do not stand together`);
      closed.add(open);
      open = metric;
    }
    const key = `${sample.name}${JSON.stringify(sample.labels)}`;
    const before = last.get(key);
    if (before && before.time >= sample.time) throw new Error(`time does not grow: ${key}`);
    if (before && before.value > sample.value) throw new Error(`a count falls: ${key}`);
    last.set(key, sample);
  }
  checkBuckets(samples);
}

function checkBuckets(samples: readonly ParsedSample[]): void {
  samples.forEach((sample, index) => {
    if (!sample.name.endsWith('_bucket')) return;
    const next = samples[index + 1];
    if (sample.labels['le'] === '+Inf') {
      if (!next?.name.endsWith('_count') || next.value !== sample.value)
        throw new Error('+Inf is not the count');
      return;
    }
    const grows = Number(next?.labels['le']?.replace('+Inf', 'Infinity')) > Number(sample.labels['le']);
    if (!grows || next!.value < sample.value)
      throw new Error(`buckets out of order after ${sample.labels['le']}`);
  });
}
