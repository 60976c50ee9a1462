/**
 * Who may ask: the bearer of the server's token; for one trial's metrics also the bearer of that trial's token. A web page
 * of another origin, or one that reaches loopback under another name (DNS rebinding), is refused before anything is looked up.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Refusal } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without a token: liveness, version, the description of the interface. */
    isOpen?: boolean
    /** The token of the trial in the path is accepted too. */
    acceptsTrialToken?: boolean
  }
  interface FastifyRequest {
    /** Set when the bearer is not the server's token: what the handler must compare with the trial's. */
    trialBearer?: string
  }
}

/** What a trial proves itself with; derived, so that nothing is stored. Good for appending to this trial's observations only. */
export function trialToken(serverToken: string, trialUid: string): string {
  return createHmac('sha256', serverToken).update(`trial ${trialUid}`).digest('base64url')
}

/** Throws `Refusal` unless the request may pass. */
export function guard(request: FastifyRequest, serverToken: string): void {
  if (!isLoopbackName(request.headers.host)) throw new Refusal(403, 'the Host header does not name this machine')
  const origin = request.headers.origin
  if (origin !== undefined && origin !== `http://${request.headers.host}`)
    throw new Refusal(403, 'requests from web pages of another origin are refused')
  const { config } = request.routeOptions
  if (config.isOpen) return
  const bearer = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (bearer !== undefined && sameText(bearer, serverToken)) return
  if (bearer === undefined || !config.acceptsTrialToken)
    throw new Refusal(
      401,
      bearer === undefined ? 'no bearer token' : 'the bearer token is not the one of this server',
      {
        hint: 'send "Authorization: Bearer TOKEN" with the text of the file "token" in the data directory',
      },
    )
  request.trialBearer = bearer
}

/** Throws `Refusal` when the bearer is neither the server's token nor this trial's. */
export function guardTrial(request: FastifyRequest, serverToken: string, trialUid: string): void {
  const { trialBearer } = request
  if (trialBearer === undefined || sameText(trialBearer, trialToken(serverToken, trialUid))) return
  throw new Refusal(403, 'the bearer token is not the one of this trial')
}

/** Takes the same time wherever the texts differ. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

const isLoopbackName = (host: string | undefined) =>
  host !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host)
