import { expect, test } from 'vitest'
import { type KubeRequest, systemClock } from '#kube'
import { openDoorkeeper, Reviews } from '#server'
import { type UiOptions, uiDoorkeeper } from '../../cli/cluster/ui-port.ts'

const transport = { send: async (_: KubeRequest) => Promise.reject(new Error('nobody is asked here')) }
const reviews = new Reviews({ transport, clock: systemClock })
const doorkeeper = (options: Partial<UiOptions>, env: Record<string, string> = {}, host = '0.0.0.0') =>
  uiDoorkeeper({ uiProxy: [], ...options }, { host, reviews, env })

test('nobody is let in unasked, unless on loopback or by --insecure', () => {
  expect(() => doorkeeper({ uiAuth: 'none' })).toThrow('give --insecure if everybody')
  expect(() => doorkeeper({}, { APP_DISABLE_AUTH: 'true' })).toThrow('--insecure')
  expect(doorkeeper({ uiAuth: 'none', insecure: true })).toBe(openDoorkeeper)
  expect(doorkeeper({ uiAuth: 'none' }, {}, '127.0.0.1')).toBe(openDoorkeeper)
})

test('a header is believed from somebody in particular', () => {
  expect(() => doorkeeper({})).toThrow('--ui-port needs --ui-proxy')
  expect(() => doorkeeper({ uiProxy: ['gateway'] })).toThrow('--ui-proxy: expected an address or a network')
  expect(() => doorkeeper({ uiAuth: 'oidc', uiProxy: ['127.0.0.6'] })).toThrow('expected kubeflow or none')
  expect(doorkeeper({ uiProxy: ['127.0.0.6'] }, { APP_DISABLE_AUTH: 'false' })).not.toBe(openDoorkeeper)
})
