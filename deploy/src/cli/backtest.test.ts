/** `plimsoll backtest`: what it refuses and how it says so. What it answers is held against promtool in test/. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
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

  for (const [name, text] of [
    ['an end before its start', '[{"start": "2026-01-02", "end": "2026-01-01"}]'],
    ['a time that is none', '[{"start": "soon", "end": "2026-01-01"}]'],
    ['no list', 'start: 2026-01-01'],
    ['broken YAML', '[{'],
  ] as const)
    test(`incidents with ${name}`, async () => {
      const file = written(text)
      const { code, err } = await backtest({ samples: samples(), incidents: file })
      expect(code).toBe(1)
      expect(err).toContain(`${file}: `)
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
  expect(JSON.parse(out)).toMatchObject({ unit: 'slices', total: 12, bad: 0 })
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

  test('a Prometheus that does not answer is named without what else the address holds', async () => {
    const port = await freePort()
    await expect(backtest({ prometheus: `http://127.0.0.1:${port}` })).rejects.toThrow(
      `prometheus at 127.0.0.1:${port}: saw no answer, expected one; is it running?`,
    )
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
