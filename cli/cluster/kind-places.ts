/** Where a kind that trials are of lives in the API, asked for once. */
import { ApiError } from '#api'
import type { TrialKind } from '#controller'
import { type Place, Places, type Transport } from '#kube'

/** Undefined: nobody serves that kind; whoever makes the object says so. Rejects while the API server is away. */
export type KindPlaces = (kind: TrialKind) => Promise<Place | undefined>

export function kindPlaces(transport: Transport): KindPlaces {
  const places = new Places(transport)
  return async kind => {
    try {
      return await places.of(kind)
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined
      throw error
    }
  }
}
