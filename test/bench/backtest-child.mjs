// One backtest in a process of its own, so that its memory is its own: `node backtest-child.mjs OPTIONS`, JSON on stdout.
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/plimsoll'))
const { run } = await import('../../deploy/src/cli/backtest.ts')
const io = { out: () => undefined, err: console.error, signal: new AbortController().signal }
const options = { slo: 'hub-api-availability', whatIf: [], ...JSON.parse(process.argv[2]) }
process.exitCode = await run(['slo/specs'], options, io)
const wallMs = performance.now()
// Not `resourceUsage().maxRSS`: Linux counts what the parent held before this program was loaded.
const [, peakKb] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
console.log(JSON.stringify({ wallMs, rssMb: Number(peakKb) / 1024 }))
