/** `plimsoll backtest`: what it refuses and how it says so. What it answers is held against promtool in test/. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { freePort, temporaryFolder } from '../process/test-parts.ts'
import { run } from './backtest.ts'

type Options = Parameters<typeof run>[1]
const SLO = 'hub-api-availability'
const METRIC = 'http_server_request_duration_seconds_count'
const NOON = 1_767_268_800 // 2026-01-01T12:00:00Z

async function backtest(options: Partial<Options>, specs = ['slo/specs']) {
  const said = { out: [] as string[], err: [] as string[] }
  const io = {
    out: (line: string) => said.out.push(line),
    err: (line: string) => said.err.push(line),
    signal: new AbortController().signal,
  }
  const code = await run(specs, { slo: SLO, whatIf: [], ...options }, io)
  return { code, out: said.out.join('\n'), err: said.err.join('\n') }
}

function written(text: string, name = 'file'): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, text)
  return file
}

/** An hour of one request every 15 s. */
const samples = () => {
  const labels = `${METRIC}{service_name="hub-api",region="us-east",http_response_status_code="200"}`
  const lines = Array.from({ length: 241 }, (_, i) => `${labels} ${i} ${NOON + i * 15}`)
  return written(`${lines.join('\n')}\n# EOF\n`)
}

describe('wrong usage exits 2', () => {
  const cases: { name: string; options: Partial<Options>; says: string | RegExp }[] = [
    { name: 'no history', options: {}, says: 'saw neither --prometheus and --samples, expected one of them' },
    {
      name: 'two histories',
      options: { prometheus: 'http://127.0.0.1:9', samples: 'x' },
      says: 'saw both --prometheus and --samples',
    },
    {
      name: 'what is no address',
      options: { prometheus: 'localhost' },
      says: '--prometheus: expected http(s)://host, without credentials',
    },
    {
      name: 'credentials in an address, without repeating them',
      options: { prometheus: 'http://admin:tidewater@127.0.0.1:9' },
      says: /expected http\(s\):\/\/host, without credentials$/,
    },
    {
      name: 'a time that is none',
      options: { samples: 'x', from: 'yesterday' },
      says: '--from: saw yesterday, expected such as 2026-11-01',
    },
    {
      name: 'an empty range',
      options: { samples: 'x', from: '2026-11-02', to: '2026-11-02T00:00' },
      says: 'an empty range: --from is not before --to',
    },
    {
      name: 'a range of two years',
      options: { samples: 'x', from: '2024-11-02', to: '2026-11-02' },
      says: 'saw a range over 400 days',
    },
    {
      name: 'an unknown change',
      options: { samples: 'x', whatIf: ['colour=red'] },
      says: '--what-if: saw colour=red, expected such as target=99.95 or window=7d or burn-rates=1h=10,6h=off or evidence-gate=off',
    },
    {
      name: 'a change of a window that is no duration',
      options: { samples: 'x', whatIf: ['window=7x'] },
      says: '--what-if: saw window=7x, expected such as target=99.95 or window=7d',
    },
    {
      name: 'the same change twice',
      options: { samples: 'x', whatIf: ['target=99', 'target=99.5'] },
      says: '--what-if: saw target twice, expected each at most once',
    },
    {
      name: 'a day that no calendar has',
      options: { samples: 'x', from: '2026-02-30' },
      says: '--from: saw 2026-02-30, expected such as 2026-11-01, 2026-11-01T10:00Z or Unix seconds or 7d',
    },
    {
      name: 'a folder of samples',
      options: { samples: 'slo' },
      says: '--samples: saw the folder slo, expected a file',
    },
    {
      name: 'several SLOs and none chosen',
      options: { samples: 'x', slo: undefined as never },
      says: /--slo: saw \d+ SLOs, expected one of .*\bhub-api-availability, /,
    },
    {
      name: 'an unknown SLO',
      options: { samples: 'x', slo: 'hub' },
      says: /--slo: saw hub, expected one of .*\bhub-api-availability, /,
    },
    {
      name: 'a file that is not there',
      options: { samples: 'no/such.om' },
      says: '--samples: saw no file no/such.om',
    },
    {
      name: 'incidents that are not there',
      options: { samples: 'x', incidents: 'no/such.json' },
      says: '--incidents: saw no file no/such.json',
    },
  ]
  for (const { name, options, says } of cases)
    test(name, async () => {
      const { code, out, err } = await backtest(options)
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toMatch(/^plimsoll backtest: /)
      expect(err).toMatch(says)
    })
})

