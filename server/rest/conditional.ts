/** Conditional requests (RFC 9110, section 13): an entity tag is a resourceVersion in quotes. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from './problem.ts'

/** The client has this version already: answered with 304 and no body. */
export class NotModified extends Error {
  override readonly name = 'NotModified'
}

/** Sets the ETag; throws `NotModified` when the client has this version already. */
export function tagVersion(request: FastifyRequest, reply: FastifyReply, version: string): void {
  const tag = `"${version}"`
  reply.header('etag', tag)
  const known = request.headers['if-none-match']
  if (known !== undefined && tags(known).some(each => each === '*' || each.replace(/^W\//, '') === tag))
    throw new NotModified()
}

/** The resourceVersion that If-Match demands, if it demands one; throws 412 when `version` is another. */
export function demandedVersion(request: FastifyRequest, version: string | undefined): string | undefined {
  const demanded = request.headers['if-match']
  if (demanded === undefined || demanded === '*') return undefined
  if (version !== undefined && tags(demanded).includes(`"${version}"`)) return version
  throw new Refusal(412, `the object is at "${version}", not ${demanded}`, { hint: 'read it again, then repeat' })
}

const tags = (header: string) => header.split(',').map(each => each.trim())
