/** plan → Grafana dashboards. Jsonnet lays out, this runs it and makes the bytes stable. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Plan } from '@plimsoll/slo/plan'
import { findJsonnet, runJsonnet } from './jsonnet.ts'

export type RenderOptions = {
  /** Path of the jsonnet to run; found on the PATH when not given. */
  jsonnet?: string
  /** More library folders; the last wins over all before it, `lib/` and `vendor/` included. */
  jsonnetPaths?: string[]
  /** URL templates of pages outside Grafana; `{slo}` and `{runbook}` in them are filled in. No template, no link. */
  links?: { console?: string; runbook?: string }
}

const root = join(import.meta.dirname, '..')

/**
 * Dashboards by file name (`<uid>.json`), in one call of jsonnet. The same plan gives the same bytes with every
 * jsonnet: C++ prints 0.90000000000000002 where others print 0.9, so the JSON is read and printed again.
 */
export async function renderDashboards(
  plan: Plan,
  options: RenderOptions = {},
): Promise<Map<string, string>> {
  const jsonnet = options.jsonnet ?? findJsonnet(process.env)
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-dashboards-'))
  try {
    await writeFile(join(folder, 'plan.json'), JSON.stringify(plan))
    await writeFile(join(folder, 'links.json'), JSON.stringify(options.links ?? {}))
    // In every jsonnet the rightmost -J wins and a missing folder is no error.
    const paths = [join(root, 'lib'), join(root, 'vendor'), ...(options.jsonnetPaths ?? [])]
    await runJsonnet(jsonnet, [
      ...paths.flatMap((path) => ['-J', path]),
      ...['--tla-code-file', `plan=${join(folder, 'plan.json')}`],
      ...['--tla-code-file', `links=${join(folder, 'links.json')}`],
      ...['-m', folder],
      join(root, 'main.jsonnet'),
    ])
    return await readDashboards(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function readDashboards(folder: string): Promise<Map<string, string>> {
  const inputs = new Set(['plan.json', 'links.json'])
  const names = (await readdir(folder)).filter((name) => !inputs.has(name)).sort()
  const dashboards = new Map<string, string>()
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8')
    dashboards.set(name, `${JSON.stringify(JSON.parse(text), null, 2)}\n`)
  }
  return dashboards
}