describe('faults in what was written exit 1 and name the place', () => {
  test('a sample without timestamp, by line', async () => {
    const file = written(`${METRIC} 1\n# EOF\n`)
    expect(await backtest({ samples: file })).toEqual({
      code: 1,
      out: '',
      err: `${file}:1: saw ${METRIC} 1, expected a timestamp in seconds after the value`,
    })
  })

  test('a target that cannot be', async () => {
    const { code, err } = await backtest({ samples: 'x', whatIf: ['target=100'] })
    expect(code).toBe(1)
    expect(err).toMatch(/^slo\/specs\/hub-api\.yaml with target=100:\d+:\d+: SPEC_TARGET_RANGE: saw 100/)
  })

  test('a gzip file', async () => {
    const file = join(temporaryFolder(), 'samples.om.gz')
    writeFileSync(file, gzipSync('# EOF\n'))
    const { code, err } = await backtest({ samples: file })
    expect({ code, err }).toEqual({
      code: 1,
      err: `${file}:1: saw a gzip file, expected its text; gunzip it first`,
    })
  })

  const good = '{start: 2026-01-01, end: 2026-01-02}'
  for (const [name, text, says] of [
    [
      'an end before its start',
      '[{"start": "2026-01-02", "end": "2026-01-01"}]',
      'incident 1: saw an end that is not after its start',
    ],
    [
      'a time that is none',
      `[${good}, {"start": "soon", "end": "2026-01-01"}]`,
      'incident 2, start: saw "soon"',
    ],
    [
      'a time in milliseconds',
      '[{"start": 1767229200000, "end": 1767229800000}]',
      'incident 1, start: saw 1767229200000',
    ],
    [
      'a day that no calendar has',
      '[{start: 2026-02-30, end: 2026-03-05}]',
      'incident 1, start: saw "2026-02-30"',
    ],
    ['no end', '[{"start": "2026-01-01"}]', 'incident 1, end: saw no time'],
    ['an unknown field', `[{start: 2026-01-01, end: 2026-01-02, severity: 1}]`, 'incident 1: saw severity'],
    [
      'a name that a terminal obeys',
      `[{start: 2026-01-01, end: 2026-01-02, name: "\\e[31mred"}]`,
      'incident 1, name: saw a control character',
    ],
    ['no list', 'start: 2026-01-01', 'saw no list'],
    ['commas for YAML', 'start,end\n2026-01-01,2026-01-02', 'saw no list'],
    ['nothing', '', 'saw no list'],
    ['broken YAML', '[{', 'saw Flow map'],
  ] as const)
    test(`incidents with ${name}`, async () => {
      const file = written(text)
      const { code, err } = await backtest({ samples: samples(), incidents: file })
      expect(code).toBe(1)
      expect(err).toContain(`${file}: ${says}`)
      expect(err).toContain('expected a list such as [{"start": "2026-11-01T10:00Z"')
    })
})

test('a gauge of a file is read by a real Prometheus: ten bad minutes are two of twelve slices', async () => {
  const indicator = '{thresholdMetric: {metricSource: {type: Prometheus, spec: {query: queue_age_seconds}}}}'
  const spec = slicedSpec(indicator, 'op: lte, value: 60, ')
  const lines = Array.from({ length: 121 }, (_, i) => i * 30).map(
    (second) => `queue_age_seconds ${second > 600 && second <= 1200 ? 90 : 1} ${NOON + second}`,
  )
  const file = written(`# TYPE queue_age_seconds gauge\n${lines.join('\n')}\n# EOF\n`)
  const { code, out } = await backtest({ samples: file, slo: 'sliced', json: true, from: `${NOON}` }, [spec])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ unit: 'slices', total: 12, bad: 2 })
})

/** An SLO of 5-minute slices of which 95 % must be good. */
function slicedSpec(indicator: string, objective = ''): string {
  return written(
    `apiVersion: openslo/v1
kind: Service
metadata: {name: hub, annotations: {plimsoll.dev/owner: team}}
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: sliced, annotations: {plimsoll.dev/runbook: hub-api-errors}}
spec:
  service: hub
  indicator: {metadata: {name: sliced}, spec: ${indicator}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Timeslices
  objectives: [{${objective}target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 5m}]
`,
    'sliced.yaml',
  )
}

test('with time slices it counts slices: an hour has twelve', async () => {
  const spec = slicedSpec(
    '{ratioMetric: {rawType: success, raw: {metricSource: {type: Plimsoll/http, spec: {serviceName: hub-api}}}}}',
  )
  const { code, out } = await backtest({ samples: samples(), slo: 'sliced', json: true }, [spec])
  expect(code).toBe(0)
  const { course, ...result } = JSON.parse(out)
  expect(result).toMatchObject({ unit: 'slices', total: 12, bad: 0 })
  // In a chart each column holds one.
  expect(course.map(({ total }: { total: number }) => total)).toEqual(Array(12).fill(1))
})

