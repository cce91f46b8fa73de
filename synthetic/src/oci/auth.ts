/** Challenges of a registry. Sources: RFC 9110, section 11; Docker Registry v2 token authentication. */
import type { Credentials } from '../credentials.ts'

export type Challenge = { scheme: 'basic' } | { scheme: 'bearer'; realm: URL; service?: string }

/** The challenge we can answer, Bearer before Basic, or undefined. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  // `Basic realm="…", Bearer realm="…",service="…"`: a scheme begins the header or follows a comma.
  const [, bearer] = /(?:^|,)\s*bearer\s+(.*)/i.exec(header ?? '') ?? []
  const { realm, service } = parseParameters(bearer ?? '')
  if (realm && /^https?:/i.test(realm) && URL.canParse(realm))
    return { scheme: 'bearer', realm: new URL(realm), ...(service ? { service } : {}) }
  return /(?:^|,)\s*basic(?:\s|$)/i.test(header ?? '') ? { scheme: 'basic' } : undefined
}

/** `scope` as in `repository:plimsoll/canary:pull,push`. */
export function tokenUrl(challenge: Challenge & { scheme: 'bearer' }, scope: string): URL {
  const url = new URL(challenge.realm)
  if (challenge.service) url.searchParams.set('service', challenge.service)
  url.searchParams.set('scope', scope)
  return url
}

/** The token of a token server's answer, or undefined when there is none that may stand in a header. */
export function parseToken(body: Buffer): string | undefined {
  try {
    const { token, access_token: accessToken } = JSON.parse(body.toString('utf8'))
    const value: unknown = token ?? accessToken
    return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function basicAuthorization(credentials: Credentials): string {
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
}

/** The first of each name: what follows another scheme is not ours. */
function parseParameters(text: string): { realm?: string; service?: string } {
  const parameters: Record<string, string> = {}
  for (const [, name = '', quoted, bare] of text.matchAll(/([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi))
    parameters[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, '$1') ?? bare ?? ''
  return parameters
}
