/** Bearer token from a file, read for each request: a new token needs no restart. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { RequestHandler } from 'express'
import { metrics } from '../metrics.ts'
import { problem } from './problem.ts'

export function requireToken(tokenFile: string): RequestHandler {
  return async (request, response, next) => {
    const expected = (await readFile(tokenFile, 'utf8')).trim()
    const [, given = ''] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    // An empty file must not open the door to an empty token.
    if (expected !== '' && sameText(given, expected)) return next()
    metrics.envelopes.inc({ outcome: 'unauthorized' })
    response.set('WWW-Authenticate', 'Bearer')
    problem(response, 401, 'UNAUTHORIZED', 'expected `Authorization: Bearer <token of the ledger>`')
  }
}

/** Hashes have one length, so the comparison takes one time whatever was sent. */
function sameText(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}
