/** The families that make load well: compute first, then the usual ones of general purpose. */
const families = new Set(
  'c5 c5a c5n c6a c6g c6gn c6i c6in c7a c7g c7gn c7i c8a c8g c8gn c8i m5 m5a m5n m6a m6g m6i m6in m7a m7g m7i m8a m8g m8i t3 t3a t4g'.split(
    ' ',
  ),
);

const sources = {
  karpenter: { name: 'aws/karpenter-provider-aws', read: readKarpenter },
  skypilot: { name: 'skypilot-org/skypilot-catalog', read: readSkypilot },
  cloudkeep: { name: 'cloudkeep-io/ebs-pricing', read: readCloudkeep },
};

/**
 * The table with the prices of one more file in it.
 *
 * @param date of the prices, `2026-07-20`; a file that says it itself needs none.
 */
export function updatePrices(table, { source, text, commit, date }) {
  const known = sources[source];
  if (!known) throw new Error(`found ${source}, expected one of ${Object.keys(sources).join(', ')}`);
  if (!/^[0-9a-f]{40}$/.test(commit ?? '')) throw new Error(`found ${commit}, expected a whole commit`);
  const read = known.read(text);
  const of = read.date ?? date;
  if (!/^\d{4}-\d\d-\d\d$/.test(of ?? '')) throw new Error(`found ${of}, expected a date such as 2026-07-20`);
  const { machines = {}, volumes = {} } = read;
  const isOld = (present) => (table.sources[present?.source]?.date ?? '') <= of;
  const updated = (present, found, row) => {
    const regions = Object.keys(found).filter((region) => isOld(present[region]));
    return sorted({
      ...present,
      ...Object.fromEntries(regions.map((region) => [region, row(found[region])])),
    });
  };
  return {
    ...table,
    sources: { ...table.sources, [source]: { name: known.name, commit, date: of } },
    machineHour: updated(table.machineHour, machines, (prices) => ({ source, usDollars: sorted(prices) })),
    gp3GigabyteMonth: updated(table.gp3GigabyteMonth, volumes, (usDollars) => ({ source, usDollars })),
  };
}

/** Go: regions, each with `"c5.large": 0.085000`; of the partition of China the prices are no US dollars. */
function readKarpenter(text) {
  const [, date] = /generated at (\d{4}-\d\d-\d\d)T/.exec(text) ?? [];
  const prices = {};
  let region;
  for (const [, key, price] of text.matchAll(/"([\w.-]+)":\s*(?:\{|([\d.]+))/g)) {
    if (price === undefined) region = key;
    else add(prices, region, key, price);
  }
  return { date, machines: prices };
}

/** CSV: a row for each type in each zone, of which the price on demand is the same in a region. */
function readSkypilot(text) {
  const [header = '', ...rows] = text.trim().split(/\r?\n/);
  const columns = header.split(',');
  const [type, price, region] = ['InstanceType', 'Price', 'Region'].map((name) => columns.indexOf(name));
  if (type < 0 || price < 0 || region < 0) throw new Error('expected columns InstanceType, Price and Region');
  const prices = {};
  for (const cells of rows.map((row) => row.split(','))) {
    // Machines with accelerators have commas within a cell; none of them is of our families.
    if (cells.length === columns.length) add(prices, cells[region], cells[type], cells[price]);
  }
  return { machines: prices };
}

/** JSON: a list of regions and smaller zones, of which the regions alone are ours. */
function readCloudkeep(text) {
  const rows = JSON.parse(text).filter(
    ({ rzType, partition }) => rzType === 'region' && partition !== 'aws-cn',
  );
  const prices = rows.map(({ rzCode, ebs_prices }) => [rzCode, Number(ebs_prices.gp3?.pricePerGBMonth.USD)]);
  return { volumes: Object.fromEntries(prices.filter(([, usDollars]) => usDollars > 0)) };
}

function add(prices, region, type, price) {
  const usDollars = Number(price);
  if (!families.has(type.split('.')[0]) || region.startsWith('cn-') || !(usDollars > 0)) return;
  const before = (prices[region] ??= {})[type];
  if (before !== undefined && before !== usDollars) {
    throw new Error(`${region} ${type}: found ${before} and ${usDollars}`);
  }
  prices[region][type] = usDollars;
}

const sorted = (record) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