describe('without history there is no answer, exit 3', () => {
  test('a file without the SLO’s series names them', async () => {
    const { code, err } = await backtest({ samples: written(`up 1 ${NOON}\n# EOF\n`) })
    expect(code).toBe(3)
    expect(err).toContain(`${SLO}: saw no sample of it, expected history of ${METRIC}{service_name="hub-api"`)
  })

  test('a range after the samples', async () => {
    const { code, err } = await backtest({ samples: samples(), from: '2026-01-20', to: '2026-01-21' })
    expect(code).toBe(3)
    expect(err).toContain('saw samples, but none of them in the range')
  })

  for (const [name, answer] of [
    ['a page to log in', '<html>log in</html>'],
    ['another answer', '{"status":"success","data":{"resultType":"vector","result":[]}}'],
  ] as const)
    test(`an address that answers ${name} is no Prometheus`, async () => {
      const server = createServer((_, response) => response.end(answer)).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      await expect(backtest({ prometheus: `http://127.0.0.1:${port}`, from: '1h' })).rejects.toThrow(
        `prometheus at 127.0.0.1:${port}: saw ${answer}, expected the answer of a Prometheus to ${METRIC}{`,
      )
      server.close()
    })

  test('a Prometheus that does not answer is named without what else the address holds', async () => {
    const port = await freePort()
    await expect(backtest({ prometheus: `http://127.0.0.1:${port}` })).rejects.toThrow(
      `prometheus at 127.0.0.1:${port}: saw no answer, expected one; is it running?`,
    )
  })
})

describe('the range', () => {
  const spans: { name: string; options: Partial<Options>; from: number; to: number }[] = [
    { name: 'all of a file', options: {}, from: NOON, to: NOON + 3600 },
    { name: 'the end of it', options: { from: '20m' }, from: NOON + 2400, to: NOON + 3600 },
    { name: 'up to a time', options: { to: '2026-01-01T12:30Z' }, from: NOON, to: NOON + 1800 },
    {
      name: 'a while up to a time of a zone',
      options: { from: '10m', to: '2026-01-01T13:30+01:00' },
      from: NOON + 1200,
      to: NOON + 1800,
    },
    {
      name: 'from before it, as asked',
      options: { from: '2025-12-31' },
      from: NOON - 36 * 3600,
      to: NOON + 3600,
    },
  ]
  for (const { name, options, from, to } of spans)
    test(name, async () => {
      const { code, out } = await backtest({ samples: samples(), json: true, ...options })
      expect(code).toBe(0)
      expect(JSON.parse(out)).toMatchObject({ fromSeconds: from, toSeconds: to, historyFromSeconds: NOON })
    })
})

test('incidents of other times and regions are left out, and it says so', async () => {
  const incidents = written(`
- {start: 2026-01-01T12:10Z, end: 2026-01-01T12:20Z, region: us-east}
- {start: 2026-01-01T12:10Z, end: 2026-01-01T12:20Z, region: mars}
- {start: 2025-06-01, end: 2025-06-02}
- {start: 2025-06-03, end: 2025-06-04}
`)
  const { out } = await backtest({ samples: samples(), incidents })
  expect(out).toContain('left out: 2 labelled incidents outside of the range\n')
  expect(out).toContain('left out: 1 labelled incident in mars, where this SLO has no events\n')
  expect(out).toMatch(/recall +0 % \(0 of 1\)/)
})

test('a composite is not replayed: its parts are', async () => {
  const counter = (query: string) => `{metricSource: {type: Prometheus, spec: {query: ${query}}}}`
  const part = (name: string) =>
    `{target: 0.99, indicator: {metadata: {name: ${name}}, spec: {ratioMetric: {counter: true, bad: ${counter(`${name}_bad`)}, total: ${counter(`${name}_total`)}}}}}`
  const spec = written(
    `apiVersion: openslo/v1
kind: Service
metadata: {name: shop, annotations: {plimsoll.dev/owner: team}}
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: journey, annotations: {plimsoll.dev/runbook: hub-api-errors, plimsoll.dev/objective-ids: "find, pay"}}
spec:
  service: shop
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [${part('find')}, ${part('pay')}]
`,
    'journey.yaml',
  )
  expect(await backtest({ samples: 'x', slo: 'journey' }, [spec])).toEqual({
    code: 2,
    out: '',
    err: 'plimsoll backtest: --slo: saw the composite journey, expected one of its parts journey-find, journey-pay; each is replayed alone',
  })
})

test('labelled incidents are the yardstick: one that nothing told about is missed', async () => {
  const incidents = written('- {start: 2026-01-01T12:10Z, end: 2026-01-01T12:20, name: slow DNS}')
  const { code, out } = await backtest({ samples: samples(), incidents, json: true })
  expect(code).toBe(0)
  const { incidentsFrom, total, policies } = JSON.parse(out)
  expect({ incidentsFrom, total }).toEqual({ incidentsFrom: 'labels', total: 240 })
  expect(policies[0].judgement.outcomes).toMatchObject([
    { got: 'nothing', incident: { name: 'slow DNS', bad: 0, total: 40 } },
  ])
})
