/** For the tests of this folder: the live specs' plan, and rule and test files judged by the real promtool. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { compilePlan, type Plan, renderRecordingRules, type SloPlan } from '@plimsoll/slo/plan'
import { renderAlertRules } from './alert-rules.ts'

const SLO = join(import.meta.dirname, '../../slo')
export const LINKS = {
  consoleUrl: 'http://console.test',
  dashboardUrl: 'http://dashboards.test',
  runbookUrl: 'http://runbooks.test',
}

/** The plan of slo/specs. */
export const livePlan = (): Promise<Plan> => planIn('specs', (spec) => spec)

/** The plan of slo/catalogue, which has every shape that an SLO can have. */
export const cataloguePlan = (): Promise<Plan> => planIn('catalogue', (spec) => spec)

/** One SLO of each kind of indicator: availability, latency, probe; alike enough to be edited together. */
const SAMPLES = ['hub-api-availability', 'hub-api-latency', 'registry-push-pull']

/** The plan of three of slo/specs, after an edit of their text. */
export function samplePlan(edit = (spec: string) => spec): Promise<Plan> {
  return planIn('specs', (spec) => {
    const kept = spec.split(/^---\n/m).filter((document) => {
      const name = /^kind: SLO$[\s\S]*?^ {2}name: (\S+)$/m.exec(document)?.[1]
      return name === undefined || SAMPLES.includes(name)
    })
    return edit(kept.join('---\n'))
  })
}

async function planIn(name: string, edit: (spec: string) => string): Promise<Plan> {
  const folder = join(SLO, name)
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'))
  const sources = files.map(async (file) => ({
    file,
    text: edit(await readFile(join(folder, file), 'utf8')),
  }))
  const { plan, faults } = compilePlan(await Promise.all(sources))
  if (!plan) throw new Error(`slo/${name}: ${JSON.stringify(faults)}`)
  return plan
}

export function sloOf(plan: Plan, id: string): SloPlan {
  const slo = plan.slos.find((one) => one.slo === id)
  if (!slo) throw new Error(`the plan has no ${id}`)
  return slo
}

/** The plan of one SLO alone: promtool evaluates every rule of a file, so less is faster. */
export function planOf(plan: Plan, id: string): Plan {
  return { ...plan, slos: [sloOf(plan, id)], groups: plan.groups.filter(({ slo }) => slo === id) }
}

/** Text of the rule file of all groups: recordings first, then alerts. JSON is YAML. */
export function ruleFile(plan: Plan): string {
  const [recordings, alerts] = [renderRecordingRules(plan), renderAlertRules(plan, LINKS)]
  const groups = plan.groups.map(({ name, intervalSeconds }) => ({
    name,
    interval: `${intervalSeconds}s`,
    rules: [...(recordings.get(name) ?? []), ...(alerts.get(name) ?? [])],
  }))
  return JSON.stringify({ groups }, null, 1)
}

export type Verdict = { passed: boolean; output: string }

/** Writes the files into a folder of their own and runs a tool there; a tool that cannot be started throws. */
export async function judge(tool: string, args: string[], files: Record<string, string>): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-alerts-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    const { stdout, stderr } = await promisify(execFile)(tool, args, { cwd: folder })
    return { passed: true, output: `${stdout}${stderr}` }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { passed: false, output: `${stdout}${stderr}` }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
