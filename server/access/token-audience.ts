/** Whom a token is for, before anybody has looked whether it is good. */

/** What a token says of its audience; nothing of it is proved. */
export function claimsAudience(token: string, audience: string): boolean {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const aud = typeof claims === 'object' && claims !== null && 'aud' in claims ? claims.aud : undefined
    return aud === audience || (Array.isArray(aud) && aud.includes(audience))
  } catch {
    // Not a token that could say so.
    return false
  }
}
