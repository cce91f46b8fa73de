/** Errors in the form of the OCI distribution spec, "Error Codes". */
import type { ServerResponse } from 'node:http'

/** `code` is the spec's where it has one (`TOOMANYREQUESTS`), else docker-registry's own (`UNKNOWN`, `UNAVAILABLE`). */
export function answerOciError(
  response: ServerResponse,
  status: number,
  code: 'TOOMANYREQUESTS' | 'UNKNOWN' | 'UNAVAILABLE',
  message: string,
  headers: Record<string, string> = {},
): void {
  const body = JSON.stringify({ errors: [{ code, message, detail: null }] })
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'docker-distribution-api-version': 'registry/2.0',
    ...headers,
  })
  response.end(body)
}
