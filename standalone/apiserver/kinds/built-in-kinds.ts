/** The kinds the server is born with; all others come by CustomResourceDefinitions. */
import { builtInColumns, plainColumns } from '../table/built-in-columns.ts'
import type { ServedKind } from './served-kind.ts'

type Row = readonly [
  apiVersion: string,
  kind: string,
  plural: string,
  shortNames: string,
  features?: { cluster?: true; status?: true; pod?: true; generation?: true; all?: true },
]

const rows: readonly Row[] = [
  ['v1', 'Namespace', 'namespaces', 'ns', { cluster: true, status: true }],
  ['v1', 'Node', 'nodes', 'no', { cluster: true, status: true }],
  ['v1', 'Pod', 'pods', 'po', { status: true, pod: true, generation: true, all: true }],
  ['v1', 'ConfigMap', 'configmaps', 'cm'],
  ['v1', 'Secret', 'secrets', ''],
  ['v1', 'Event', 'events', 'ev'],
  ['v1', 'Service', 'services', 'svc', { status: true, all: true }],
  ['v1', 'ServiceAccount', 'serviceaccounts', 'sa'],
  ['v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', 'pvc', { status: true }],
  ['batch/v1', 'Job', 'jobs', '', { status: true, generation: true, all: true }],
  ['apps/v1', 'Deployment', 'deployments', 'deploy', { status: true, generation: true, all: true }],
  ['coordination.k8s.io/v1', 'Lease', 'leases', ''],
  [
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    'customresourcedefinitions',
    'crd,crds',
    { cluster: true, status: true, generation: true },
  ],
]

export const builtInKinds: readonly ServedKind[] = rows.map(([apiVersion, kind, plural, shortNames, features = {}]) => {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  return {
    group,
    version,
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames: shortNames === '' ? [] : shortNames.split(','),
    categories: features.all ? ['all'] : [],
    namespaced: !features.cluster,
    subresources: [
      ...(features.status ? (['status'] as const) : []),
      ...(features.pod ? (['log', 'binding'] as const) : []),
    ],
    hasGeneration: features.generation === true,
    isCustom: false,
    columns: builtInColumns[kind] ?? plainColumns,
  }
})

/** Kinds that are kept and shown but that nothing here acts on, with what to do instead. */
export const idleKinds: Readonly<Record<string, string>> = {
  Deployment: 'a Deployment is stored here, nothing runs it; run its pods as a Job',
  Service: 'a Service is stored here, nothing answers at its address; programs of this machine meet on 127.0.0.1',
}
