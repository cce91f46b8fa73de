/** Writes the tables of README.md from the specs beside it and from those of the local stack. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compilePlan } from '../src/plan/compile.ts'
import { formatFault } from '../src/plan/fault.ts'
import { catalogueTable, TABLE_END, TABLES } from './table.ts'

const readme = join(import.meta.dirname, 'README.md')
for (const [folder, start] of Object.entries(TABLES)) {
  const specs = join(import.meta.dirname, folder)
  const files = readdirSync(specs).filter((file) => file.endsWith('.yaml'))
  const { plan, faults } = compilePlan(
    files.map((file) => ({ file, text: readFileSync(join(specs, file), 'utf8') })),
  )
  if (!plan) throw new Error(faults.map(formatFault).join('\n'))
  const [before, after] = readFileSync(readme, 'utf8').split(new RegExp(`${start}[^]*?${TABLE_END}`))
  writeFileSync(readme, `${before}${start}\n${catalogueTable(plan, folder)}\n${TABLE_END}${after}`)
}
