/** `GET` and `PUT /_fault`: reads and sets the fault. No registry serves such a path: all of theirs begin with /v2/. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { hasBearer } from '../process/bearer.ts'
import { PROBLEM_TYPE, problemBody } from '../process/problem.ts'
import { type FaultSwitch, faultSchema } from './fault.ts'

export const CONTROL_PATH = '/_fault'
const BODY_MAX_BYTES = 1024

export async function control(
  request: IncomingMessage,
  response: ServerResponse,
  faults: FaultSwitch,
  token: string,
): Promise<void> {
  if (!hasBearer(request.headers.authorization, token)) {
    response.setHeader('www-authenticate', 'Bearer')
    return refuse(
      response,
      401,
      'UNAUTHORIZED',
      'saw no valid bearer token; send Authorization: Bearer <token>',
    )
  }
  if (request.method === 'PUT') {
    const body = await readBody(request)
    if (body === undefined) {
      return refuse(response, 413, 'BODY_TOO_LARGE', `expected at most ${BODY_MAX_BYTES} bytes`)
    }
    const asked = faultSchema.safeParse(parsedJson(body))
    if (!asked.success) return refuse(response, 400, 'FAULT_INVALID', z.prettifyError(asked.error))
    faults.set(asked.data)
  } else if (request.method !== 'GET') {
    response.setHeader('allow', 'GET, PUT')
    return refuse(response, 405, 'METHOD_NOT_ALLOWED', 'GET reads the fault, PUT sets it')
  }
  answer(response, 200, 'application/json', faults.fault)
}

/** The body, or undefined when it is too large; the request is left open, so that the client hears why. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length
    if (bytes > BODY_MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refuse(response: ServerResponse, status: number, code: string, detail: string): void {
  answer(response, status, PROBLEM_TYPE, problemBody(status, code, detail))
}

function answer(response: ServerResponse, status: number, type: string, body: object): void {
  response.writeHead(status, { 'content-type': type })
  response.end(JSON.stringify(body))
}
