// What `rules.ts` measures, each in a process of its own: `node rules-child.mjs STAGE SPECS OUT [WRITTEN]`, JSON on stdout.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/plimsoll'))
const [, , stage, specs, out, written] = process.argv
process.once('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  const wallMs = performance.now()
  // Not `maxRSS`: Linux counts what the parent held before this program was loaded.
  const [, peakKb] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  const cpuMs = (userCPUTime + systemCPUTime) / 1000
  console.log(JSON.stringify({ wallMs, cpuMs, rssMb: Number(peakKb) / 1024 }))
})
await { floor, rules, build }[stage]()

/** What no generator can do without: reading the specs as YAML, and writing as many bytes as the files of `written`. */
async function floor() {
  const { loadAll } = await import('js-yaml')
  for (const file of readdirSync(specs)) loadAll(readFileSync(join(specs, file), 'utf8'))
  mkdirSync(out)
  const bytes = Buffer.alloc(3_000_000, 'x')
  for (const file of readdirSync(written)) {
    const { length } = readFileSync(join(written, file))
    writeFileSync(join(out, file), bytes.subarray(0, length))
  }
}

/** The rule files alone. */
async function rules() {
  const { readSpecs } = await import('../../deploy/src/cli/read-specs.ts')
  const { compilePlan } = await import('@plimsoll/slo/plan')
  const { treeFiles } = await import('../../deploy/src/build/tree.ts')
  const { writeFiles } = await import('../../deploy/src/build/write-tree.ts')
  const { plan } = compilePlan((await readSpecs([specs])).sources)
  const files = treeFiles(plan, {
    parts: ['prometheus'],
    links: { consoleUrl: 'http://console.invalid', dashboardUrl: 'http://dashboards.invalid' },
    routing: {},
    prometheusUrl: '',
  })
  await writeFiles(out, rulesOnly(files))
}

async function* rulesOnly(files) {
  for await (const file of files) {
    if (file.path.startsWith('prometheus/tests/')) break
    if (file.path.startsWith('prometheus/rules/')) yield file
  }
  yield { path: 'MANIFEST.json', chunks: [Buffer.from('{"ruleCounts":{},"files":{}}')] }
}

/** What a user runs. */
async function build() {
  process.argv = [process.execPath, 'plimsoll', 'build', specs, '--out', out, '--only', 'prometheus']
  await import('../../deploy/src/cli/plimsoll.js')
}
