/**
 * Specs on disk → Prometheus files on disk, in a fresh process each time, Node's own start included, against a floor:
 * a process that only reads the same YAML and writes as many bytes as the rules have. The whole command writes rules,
 * their generated tests and plan.json.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Benchmark } from './run.ts'

type Cost = { wallMs: number; cpuMs: number; rssMb: number }
const RUNS = 5
const SLOS_PER_SERVICE = 10

const benchmark: Benchmark = {
  name: 'rules',
  description: 'specs to Prometheus files: 1,000 and 10,000 SLOs, time and memory',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'))
    try {
      writeSpecs(join(folder, '1000'), 1000)
      writeSpecs(join(folder, '10000'), 10_000)
      // A folder for each run: for a minute after files are deleted, ext4 takes 0.5 ms instead of 0.03 to create one.
      let outputs = 0
      const out = () => join(folder, `out-${outputs++}`)
      const measure = (stage: string, slos: number, runs = RUNS, written = '') =>
        median(Array.from({ length: runs }, () => run(stage, join(folder, String(slos)), out(), written)))
      const rules = measure('rules', 1000)
      const written = join(folder, 'out-0/prometheus/rules')
      const bytes = bytesIn(written)
      const floor = measure('floor', 1000, RUNS, written)
      const lines: [string, Cost, number][] = [
        ['floor: read YAML, write as many bytes', floor, 1000],
        ['all rule files', rules, 1000],
        ['plimsoll build --only prometheus', measure('build', 1000), 1000],
        ['all rule files', measure('rules', 10_000, 1), 10_000],
        ['plimsoll build --only prometheus', measure('build', 10_000, 1), 10_000],
      ]
      console.log(`rules: 1,000 SLOs of two regions, ${(bytes / 1e6).toFixed(1)} MB of rules; medians`)
      for (const [what, { wallMs, cpuMs, rssMb }, slos] of lines) {
        const each = `${(cpuMs / slos).toFixed(2)} ms CPU an SLO`
        const ratio = slos === 1000 ? `${(cpuMs / floor.cpuMs).toFixed(1)} × floor` : ''
        console.log(
          `  ${String(slos).padStart(6)} SLOs  ${what.padEnd(40)} ${wallMs.toFixed(0).padStart(6)} ms wall ${cpuMs.toFixed(0).padStart(6)} ms CPU ${rssMb.toFixed(0).padStart(5)} MB  ${each}  ${ratio}`,
        )
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}
export default benchmark

function run(stage: string, specs: string, out: string, written: string): Cost {
  const child = join(import.meta.dirname, 'rules-child.mjs')
  const printed = execFileSync(process.execPath, [...FLAGS, child, stage, specs, out, written], {
    encoding: 'utf8',
  })
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Cost
}

/** Of Node, as the command has them in its first line. */
const COMMAND = readFileSync(join(import.meta.dirname, '../../deploy/src/cli/plimsoll.js'), 'utf8')
const FLAGS = /^#!.* node (.*)/.exec(COMMAND)?.[1]?.split(' ') ?? []

/** Each figure's own median. */
function median(costs: Cost[]): Cost {
  const middle = (of: (cost: Cost) => number) =>
    costs.map(of).sort((a, b) => a - b)[Math.floor(costs.length / 2)] ?? Number.NaN
  return {
    wallMs: middle((cost) => cost.wallMs),
    cpuMs: middle((cost) => cost.cpuMs),
    rssMb: middle((cost) => cost.rssMb),
  }
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
}

/** Ten SLOs a service and file, of ten targets. */
function writeSpecs(folder: string, slos: number): void {
  mkdirSync(folder)
  for (let service = 0; service < slos / SLOS_PER_SERVICE; service++) {
    const documents = [
      `apiVersion: openslo/v1
kind: Service
metadata:
  name: service-${service}
  annotations:
    plimsoll.dev/owner: team-${service % 7}
spec:
  description: What service ${service} does for its users.
`,
      ...Array.from({ length: SLOS_PER_SERVICE }, (_, index) => sloSpec(service, index)),
    ]
    writeFileSync(join(folder, `service-${service}.yaml`), documents.join('---\n'))
  }
}

function sloSpec(service: number, index: number): string {
  const counter = (codes: string) =>
    `requests_total{service="service-${service}",endpoint="e${index}",code${codes}}`
  return `apiVersion: openslo/v1
kind: SLO
metadata:
  name: service-${service}-slo-${index}
  displayName: Service ${service} answers ${index}
  annotations:
    plimsoll.dev/runbook: hub-api-errors
    plimsoll.dev/regions: us-east, eu-west
spec:
  service: service-${service}
  description: Requests of users are answered without an error of the service's own.
  indicator:
    metadata:
      name: service-${service}-slo-${index}
    spec:
      ratioMetric:
        counter: true
        bad:
          metricSource:
            type: Prometheus
            spec:
              query: ${counter('=~"5.."')}
        total:
          metricSource:
            type: Prometheus
            spec:
              query: ${counter('!~"4.."')}
  timeWindow:
    - duration: 28d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.99${index}
`
}
