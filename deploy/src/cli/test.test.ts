/** `plimsoll test`: what it says of proven and of broken alerts. */
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../process/test-parts.ts'
import { pathWith, plimsoll } from './test-parts.ts'

/** One bad event alerts; two regions are expected. */
const SPEC = `apiVersion: openslo/v1
kind: Service
metadata: { name: storage, annotations: { plimsoll.dev/owner: team-storage } }
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: integrity
  annotations:
    plimsoll.dev/runbook: integrity
    plimsoll.dev/regions: us-east, eu-west
    plimsoll.dev/alert-on: any-bad-event
spec:
  service: storage
  indicator:
    metadata: { name: integrity }
    spec:
      ratioMetric:
        bad: { metricSource: { type: Prometheus, spec: { query: 'objects_total{result!="match"}' } } }
        total: { metricSource: { type: Prometheus, spec: { query: objects_total } } }
  timeWindow: [{ duration: 28d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99999 }]
`

async function spec(): Promise<string> {
  const file = join(temporaryFolder(), 'integrity.yaml')
  await writeFile(file, SPEC)
  return file
}

test('proven alerts are listed with the cases that make them fire and those that do not', {
  timeout: 120_000,
}, async () => {
  const { code, stdout, stderr } = await plimsoll(['test', await spec()])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^proven {2}integrity: 3 alerts, \d+ checks$/m)
  expect(stdout).toMatch(
    /^ {2}SLOIntegrityViolated page {2}fires: outage-after-an-hour, .*burst-of-a-new-series.*; silent: vanishes, idle-after-an-hour, never seen/m,
  )
  expect(stdout).toMatch(/^ {2}SLOBlind page {14}fires: vanishes, never seen/m)
  expect(stdout).toMatch(/^ {2}SLOTrafficGone ticket {6}fires: traffic-gone; silent: .*little-traffic-gone/m)
  expect(stdout).toMatch(/^1 of 1 SLOs proven, 3 alerts$/m)
})

/** A promtool that has seen something else of one alert in one region. */
const DISAPPOINTED = `#!/bin/sh
case "$3" in *slow*|*plimsoll.test*) exit 0;; esac
cat <<'END'
  FAILED:
    expr: "ALERTS{alertname=\\"SLOBlind\\",alertstate=\\"firing\\",slo=\\"integrity\\",severity=\\"page\\",region=\\"us-east\\"}", time: 1m,
        exp: {} 1E+00
        got: nil
END
exit 1
`

test('an alert that promtool saw do something else is named with its case, exit 1', async () => {
  const folder = await pathWith(['cat'])
  await writeFile(join(folder, 'promtool'), DISAPPOINTED)
  await chmod(join(folder, 'promtool'), 0o755)
  const { code, stdout, stderr } = await plimsoll(['test', await spec()], { PATH: folder })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^FAILED {2}integrity: /m)
  expect(stdout).toMatch(/^ {2}SLOBlind page {14}FAILED: vanishes, .*; fires: never seen$/m)
  expect(stdout).toMatch(/^ {2}SLOTrafficGone ticket {6}fires: traffic-gone/m)
  expect(stdout).toMatch(/^0 of 1 SLOs proven, 3 alerts$/m)
  expect(stderr).toContain('expr: "ALERTS{alertname=')
  const json = JSON.parse((await plimsoll(['test', '--json', await spec()], { PATH: folder })).stdout)
  expect(json).toMatchObject([{ slo: 'integrity', passed: false }])
})
