import { expect, test } from 'vitest'
import {
  type ProberConfigInput,
  proberConfigJsonSchema,
  proberConfigSchema,
  settingsOf,
  sweptBy,
} from './config.ts'

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
    message: 'saw 7, expected at least 8 for push-pull: jitter, deadline and 2 s to clean up',
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
  {
    name: 'a replication whose run may outlast its slot',
    config: {
      targets: [target, { ...target, region: 'eu-west', flows: ['replication'] }],
      flows: { replication: { withinSeconds: 60 } },
    },
    message:
      'saw 45, expected at least 73 for replication: jitter, twice the deadline, withinSeconds and 2 s to clean up',
  },
  {
    name: 'a flow that overrides the interval of all',
    config: { flows: { 'push-pull': { intervalSeconds: 6 } } },
    message: 'saw 6, expected at least 8 for push-pull: jitter, deadline and 2 s to clean up',
  },
  {
    name: 'a replication without the region that it pushes in',
    config: { targets: [{ ...target, region: 'eu-west', flows: ['replication'] }] },
    message: 'saw 0 targets in us-east, expected one: replication pushes in the region of the vantage',
  },
  {
    name: 'a replication to where it comes from',
    config: { targets: [{ ...target, flows: ['replication'] }] },
    message: 'saw replication to us-east, expected other regions: it pushes there',
  },
  {
    name: 'a limit of copies for a flow that copies nothing',
    config: { flows: { integrity: { withinSeconds: 60 } } },
    message: 'Unrecognized key: "withinSeconds"',
  },
  { name: 'an unknown field', config: { intervall: 5 }, message: 'Unrecognized key: "intervall"' },
]
for (const { name, config, message } of refused)
  test(`${name} is refused`, () => {
    const { error } = proberConfigSchema.safeParse({ ...valid, ...config })
    expect(error?.issues.map((issue) => issue.message)).toEqual([message])
  })

test('a flow has its own settings, else those of all', () => {
  const config = proberConfigSchema.parse({
    ...valid,
    sizeBytes: 999,
    flows: { integrity: { intervalSeconds: 60 }, replication: { withinSeconds: 20 } },
  })
  const common = { jitterSeconds: 1, deadlineSeconds: 5, withinSeconds: 20 }
  expect(settingsOf(config, 'push-pull')).toEqual({ ...common, intervalSeconds: 10, sizeBytes: 999 })
  expect(settingsOf(config, 'integrity')).toEqual({ ...common, intervalSeconds: 60, sizeBytes: 999 })
  expect(settingsOf(config, 'replication')).toEqual({ ...common, intervalSeconds: 45, sizeBytes: 3072 })
})

test('leftovers are looked for wherever a run pushes: replication pushes at home, and is copied', () => {
  const config = proberConfigSchema.parse({
    ...valid,
    intervalSeconds: 60,
    flows: { replication: { withinSeconds: 10 } },
    targets: [
      { ...target, flows: ['push-pull', 'integrity'] },
      { region: 'eu-west', url: 'http://127.0.0.1:4723', flows: ['push-pull', 'replication'] },
      { region: 'ap-south', url: 'http://127.0.0.1:4733', flows: ['replication'] },
    ],
  })
  expect(sweptBy(config).map(({ target, repository }) => `${target.region} ${repository}`)).toEqual([
    'us-east plimsoll/canary-us-east',
    'eu-west plimsoll/canary-us-east',
    'eu-west plimsoll/canary-replication-us-east',
    'us-east plimsoll/canary-replication-us-east',
    'ap-south plimsoll/canary-replication-us-east',
  ])
})

test('the JSON Schema for editors asks only for what has no default', () => {
  expect(proberConfigJsonSchema()).toMatchObject({
    required: ['vantage', 'listen', 'targets'],
    additionalProperties: false,
  })
})
