/** How lists of built-in kinds merge: by which key of their items. Lists that are not named here are replaced whole. */

/** Field name to merge key; where a field's name means two lists, the parent decides. */
const keys: Readonly<Record<string, string | Readonly<Record<string, string>>>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  imagePullSecrets: 'name',
  secrets: 'name',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  resourceClaims: 'name',
  schedulingGates: 'name',
  conditions: 'type',
  ownerReferences: 'uid',
  podIPs: 'ip',
  addresses: 'type',
  taints: 'key',
  ports: { spec: 'port', '': 'containerPort' },
}

/** Lists of texts that merge as sets. */
export const primitiveSets: ReadonlySet<string> = new Set(['finalizers'])

/** The key that tells items of `field` apart under `parent`, if the list merges. `''` as parent: inside a list. */
export function mergeKey(field: string, parent: string): string | undefined {
  const key = Object.hasOwn(keys, field) ? keys[field] : undefined
  if (key === undefined) return undefined
  if (typeof key === 'string') return key
  return key[parent] ?? key['']
}
