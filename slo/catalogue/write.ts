/** Writes the table of README.md from the specs beside it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compilePlan } from '../src/plan/compile.ts'
import { formatFault } from '../src/plan/fault.ts'
import { catalogueTable, TABLE_END, TABLE_START } from './table.ts'

const folder = import.meta.dirname
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
const { plan, faults } = compilePlan(
  files.map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') })),
)
if (!plan) throw new Error(faults.map(formatFault).join('\n'))
const readme = join(folder, 'README.md')
const [before, after] = readFileSync(readme, 'utf8').split(new RegExp(`${TABLE_START}[^]*${TABLE_END}`))
writeFileSync(readme, `${before}${TABLE_START}\n${catalogueTable(plan)}\n${TABLE_END}${after}`)
