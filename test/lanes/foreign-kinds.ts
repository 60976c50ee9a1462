/** Kinds of nobody in particular, and rights on them, for lanes of what operators add. */
import type { Resource } from '#api'
import { DEFINITION } from './until.ts'

/** Of group lane.dev, which takes every object. */
export function definitionOf(kind: string, scope: string): Resource {
  const plural = `${kind.toLowerCase()}s`
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return {
    ...DEFINITION,
    metadata: { name: `${plural}.lane.dev` },
    spec: {
      group: 'lane.dev',
      scope,
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  }
}

/** Rights of an account of namespace kubeflow: in namespace default, or everywhere. */
export function grant(account: string, rules: readonly object[], everywhere = false): readonly Resource[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const prefix = everywhere ? 'Cluster' : ''
  const metadata = { name: `lane-${account}`, ...(everywhere ? {} : { namespace: 'default' }) }
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace: 'kubeflow' }]
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: `${prefix}Role`, name: metadata.name }
  return [
    { apiVersion, kind: `${prefix}Role`, metadata, rules },
    { apiVersion, kind: `${prefix}RoleBinding`, metadata, roleRef, subjects },
  ]
}
