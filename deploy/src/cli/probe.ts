import {
  credentialsFromEnvironment,
  defaultRepository,
  type FlowName,
  formatProbe,
  readCredentials,
  runProbe,
} from '@plimsoll/synthetic'
import type { ExitCode, Io } from './io.ts'

type Options = {
  json?: boolean
  timeout: number
  flow: FlowName
  from?: string
  within: number
  repository?: string
  credentialsFile?: string
}

/** Exit code: 0 ok, 1 the target failed, 2 not a registry URL, 3 no verdict on the target. */
export async function run([url]: [string], options: Options, io: Io): Promise<ExitCode> {
  const wrong = wrongUse(options)
  if (wrong) {
    io.err(`plimsoll probe: ${wrong}`)
    return 2
  }
  const { credentialsFile, flow, from, within: withinSeconds, timeout: deadlineSeconds } = options
  const repository = options.repository ?? defaultRepository(flow, 'cli')
  const credentials = credentialsFile
    ? await readCredentials(credentialsFile)
    : credentialsFromEnvironment(process.env)
  try {
    const result = await runProbe(
      { url, repository, credentials, source: from === undefined ? undefined : { url: from, credentials } },
      { flow, deadlineSeconds, withinSeconds, signal: io.signal },
    )
    io.out(options.json ? JSON.stringify(result, null, 2) : formatProbe(result))
    if (result.verdict === 'ok') return 0
    return result.verdict === 'target_fail' ? 1 : 3
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    io.err(`plimsoll probe: ${error.message}`)
    return 2
  }
}

function wrongUse({ flow, from, timeout, within }: Options): string | undefined {
  for (const [name, seconds] of Object.entries({ timeout, within }))
    if (!(seconds > 0 && seconds <= 300)) return `--${name}: expected seconds, more than 0 and at most 300`
  if (flow === 'replication' && from === undefined)
    return '--from: saw none, expected the registry that the canary is pushed to'
  if (flow !== 'replication' && from !== undefined)
    return `--from: saw one with --flow ${flow}, expected it with replication alone`
  return undefined
}
