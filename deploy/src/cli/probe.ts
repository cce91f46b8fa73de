import {
  credentialsFromEnvironment,
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
  repository: string
  credentialsFile?: string
}

/** Exit code: 0 ok, 1 the target failed, 2 not a registry URL, 3 no verdict on the target. */
export async function run([url]: [string], options: Options, io: Io): Promise<ExitCode> {
  if (!(options.timeout > 0 && options.timeout <= 300)) {
    io.err('plimsoll probe: --timeout: expected seconds, more than 0 and at most 300')
    return 2
  }
  const { credentialsFile, repository, flow, timeout: deadlineSeconds } = options
  const credentials = credentialsFile
    ? await readCredentials(credentialsFile)
    : credentialsFromEnvironment(process.env)
  try {
    const result = await runProbe(
      { url, repository, credentials },
      { flow, deadlineSeconds, signal: io.signal },
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
