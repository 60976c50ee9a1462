import { expect, test } from 'vitest'
import type { Resource } from '#api'
import type { ReadingClient } from '#kube'
import { leading } from '../../cli/cluster/leading.ts'

const now = new Date('2026-01-01T10:01:00Z')
const reading = (get: () => Promise<Resource | undefined>): ReadingClient => ({
  get: get as ReadingClient['get'],
  list: async () => ({ items: [], resourceVersion: '1' }),
  async *logs() {},
})
const lease = (spec: object) => async () => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'qalam-controller', namespace: 'kubeflow' },
  spec: { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2026-01-01T10:00:50.000000Z', ...spec },
})

test.each([
  ['renewed within its time', lease({}), 'yes'],
  ['not renewed for longer', lease({ renewTime: '2026-01-01T10:00:00.000000Z' }), 'no'],
  ['released', lease({ holderIdentity: '' }), 'no'],
  ['never there', async () => undefined, 'unknown'],
  ['not to be read', () => Promise.reject(new Error('forbidden')), 'unknown'],
])('%s', async (_, get, answer) => {
  expect(await leading(reading(get), now)).toBe(answer)
})
