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

async function spec(text = SPEC): Promise<string> {
  const file = join(temporaryFolder(), 'integrity.yaml')
  await writeFile(file, text)
  return file
}

/** A folder for the PATH with this script as promtool. */
async function promtool(script: string): Promise<string> {
  const folder = await pathWith(['cat'])
  await writeFile(join(folder, 'promtool'), script)
  await chmod(join(folder, 'promtool'), 0o755)
  return folder
}

test('proven alerts are listed with the cases that make them fire and those that do not', {
  timeout: 120_000,
}, async () => {
  const { code, stdout, stderr } = await plimsoll(['test', await spec()])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^proven {2}integrity: 3 alerts, \d+ checks$/m)
  expect(stdout).toMatch(
    /^ {2}SLOIntegrityViolated page {2}fires: outage-after-an-hour, .*burst-of-a-new-series.*; silent: idle-after-an-hour, never seen, vanishes and returns, traffic-gone$/m,
  )
  expect(stdout).toMatch(/^ {2}SLOBlind page {14}fires: never seen, vanishes and returns$/m)
  expect(stdout).toMatch(
    /^ {2}SLOTrafficGone ticket {6}fires: traffic-gone, little-traffic-gone; silent: half-the-budget, never seen$/m,
  )
  expect(stdout).toMatch(/^1 of 1 SLOs proven, 3 alerts$/m)
})

/** A promtool that has seen something else of one alert in one region. */
const DISAPPOINTED = `#!/bin/sh
case "$1 $3" in --version*|check*|*slow*|*plimsoll.test*) exit 0;; esac
cat <<'END'
  FAILED:
    expr: "ALERTS{alertname=\\"SLOBlind\\",alertstate=\\"firing\\",slo=\\"integrity\\",severity=\\"page\\",region=\\"us-east\\"}", time: 1m,
        exp: {} 1E+00
        got: nil
END
exit 1
`

test('an alert that promtool saw do something else is named with its case, exit 1', async () => {
  const folder = await promtool(DISAPPOINTED)
  const { code, stdout, stderr } = await plimsoll(['test', await spec()], { PATH: folder })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^FAILED {2}integrity: /m)
  expect(stdout).toMatch(
    /^ {2}SLOBlind page {14}FAILED: never seen, vanishes and returns; fires: never seen, vanishes and returns$/m,
  )
  expect(stdout).toMatch(/^ {2}SLOTrafficGone ticket {6}fires: traffic-gone/m)
  expect(stdout).toMatch(/^0 of 1 SLOs proven, 3 alerts$/m)
  expect(stderr).toContain('expr: "ALERTS{alertname=')
  const json = JSON.parse((await plimsoll(['test', '--json', await spec()], { PATH: folder })).stdout)
  expect(json).toMatchObject([{ slo: 'integrity', passed: false }])
})

test('an alert whose test ended before it was looked at is not proven', async () => {
  const folder = await promtool(
    DISAPPOINTED.replace('  FAILED:', '$&\n    rule: x, time: 1m, err: same labelset'),
  )
  const { code, stdout } = await plimsoll(['test', await spec()], { PATH: folder })
  expect(code).toBe(1)
  expect(stdout).toMatch(
    /^ {2}SLOIntegrityViolated page {2}FAILED: outage-after-an-hour, .*, vanishes and returns; /m,
  )
})

test('rules that promtool does not take leave nothing proven', async () => {
  const folder = await promtool('#!/bin/sh\ncase "$1" in check) echo "unknown field"; exit 1;; esac\n')
  const { code, stdout, stderr } = await plimsoll(['test', await spec()], { PATH: folder })
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'unknown field\nunknown field\n' })
  expect(stdout).not.toMatch(/fires:|silent:/)
  expect(stdout).toMatch(/^0 of 1 SLOs proven, 3 alerts$/m)
})

test('a promtool that does not know keep_firing_for is refused, exit 3', async () => {
  const folder = await promtool('#!/bin/sh\necho "promtool, version 2.31.2+ds1 (branch: debian/sid)"\n')
  const { code, stdout, stderr } = await plimsoll(['test', await spec()], { PATH: folder })
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
  expect(stderr).toContain('promtool: saw version 2.31.2+ds1, expected 2.42 or later')
})

test('an SLO without alerts is neither proven nor failed', { timeout: 60_000 }, async () => {
  const quiet = SPEC.replace('alert-on: any-bad-event', 'alerting: none')
  const { code, stdout } = await plimsoll(['test', await spec(quiet)])
  expect(code).toBe(0)
  expect(stdout).toBe(
    'skipped integrity: no alerts to prove\n0 of 0 SLOs proven, 0 alerts; 1 without alerts\n',
  )
})
