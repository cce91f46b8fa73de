/** A cursor is the last name of the page before, in base64url: opaque, and stable while names come and go. */
import { z } from 'zod'

/** The name after which a page begins; empty for the first one. */
export const after = z
  .base64url()
  .max(400)
  .default('')
  .transform((text) => Buffer.from(text, 'base64url').toString())

/** Null when the page was not full: there is no other. */
export function nextCursor(page: { name: string }[], limit: number): string | null {
  const last = page.at(-1)
  return last && page.length === limit ? Buffer.from(last.name).toString('base64url') : null
}
