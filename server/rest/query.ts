/** Query parameters: an unknown one is a mistake to tell, since what it was meant to do would silently not happen. */
import { z } from 'zod'

export function queryOf<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ') || 'no query parameter'
  return z.strictObject(shape, {
    error: issue =>
      issue.code === 'unrecognized_keys'
        ? `expected ${known}; got ${issue.keys.join(', ')}; see /openapi.json`
        : undefined,
  })
}

/** Of a route that takes none. */
export const NO_QUERY = queryOf({})
