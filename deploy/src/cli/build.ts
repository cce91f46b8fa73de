import { type BuildOptions, buildTree, PARTS, type Part, treeFiles } from '../build/tree.ts'
import { writeFiles } from '../build/write-tree.ts'
import { compileOrReport } from './compile.ts'
import type { ExitCode, Io } from './io.ts'

type Options = {
  out?: string
  check?: boolean
  only?: string
  consoleUrl: string
  dashboardUrl: string
  prometheusUrl: string
  pagerdutyUrl: string
  routingKeyFile: string
  ticketsUrl: string
  deadmanUrl: string
  json?: boolean
}

/**
 * Exit code: 0 written, 1 faults found (nothing is written), 2 an unknown part.
 * With --check: 0 Prometheus has loaded just these rules, 1 there are differences, 3 that could not be found out.
 */
export async function run(paths: string[], options: Options, io: Io): Promise<ExitCode> {
  const parts = options.only?.split(',').map((part) => part.trim()) ?? [...PARTS]
  if (!areParts(parts)) {
    io.err(`plimsoll build: --only: saw ${options.only}, expected some of ${PARTS.join(', ')}`)
    return 2
  }
  if (options.out === undefined && !options.check) {
    io.err("plimsoll build: required option '--out <folder>' not specified; only --check does without")
    return 2
  }
  const plan = await compileOrReport(paths, io)
  if (!plan) return 1
  const {
    out,
    consoleUrl,
    dashboardUrl,
    prometheusUrl,
    pagerdutyUrl,
    routingKeyFile,
    ticketsUrl,
    deadmanUrl,
  } = options
  const wanted: BuildOptions = {
    parts: options.check ? ['prometheus'] : parts,
    links: { consoleUrl, dashboardUrl },
    routing: { pagerdutyUrl, routingKeyFile, ticketsUrl, deadmanUrl },
    prometheusUrl,
  }
  if (options.check) {
    const { checkBuild } = await import('./build-check.ts')
    return checkBuild(await buildTree(plan, wanted), options, io)
  }
  if (out === undefined) return 2
  const files = await writeFiles(out, treeFiles(plan, wanted), parts)
  if (options.json) io.out(JSON.stringify({ out, files: files.sort() }, null, 2))
  else io.out(`${plan.slos.length} SLOs, ${files.length} files in ${out}`)
  return 0
}

function areParts(parts: string[]): parts is Part[] {
  return parts.every((part) => PARTS.some((known) => known === part))
}
