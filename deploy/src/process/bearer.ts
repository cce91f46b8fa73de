/** Bearer tokens (RFC 6750) between the parts of the local stack. */
import { createHash, timingSafeEqual } from 'node:crypto'

/** True when the Authorization header carries the token. Takes the same time wherever the two differ. */
export function hasBearer(authorization: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`))
}
