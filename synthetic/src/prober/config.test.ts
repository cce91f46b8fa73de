import { expect, test } from 'vitest'
import { type ProberConfigInput, proberConfigJsonSchema, proberConfigSchema } from './config.ts'

const valid: ProberConfigInput = {
  vantage: 'us-east',
  listen: { port: 4712 },
  targets: [{ region: 'us-east', url: 'http://127.0.0.1:4713' }],
}

test('a short configuration probes every 10 s with a deadline of 5 s, on the loopback', () => {
  expect(proberConfigSchema.parse(valid)).toMatchObject({
    intervalSeconds: 10,
    deadlineSeconds: 5,
    listen: { host: '127.0.0.1', port: 4712 },
    targets: [{ flows: ['push-pull'] }],
  })
})

const target = { region: 'us-east', url: 'http://127.0.0.1:4713' }
const refused: { name: string; config: object; message: string }[] = [
  {
    name: 'a run that may outlast its slot',
    config: { intervalSeconds: 7 },
    message: 'saw 7, expected at least 8: jitter, deadline and 2 s to clean up',
  },
  {
    name: 'one probe twice',
    config: { targets: [target, target] },
    message: 'saw push-pull to us-east twice, expected each pair once',
  },
  {
    name: 'credentials in a URL',
    config: { targets: [{ ...target, url: 'http://a:b@127.0.0.1' }] },
    message: 'expected http(s)://host[:port] without credentials',
  },
  {
    name: 'a repository in upper case',
    config: { targets: [{ ...target, repository: 'Canary' }] },
    message: 'expected lower-case path components such as plimsoll/canary',
  },
  {
    name: 'a vantage that cannot end a repository',
    config: { vantage: 'us..east' },
    message: 'expected a name that can end a repository, such as us-east',
  },
  { name: 'an unknown field', config: { intervall: 5 }, message: 'Unrecognized key: "intervall"' },
]
for (const { name, config, message } of refused)
  test(`${name} is refused`, () => {
    const { error } = proberConfigSchema.safeParse({ ...valid, ...config })
    expect(error?.issues.map((issue) => issue.message)).toEqual([message])
  })

test('the JSON Schema for editors asks only for what has no default', () => {
  expect(proberConfigJsonSchema()).toMatchObject({
    required: ['vantage', 'listen', 'targets'],
    additionalProperties: false,
  })
})
