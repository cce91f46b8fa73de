/**
 * `npm run bench` lists the benchmarks; `npm run bench -- NAME…` runs them. Each prints ratios against a rival or a
 * floor measured in the same run: absolute times mean little on another machine.
 */
import { readdir } from 'node:fs/promises'

export type Benchmark = { name: string; description: string; run(): Promise<void> }

const files = (await readdir(import.meta.dirname))
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .sort()
const benchmarks = new Map<string, Benchmark>()
for (const file of files) {
  const { default: benchmark } = (await import(`./${file}`)) as { default: Benchmark }
  benchmarks.set(benchmark.name, benchmark)
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !benchmarks.has(name))
if (unknown.length > 0) {
  console.error(`bench: saw ${unknown.join(', ')}, expected some of ${[...benchmarks.keys()].join(', ')}`)
  process.exit(2)
}
if (wanted.length === 0)
  for (const { name, description } of benchmarks.values()) console.log(`${name.padEnd(16)} ${description}`)
for (const name of wanted) await benchmarks.get(name)?.run()
