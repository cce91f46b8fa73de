/**
 * How `plimsoll down`, `break`, `heal` and `up --detach` talk to the running stack: HTTP on a unix socket in the
 * state folder. Who may write to that folder may steer the stack; nothing of it is on the network.
 */
import { chmodSync, rmSync } from 'node:fs'
import { request, type Server } from 'node:http'
import express from 'express'
import { z } from 'zod'
import type { ChildStatus } from './supervisor.ts'

export type StackStatus = {
  pid: number
  ready: boolean
  /** Named addresses to open. */
  endpoints: Record<string, string>
  /** Faults that `plimsoll break` injected and nobody healed. */
  faults: string[]
  children: ChildStatus[]
}

export type Controls = {
  status(): StackStatus
  breakWith(fault: string): Promise<void>
  heal(): Promise<string[]>
  down(): void
}

const breakBody = z.strictObject({ fault: z.string().max(100) })

export function serveControl(controls: Controls, socket: string): Promise<Server> {
  const app = express()
  app.use(express.json({ limit: '10kb' }))
  app.get('/status', (_request, response) => {
    response.json(controls.status())
  })
  app.post('/faults', async (request, response) => {
    await controls.breakWith(breakBody.parse(request.body).fault)
    response.json(controls.status())
  })
  app.delete('/faults', async (_request, response) => {
    response.json({ healed: await controls.heal() })
  })
  app.post('/down', (_request, response) => {
    response.json(controls.status())
    controls.down()
  })
  rmSync(socket, { force: true }) // one that a killed supervisor left; a living one was asked before
  return new Promise((resolve, reject) => {
    const server = app.listen(socket, (error?: Error) => {
      if (error) return reject(error)
      chmodSync(socket, 0o600)
      resolve(server)
    })
  })
}

/** No stack answers on the socket. */
export class StackNotRunning extends Error {}

/** Asks the running stack. Throws StackNotRunning, or an Error with the stack's own words. */
export function askStack<T>(
  socket: string,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const asking = request(
      { socketPath: socket, path, method, headers: { 'content-type': 'application/json' } },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode === 200) resolve(JSON.parse(text) as T)
          else
            reject(
              new Error(
                `the stack answered ${response.statusCode} to ${method} ${path}: ${text.slice(0, 500)}`,
              ),
            )
        })
      },
    )
    asking.on('error', (cause: NodeJS.ErrnoException) => {
      const absent = cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED'
      reject(absent ? new StackNotRunning('no stack is running here') : cause)
    })
    asking.end(body ? JSON.stringify(body) : undefined)
  })
}
