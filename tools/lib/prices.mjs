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
  'price-list': { name: 'aws.amazon.com/pricing, Price List API', read: readPriceList },
};

/**
 * The table with the prices of one more file in it.
 *
 * @param date of the prices, `2026-07-20`; a file that says it itself needs none.
 */
export function updatePrices(table, { source, text, commit, date }) {
  const known = sources[source];
  if (!known) throw new Error(`found ${source}, expected one of ${Object.keys(sources).join(', ')}`);
  const isOfAws = known.name.startsWith('aws.amazon.com');
  if (!isOfAws && !/^[0-9a-f]{40}$/.test(commit ?? ''))
    throw new Error(`found ${commit}, expected a whole commit`);
  const read = known.read(text);
  const of = read.date ?? date;
  if (!/^\d{4}-\d\d-\d\d$/.test(of ?? '')) throw new Error(`found ${of}, expected a date such as 2026-07-20`);
  const { machines = {}, volumes = {}, fargate = {} } = read;
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
    sources: {
      ...table.sources,
      [source]: { name: known.name, ...(!isOfAws && { commit }), date: of },
    },
    machineHour: updated(table.machineHour, machines, (prices) => ({ source, usDollars: sorted(prices) })),
    gp3GigabyteMonth: updated(table.gp3GigabyteMonth, volumes, (usDollars) => ({ source, usDollars })),
    fargateHour: updated(table.fargateHour, fargate, (prices) => ({ source, ...prices })),
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

/** Begins with a code of the region but in us-east-1; those of Windows and ARM have a word in between. */
const fargateUsage = /^(?:[A-Z0-9]+-)?Fargate-(ARM-)?(?:(vCPU-Hours:perCPU)|GB-Hours)$/;

/** JSON: answers of GetProducts one after the other, for EC2 and for ECS, each product a text of JSON; with the date of the newest. */
function readPriceList(text) {
  const [machines, volumes, fargate] = [{}, {}, {}];
  let date = '';
  for (const product of JSON.parse(`[${text.trim().replace(/}\s*{/g, '},{')}]`).flatMap(productsOf)) {
    const { attributes = {}, productFamily } = product.product;
    const { regionCode: region = '', usagetype = '', instanceType } = attributes;
    const usDollars = onDemand(product);
    if (!/^[a-z]{2,4}(-[a-z]+)+-\d+$/.test(region) || region.startsWith('cn-') || !(usDollars > 0)) continue;
    const [ofFargate, arm, vcpu] = fargateUsage.exec(usagetype) ?? [];
    if (product.serviceCode === 'AmazonECS' && ofFargate) {
      const prices = ((fargate[region] ??= {})[arm ? 'arm64' : 'x86_64'] ??= {});
      prices[vcpu ? 'vcpu' : 'gigabyte'] = usDollars;
    } else if (attributes.volumeApiName === 'gp3' && productFamily === 'Storage') volumes[region] = usDollars;
    else if (isPlainLinux(attributes)) add(machines, region, instanceType, usDollars);
    else continue;
    date = [date, product.publicationDate.slice(0, 10)].sort().at(-1);
  }
  for (const [region, prices] of Object.entries(fargate)) {
    if (Object.values(prices).some((units) => Object.keys(units).length < 2))
      throw new Error(`${region}: expected a price of vCPUs and one of memory`);
  }
  return { date, machines, volumes, fargate };
}

const productsOf = ({ PriceList }) =>
  PriceList.map((one) => (typeof one === 'string' ? JSON.parse(one) : one));

const onDemand = ({ terms }) =>
  Object.values(terms.OnDemand ?? {})
    .flatMap(({ priceDimensions }) => Object.values(priceDimensions))
    .map(({ pricePerUnit }) => Number(pricePerUnit.USD))
    .find((usDollars) => usDollars > 0);

const isPlainLinux = ({ instanceType, operatingSystem, tenancy, preInstalledSw, capacitystatus }) =>
  instanceType !== undefined &&
  operatingSystem === 'Linux' &&
  tenancy === 'Shared' &&
  preInstalledSw === 'NA' &&
  capacitystatus === 'Used';

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
