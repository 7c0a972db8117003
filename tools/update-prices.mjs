/**
 * Brings the price table of fleets on AWS up to date from a file that somebody has downloaded:
 *
 *     node tools/update-prices.mjs price-list <file>
 *     node tools/update-prices.mjs karpenter <file> <commit>
 *     node tools/update-prices.mjs skypilot <file> <commit> <date>
 *     node tools/update-prices.mjs cloudkeep <file> <commit> <date>
 *
 * price-list: what AWS asks itself, with credentials of any account, for machines, gp3 and Fargate in all regions; the answers in
 * one file:
 *
 *     aws pricing get-products --region us-east-1 --service-code AmazonECS > prices.json
 *     aws pricing get-products --region us-east-1 --service-code AmazonEC2 --filters \
 *       Type=TERM_MATCH,Field=operatingSystem,Value=Linux Type=TERM_MATCH,Field=tenancy,Value=Shared \
 *       Type=TERM_MATCH,Field=preInstalledSw,Value=NA Type=TERM_MATCH,Field=capacitystatus,Value=Used >> prices.json
 *     aws pricing get-products --region us-east-1 --service-code AmazonEC2 --filters \
 *       Type=TERM_MATCH,Field=volumeApiName,Value=gp3 >> prices.json
 *
 * karpenter: pkg/providers/pricing/zz_generated.pricing_aws*.go of aws/karpenter-provider-aws, which says itself when it
 * was made. skypilot: catalogs/v8/aws/vms.csv of skypilot-org/skypilot-catalog, with the date of the commit.
 * cloudkeep: docs/ebs_pricing.json of cloudkeep-io/ebs-pricing, from the price list of AWS, with the date of the commit. A
 * region is replaced as a whole, unless what is there is newer. Prices are copied, never inferred from each other.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { updatePrices } from './lib/prices.mjs';
import { root } from './lib/paths.mjs';

const [source, file, commit, date] = process.argv.slice(2);
const path = join(root, 'packages/infra/src/aws/price/prices.json');
const table = JSON.parse(readFileSync(path, 'utf8'));
const updated = updatePrices(table, { source, text: readFileSync(file, 'utf8'), commit, date });
writeFileSync(path, `${JSON.stringify(updated, null, 2)}\n`);
for (const [what, rows] of Object.entries({
  machines: updated.machineHour,
  gp3: updated.gp3GigabyteMonth,
  fargate: updated.fargateHour,
})) {
  const regions = Object.keys(rows).filter((region) => rows[region].source === source);
  process.stdout.write(`${what}: ${regions.length} of ${Object.keys(rows).length} regions from ${source}\n`);
}
