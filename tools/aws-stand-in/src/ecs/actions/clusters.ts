import { Refusal } from '../errors.js';
import { atMost, page } from '../pages.js';
import type { Cluster, Tag } from '../records.js';
import { lastPart } from '../state.js';
import type { Actions } from './actions.js';

export const clusterActions: Actions = {
  CreateCluster({ state }, { clusterName = 'default', tags = [], capacityProviders = [] }) {
    const name = String(clusterName);
    const earlier = state.clusters.get(name);
    if (earlier?.status === 'ACTIVE') return { cluster: describe(earlier) };
    const cluster: Cluster = {
      name,
      arn: state.arn('cluster', name),
      tags: tags as Tag[],
      status: 'ACTIVE',
      capacityProviders: capacityProviders as string[],
    };
    state.clusters.set(name, cluster);
    return { cluster: describe(cluster) };
  },

  DescribeClusters({ state }, { clusters, include = [] }) {
    const names = atMost(100, 'clusters', clusters ?? ['default']).map((one) => lastPart(String(one)));
    const found = names.flatMap((name) => state.clusters.get(name) ?? []);
    const withTags = (include as string[]).includes('TAGS');
    const instances = (cluster: Cluster) =>
      state.instancesOf(cluster).filter(({ status }) => status !== 'INACTIVE').length;
    const tasks = (cluster: Cluster, status: string) =>
      state.tasksOf(cluster).filter(({ lastStatus }) => lastStatus === status).length;
    return {
      clusters: found.map((cluster) => ({
        ...describe(cluster),
        registeredContainerInstancesCount: instances(cluster),
        runningTasksCount: tasks(cluster, 'RUNNING'),
        pendingTasksCount: tasks(cluster, 'PENDING'),
        activeServicesCount: state.servicesOf(cluster).filter(({ status }) => status === 'ACTIVE').length,
        ...(withTags && { tags: cluster.tags }),
      })),
      failures: names
        .filter((name) => !state.clusters.has(name))
        .map((name) => ({ arn: state.arn('cluster', name), reason: 'MISSING' })),
    };
  },

  ListClusters({ state, pageSize }, input) {
    const all = [...state.clusters.values()].filter(({ status }) => status === 'ACTIVE');
    const { items, next } = page(all, input, pageSize);
    return { clusterArns: items.map(({ arn }) => arn), ...next };
  },

  DeleteCluster({ state }, { cluster: name }) {
    const cluster = state.cluster(name);
    const contains = (what: string) =>
      new Refusal(
        `ClusterContains${what.replaceAll(' ', '')}Exception`,
        `The Cluster cannot be deleted while ${what} are active.`,
      );
    if (state.servicesOf(cluster).some(({ status }) => status === 'ACTIVE')) throw contains('Services');
    if (state.tasksOf(cluster).some(({ lastStatus }) => lastStatus !== 'STOPPED')) throw contains('Tasks');
    if (state.instancesOf(cluster).some(({ status }) => status !== 'INACTIVE')) {
      throw contains('Container Instances');
    }
    cluster.status = 'INACTIVE';
    return { cluster: describe(cluster) };
  },

  TagResource({ state }, { resourceArn, tags }) {
    const one = state.tagged(resourceArn);
    const added = tags as Tag[];
    const kept = one.tags.filter(({ key }) => !added.some((tag) => tag.key === key));
    (one as { tags: Tag[] }).tags = [...kept, ...added];
    return {};
  },

  UntagResource({ state }, { resourceArn, tagKeys }) {
    const one = state.tagged(resourceArn);
    (one as { tags: Tag[] }).tags = one.tags.filter(({ key }) => !(tagKeys as string[]).includes(key));
    return {};
  },

  ListTagsForResource({ state }, { resourceArn }) {
    return { tags: state.tagged(resourceArn).tags };
  },
};

function describe({ name, arn, status, capacityProviders }: Cluster) {
  return {
    clusterArn: arn,
    clusterName: name,
    status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: 0,
    pendingTasksCount: 0,
    activeServicesCount: 0,
    settings: [{ name: 'containerInsights', value: 'disabled' }],
    capacityProviders,
    defaultCapacityProviderStrategy: [],
  };
}
