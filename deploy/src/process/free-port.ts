/** Ports of 127.0.0.1 that nobody holds. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

const HOST = '127.0.0.1'

/** Free a moment ago: for a program that has to be told its port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, HOST, () => server.close(() => resolve(true)))
  })
}
