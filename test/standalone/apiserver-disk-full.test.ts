import { expect, test } from 'vitest'
import type { Resource } from '#api'
import { createMemoryResourceStore, type ResourceStore } from '#store'
import { anApiServer } from './an-api-server.ts'

/** A store that takes nothing while `full.is`, as a database on a full disk refuses. */
function storeOn(full: { is: boolean }, code: string): ResourceStore {
  const store = createMemoryResourceStore()
  return new Proxy(store, {
    get(target, name) {
      if (name === 'put' && full.is)
        return () => Promise.reject(Object.assign(new Error('could not extend file "base/5/16395"'), { code }))
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test.each(['53100', 'ENOSPC'])(
  'a full disk (%s) is told in a sentence, without a stack, and over once there is room',
  async code => {
    const full = { is: false }
    await using server = await anApiServer({ store: storeOn(full, code) })
    const map: Resource = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'default' },
      data: { x: 'y' },
    }
    full.is = true
    await expect(server.client.create(map)).rejects.toThrow(
      'Internal error occurred: the disk of the data directory is full; make room, then what waits is written',
    )
    expect(server.log).toEqual([
      'apiserver: the disk of the data directory is full; make room, then what waits is written',
    ])
    full.is = false
    expect((await server.client.create(map)).metadata.uid).toBeDefined()
  },
)
