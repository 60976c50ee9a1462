/** The Roles of one namespace grant what those of a cluster do, but for what only a cluster has. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { root } from './source-files.ts'

interface Role {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly rules?: readonly Readonly<Record<'apiGroups' | 'resources' | 'verbs', readonly string[]>>[]
}

function granted(path: string, name: string): readonly string[] {
  const objects = parseAllDocuments(readFileSync(join(root, 'manifests', path), 'utf8')).map(
    each => each.toJS() as Role,
  )
  const roles = objects.filter(({ kind, metadata }) => /Role$/.test(kind) && metadata.name === name)
  return roles.flatMap(({ rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      resources.flatMap(resource => verbs.map(verb => `${verb} ${resource}${apiGroups[0] ? `.${apiGroups[0]}` : ''}`)),
    ),
  )
}

/** Reviews, webhooks, namespaces; and the key that signs what a webhook sees. */
const CLUSTERS = /\.(admissionregistration|authentication|authorization)\.k8s\.io$| (namespaces|secrets)$/

test.each(['controller', 'store'])('of the %s', process => {
  const wanted = granted(`rbac/${process}.yaml`, `qalam-${process}`).filter(right => !CLUSTERS.test(right))
  expect(wanted.length).toBeGreaterThan(8)
  expect(granted('overlays/single-namespace/roles.yaml', `qalam-${process}`)).toEqual(expect.arrayContaining(wanted))
})
