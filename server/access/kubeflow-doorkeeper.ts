/**
 * The doorkeeper behind Kubeflow's gateway, which has asked who somebody is and writes it into a header. Anybody who reaches the
 * port can write that header, so it is believed from listed addresses alone: those of proxies, or of the pod's own mesh sidecar,
 * which lets nobody but the gateway through.
 */
import { BlockList, isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Doorkeeper } from '../rest/doorkeeper.ts'
import { Refusal } from '../rest/problem.ts'
import type { AccessReviews } from './access-reviews.ts'
import { admitAs } from './admit-as.ts'

export interface KubeflowDoorkeeperOptions {
  readonly reviews: AccessReviews
  /** Default `kubeflow-userid`. */
  readonly header?: string
  /** Taken out of the header's value where it is first found, as by Katib. Default `:`. */
  readonly prefix?: string
  /** Addresses, or networks as `10.0.0.0/8`, whose header is believed. */
  readonly proxies: readonly string[]
}

/** Throws RangeError for a proxy that is no address or network. */
export function kubeflowDoorkeeper(options: KubeflowDoorkeeperOptions): Doorkeeper {
  const { reviews, prefix = ':' } = options
  const header = (options.header ?? 'kubeflow-userid').toLowerCase()
  const proxies = addressList(options.proxies)
  return {
    async admit(request) {
      refuseCrossSite(request)
      if (request.routeOptions.config.isOpen) return
      const address = request.socket.remoteAddress ?? ''
      if (!proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'))
        throw new Refusal(401, `the header ${header} is not believed from ${address}; come through the gateway`)
      const value = request.headers[header]
      const username = typeof value === 'string' ? value.replace(prefix, '').trim() : ''
      if (username === '') throw new Refusal(401, `no header ${header}: nobody is logged in`)
      await admitAs(request, { username, isForStore: false }, reviews)
    },
  }
}

/** Nobody is asked who he is. For loopback, or where the administrator has said that this is what he wants. */
export const openDoorkeeper: Doorkeeper = { admit: refuseCrossSite }

/** A page of another site must not write in the name of whoever looks at it; behind a gateway the scheme is not known. */
function refuseCrossSite({ headers, method }: FastifyRequest): void {
  const { origin, host, 'sec-fetch-site': site } = headers
  const isForeign = origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)
  const isCrossWrite = site === 'cross-site' && method !== 'GET' && method !== 'HEAD'
  if (isForeign || isCrossWrite) throw new Refusal(403, 'requests from web pages of another origin are refused')
}

function addressList(texts: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', bits] = text.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    try {
      if (bits === undefined) list.addAddress(address, family)
      else list.addSubnet(address, Number(bits), family)
    } catch (cause) {
      throw new RangeError(`expected an address or a network such as 10.0.0.0/8, got ${JSON.stringify(text)}`, {
        cause,
      })
    }
  }
  return list
}
