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

/**
 * What a trial proves itself with; derived, so that nothing is stored. Good for appending to this trial's observations only.
 * With an attempt, `ATTEMPT.PROOF`: it also says which of the trial's pods speaks.
 */
export function trialToken(serverToken: string, trialUid: string, attempt?: number): string {
  const proof = (text: string) => createHmac('sha256', serverToken).update(text).digest('base64url')
  return attempt === undefined
    ? proof(`trial ${trialUid}`)
    : `${attempt}.${proof(`trial ${trialUid} attempt ${attempt}`)}`
}

/** What a token says, if it is this trial's. */
export function readTrialToken(
  serverToken: string,
  trialUid: string,
  token: string,
): { readonly attempt?: number } | undefined {
  const digits = /^(\d{1,10})\./.exec(token)?.[1]
  const attempt = digits === undefined ? undefined : Number(digits)
  if (!sameText(token, trialToken(serverToken, trialUid, attempt))) return undefined
  return attempt === undefined ? {} : { attempt }
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

/** What the bearer's token says. Throws `Refusal` when it is neither the server's nor this trial's. */
export function guardTrial(
  { trialBearer }: Pick<FastifyRequest, 'trialBearer'>,
  serverToken: string,
  { name, uid = '' }: { readonly name: string; readonly uid?: string },
): { readonly attempt?: number } {
  if (trialBearer === undefined) return {}
  const said = readTrialToken(serverToken, uid, trialBearer)
  if (said !== undefined) return said
  throw new Refusal(403, `the bearer token is not the one of trial ${name}`, {
    hint: 'a trial reports for itself alone, with the text of the file that QALAM_TOKEN_FILE names',
  })
}

/** Takes the same time wherever the texts differ. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

const isLoopbackName = (host: string | undefined) =>
  host !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host)
