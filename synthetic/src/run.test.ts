import { probeResultSchema } from '@plimsoll/instrumentation/envelope'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatProbe } from './format.ts'
import { runProbe } from './run.ts'
import { type Fault, startProxy } from './testing/proxy.ts'
import { startRegistry, type TestRegistry } from './testing/registry.ts'

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.stop())

const passing: Fault = (_question, _response, pass) => pass()

test('a push and pull of a real image goes through all steps, the first connection new and the rest reused', async () => {
  const result = await runProbe({ url: registry.url })
  expect(result.message).toBeUndefined()
  expect(result.verdict).toBe('ok')
  const blob = ['start-upload', 'push-blob']
  expect(result.steps.map(({ step }) => step)).toEqual([
    'ping',
    ...[...blob, ...blob, ...blob, ...blob], // three layers and the config
    'push-manifest',
    'pull-manifest',
    ...['pull-blob', 'pull-blob', 'pull-blob', 'pull-blob'],
    'pull-tag',
    'delete-manifest',
    'verify-deleted',
  ])
  const [first, ...rest] = result.steps
  expect(first?.connection).toBe('new')
  // 127.0.0.1 needs no DNS, http no TLS.
  expect(Object.keys(first?.phases ?? {})).toEqual(['tcp', 'first_byte', 'transfer'])
  for (const { connection, phases } of rest) {
    expect(connection).toBe('reused')
    expect(Object.keys(phases)).toEqual(['first_byte', 'transfer'])
  }
  expect(probeResultSchema.parse(result)).toEqual(result)
})

test('a name has a DNS phase', async () => {
  const result = await runProbe({ url: registry.url.replace('127.0.0.1', 'localhost') })
  expect(result.verdict).toBe('ok')
  expect(Object.keys(result.steps[0]?.phases ?? {})).toEqual(['dns', 'tcp', 'first_byte', 'transfer'])
})

test('every request is marked as synthetic and carries the trace of its run', async () => {
  const proxy = await startProxy(registry.url, passing)
  const result = await runProbe({ url: proxy.url }).finally(proxy.stop)
  expect(proxy.seen).toHaveLength(result.steps.length)
  for (const { headers } of proxy.seen) {
    expect(headers['x-plimsoll-synthetic']).toBe('true')
    expect(headers.traceparent).toMatch(new RegExp(`^00-${result.traceId}-[0-9a-f]{16}-01$`))
    expect(headers.authorization).toBeUndefined()
  }
})

test('a redirect to another host is followed without the credentials', async () => {
  const cdn = await startProxy(registry.url, passing)
  const proxy = await startProxy(registry.url, (question, response, pass) => {
    if (!question.headers.authorization)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end()
    else if (question.method === 'GET' && question.url?.includes('/blobs/'))
      response.writeHead(307, { location: `${cdn.url}${question.url}?signature=s3cret` }).end()
    else pass()
  })
  const credentials = { username: 'canary', password: 'hunter2' }
  const result = await runProbe({ url: proxy.url, credentials }).finally(async () => {
    await proxy.stop()
    await cdn.stop()
  })
  expect(result.message).toBeUndefined()
  expect(cdn.seen).toHaveLength(4)
  for (const { headers } of cdn.seen) expect(headers.authorization).toBeUndefined()
  expect(proxy.seen.at(-1)?.headers.authorization).toBe('Basic Y2FuYXJ5Omh1bnRlcjI=')
})

test('a Bearer challenge is answered with a token of the right scope, once per run', async () => {
  const tokens = await startProxy(registry.url, (question, response) => {
    const basic = question.headers.authorization === 'Basic Y2FuYXJ5Omh1bnRlcjI='
    response.writeHead(basic ? 200 : 401).end(JSON.stringify({ token: 'a-token' }))
  })
  const proxy = await startProxy(registry.url, (question, response, pass) => {
    const challenge = `Bearer realm="${tokens.url}/token",service="registry.canary"`
    if (question.headers.authorization === 'Bearer a-token') pass()
    else response.writeHead(401, { 'www-authenticate': challenge }).end()
  })
  const credentials = { username: 'canary', password: 'hunter2' }
  const good = await runProbe({ url: proxy.url, credentials })
  const refused = await runProbe({ url: proxy.url, credentials: { ...credentials, password: 'old' } })
  await proxy.stop()
  await tokens.stop()
  expect(good.message).toBeUndefined()
  expect(good.steps.slice(0, 3).map(({ step, statusCode }) => `${step} ${statusCode}`)).toEqual([
    'ping 401',
    'auth 200',
    'ping 200',
  ])
  const asked = new URL(tokens.seen[0]?.line.slice(4) ?? '', tokens.url).searchParams
  expect(Object.fromEntries(asked)).toEqual({
    service: 'registry.canary',
    scope: 'repository:plimsoll/canary-local:pull,push,delete',
  })
  expect(tokens.seen).toHaveLength(2)
  expect(refused).toMatchObject({ verdict: 'target_fail', reason: 'unauthorized', failedStep: 'auth' })
})

test('credentials reach no message, whatever the registry says', async () => {
  const secrets = ['hunter2', Buffer.from('canary:hunter2').toString('base64'), 'a-token', 's3cret']
  const echo: Fault = (question, response) => {
    const said = question.headers.authorization ?? ''
    if (question.url?.startsWith('/token')) response.end(JSON.stringify({ token: 'a-token' }))
    else if (!said) {
      const realm = `http://${question.headers.host}/token?key=s3cret`
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
    } else {
      const body = JSON.stringify({ errors: [{ code: said, message: said }] })
      response.writeHead(500, { 'docker-content-digest': said, location: `/?${said}` }).end(body)
    }
  }
  const proxy = await startProxy(registry.url, echo)
  const credentials = { username: 'canary', password: 'hunter2' }
  const result = await runProbe({ url: proxy.url, credentials }).finally(proxy.stop)
  expect(result).toMatchObject({ verdict: 'target_fail', reason: 'server_error' })
  for (const secret of secrets)
    expect(`${JSON.stringify(result)}${formatProbe(result)}`).not.toContain(secret)
})

test('a URL that is none throws: nothing was asked', async () => {
  await expect(runProbe({ url: 'registry.example' })).rejects.toThrow('registry: saw "registry.example"')
})
