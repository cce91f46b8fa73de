/** Where an image is: a registry, and a repository with a tag or a digest. Source: OCI distribution-spec, "Pull". */
import { type Digest, formatDigest, parseDigest } from './digest.ts'

/** One manifest within a registry: `name:tag` or `name@digest`. */
export type Reference = { repository: string; tag: string } | { repository: string; digest: Digest }

const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/

/** Throws a `TypeError`; printing the result gives the text back. */
export function parseReference(text: string): Reference {
  const at = text.indexOf('@')
  if (at >= 0)
    return { repository: parseRepository(text.slice(0, at)), digest: parseDigest(text.slice(at + 1)) }
  const colon = text.lastIndexOf(':')
  if (colon < 0) throw refused('reference', text, '<repository>:<tag> or <repository>@<digest>')
  const tag = text.slice(colon + 1)
  if (!TAG.test(tag))
    throw refused('tag', tag, 'at most 128 letters, digits, "_", "." and "-", not "." or "-" first')
  return { repository: parseRepository(text.slice(0, colon)), tag }
}

export function formatReference(reference: Reference): string {
  return 'tag' in reference
    ? `${reference.repository}:${reference.tag}`
    : `${reference.repository}@${formatDigest(reference.digest)}`
}

/** Returns the text. Many clients limit host and name together to 255 characters; 200 leaves room for the host. */
export function parseRepository(text: string): string {
  if (text.length <= 200 && REPOSITORY.test(text)) return text
  throw refused(
    'repository',
    text,
    'lower-case path components such as plimsoll/canary, at most 200 characters',
  )
}

/** The origin of a registry. A URL with a user, path, query or fragment is refused, its secrets unrepeated. */
export function parseRegistryUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain = url && !url.username && !url.password && url.pathname === '/' && !url.search && !url.hash
  if (plain && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  const saw =
    url?.username || url?.password ? 'a URL with credentials in it' : JSON.stringify(text.slice(0, 150))
  throw new TypeError(
    `registry: saw ${saw}, expected http(s)://host[:port]; give credentials by file or environment`,
  )
}

/** The path of a manifest below a registry's origin. */
export function manifestPath(reference: Reference): string {
  const name = 'tag' in reference ? reference.tag : formatDigest(reference.digest)
  return `/v2/${reference.repository}/manifests/${name}`
}

function refused(what: string, text: string, expected: string): TypeError {
  return new TypeError(`${what}: saw ${JSON.stringify(text.slice(0, 150))}, expected ${expected}`)
}
