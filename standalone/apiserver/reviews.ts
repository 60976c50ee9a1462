/**
 * Who am I, and may I: questions that are posted and answered, never stored. Whoever holds the server's token owns
 * everything here, so the answers are always the same.
 */

import type { ServedKind } from './kinds/served-kind.ts'
import { isObject, type Json } from './request/request-body.ts'

const OWNER = { username: 'qalam', uid: 'qalam', groups: ['system:masters', 'system:authenticated'] }

const rows: readonly (readonly [group: string, kind: string, status: Json])[] = [
  ['authentication.k8s.io', 'SelfSubjectReview', { userInfo: OWNER }],
  [
    'authorization.k8s.io',
    'SelfSubjectAccessReview',
    { allowed: true, reason: 'the holder of the token of this server may do everything' },
  ],
  [
    'authorization.k8s.io',
    'SelfSubjectRulesReview',
    {
      incomplete: false,
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    },
  ],
]

export const reviewKinds: readonly ServedKind[] = rows.map(([group, kind]) => ({
  group,
  version: 'v1',
  kind,
  listKind: `${kind}List`,
  plural: `${kind.toLowerCase()}s`,
  singular: kind.toLowerCase(),
  shortNames: [],
  categories: [],
  namespaced: false,
  subresources: [],
  hasGeneration: false,
  isCustom: false,
  columns: [],
  verbs: ['create'],
}))

/** What is asked at a path: the review as it was posted, to be filled with its answer. Undefined: no review's path. */
export function reviewAt(path: string): ((body: unknown) => Json) | undefined {
  const row = rows.find(([group, kind]) => path === `/apis/${group}/v1/${kind.toLowerCase()}s`)
  if (!row) return undefined
  const [group, kind, status] = row
  return body => ({ ...(isObject(body) ? body : {}), apiVersion: `${group}/v1`, kind, metadata: {}, status })
}
