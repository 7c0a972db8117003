import type { Account, InstancePrice } from '../account.js';
import { jsonAnswer } from '../answers.js';
import type { Layer } from '../calls.js';

/** The row of an instance on demand: Linux, shared hardware, nothing installed. */
export function instancePrice(instanceType: string, regionCode: string, dollars: string): InstancePrice {
  return {
    attributes: {
      productFamily: 'Compute Instance',
      instanceType,
      regionCode,
      operatingSystem: 'Linux',
      tenancy: 'Shared',
      preInstalledSw: 'NA',
      capacitystatus: 'Used',
      licenseModel: 'No License required',
      marketoption: 'OnDemand',
    },
    unit: 'Hrs',
    dollars,
  };
}

/** The row of a GB of gp3 for a month. */
export function volumePrice(regionCode: string, dollars: string): InstancePrice {
  const attributes = { productFamily: 'Storage', volumeApiName: 'gp3', regionCode };
  return { attributes, unit: 'GB-Mo', dollars };
}

/** The row of an hour of Fargate: a vCPU, or a GB of memory. */
export function fargatePrice(usagetype: string, regionCode: string, dollars: string): InstancePrice {
  return {
    attributes: { productFamily: 'Compute', servicecode: 'AmazonECS', regionCode, usagetype },
    unit: 'hours',
    dollars,
  };
}

interface Filter {
  readonly Field: string;
  readonly Value: string;
}

/** pricing:GetProducts, which moto does not have. */
export function pricing({ behaviour }: Account): Layer {
  return async (call, next) => {
    if (call.name !== 'pricing:GetProducts') return next(call);
    const filters = (call.parameters['Filters'] ?? []) as Filter[];
    const rows = behaviour.prices.filter(({ attributes }) =>
      filters.every(({ Field, Value }) => attributes[Field]?.toLowerCase() === Value.toLowerCase()),
    );
    const PriceList = rows.map((row, index) => JSON.stringify(product(row, `SKU${index}`)));
    return jsonAnswer({ FormatVersion: 'aws_v1', PriceList });
  };
}

/** https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html; the codes are AWS's own. */
function product(
  { attributes: { productFamily, ...attributes }, unit, dollars }: InstancePrice,
  sku: string,
) {
  const term = `${sku}.JRTCKXETXF`;
  const rateCode = `${term}.6YS6EN2CT7`;
  const dimension = { unit, rateCode, beginRange: '0', endRange: 'Inf', pricePerUnit: { USD: dollars } };
  return {
    product: { productFamily, attributes, sku },
    serviceCode: 'AmazonEC2',
    terms: { OnDemand: { [term]: { sku, priceDimensions: { [rateCode]: dimension }, termAttributes: {} } } },
    publicationDate: '2026-10-01T00:00:00Z',
  };
}
