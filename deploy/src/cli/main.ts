/** The `plimsoll` command: every subcommand, option and example on one page; each loads its module only when it runs. */
import { Command, CommanderError, Option } from 'commander'
import { DEFAULT_STATE_FOLDER } from '../local/state.ts'
import type { ExitCode, Io } from './io.ts'

class WrongUsage extends Error {}

type Action = (args: never, options: never, io: Io) => Promise<ExitCode>

// Whoever reads only the first lines, as `head` does, has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
const io: Io = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  signal: stop.signal,
}

const program = new Command('plimsoll')
  .description('Observability and SLO reliability platform for a container registry')
  .exitOverride()
  .showHelpAfterError('(plimsoll <command> --help shows an example)')
  .addHelpText(
    'after',
    '\nExit codes: 0 yes or valid, 1 no or faults found, 2 wrong usage, 3 could not find out.',
  )

/** Commander would print what it saw, and an address may hold credentials. */
function httpUrl(flag: string): (value: string) => string {
  return (value) => {
    if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value
    throw new WrongUsage(`${flag}: expected http(s)://host`)
  }
}

/** Positional arguments reach `run` as one list, as each command takes at most one kind of them. */
function add(
  usage: string,
  description: string,
  example: string,
  load: () => Promise<{ run: unknown }>,
  options: Option[] = [],
): void {
  const command = program
    .command(usage)
    .description(description)
    .addHelpText('after', `\nExample:\n  ${example}`)
  for (const option of options) command.addOption(option)
  command.action(async (...given: unknown[]) => {
    const { run } = (await load()) as { run: Action }
    const args = given
      .slice(0, -2)
      .flat()
      .filter((one) => one !== undefined)
    process.exitCode = await run(args as never, command.opts() as never, io)
  })
}

const json = new Option('--json', 'print the result as JSON')
const state = new Option('--state <folder>', 'folder that holds the state of the local stack')
  .env('PLIMSOLL_STATE')
  .default(DEFAULT_STATE_FOLDER)
const specs = 'slo/specs'

add(
  'validate <paths...>',
  'Check OpenSLO specs; every fault is printed with file, line and fix',
  `npx plimsoll validate ${specs}`,
  () => import('./validate.ts'),
  [json],
)
add(
  'plan <paths...>',
  'Show what the specs amount to: windows, thresholds, detection times, cost',
  `npx plimsoll plan ${specs}`,
  () => import('./plan.ts'),
  [
    new Option(
      '--prometheus <url>',
      'measure the traffic of each SLO there, name series that it lacks, and read how long it keeps history',
    ).argParser(httpUrl('--prometheus')),
    new Option('--retention <duration>', 'how long Prometheus keeps history, such as 15d'),
    json,
  ],
)
add(
  'build <paths...>',
  'Write Prometheus rules and their tests, Alertmanager routing and Grafana dashboards',
  `npx plimsoll build ${specs} --out out`,
  () => import('./build.ts'),
  [
    new Option('--out <folder>', 'where to write; with --check, the files to compare'),
    new Option('--check', 'write nothing: compare the rules with those that --prometheus-url has loaded'),
    new Option('--only <parts>', 'comma-separated: prometheus, alertmanager, grafana'),
    new Option('--console-url <url>', 'console, linked from alerts').default('http://127.0.0.1:4700'),
    new Option('--dashboard-url <url>', 'Grafana, linked from alerts').default('http://127.0.0.1:3000'),
    new Option(
      '--prometheus-url <url>',
      'Prometheus, data source of the dashboards; with --check, the one compared with',
    )
      .argParser(httpUrl('--prometheus-url'))
      .default('http://127.0.0.1:4701'),
    new Option('--pagerduty-url <url>', 'PagerDuty Events API v2').default(
      'https://events.pagerduty.com/v2/enqueue',
    ),
    new Option('--routing-key-file <file>', 'file with the PagerDuty routing key').default(
      '/etc/alertmanager/pagerduty-routing-key',
    ),
    new Option('--tickets-url <url>', 'webhook that takes tickets').default('http://127.0.0.1:4703/tickets'),
    new Option('--deadman-url <url>', 'webhook that expects the Watchdog').default(
      'http://127.0.0.1:4703/deadman',
    ),
    json,
  ],
)
add(
  'test <paths...>',
  'Prove every alert of the specs with the real promtool',
  `npx plimsoll test ${specs}`,
  () => import('./test.ts'),
  [json],
)
add(
  'backtest <paths...>',
  'Replay the alerts of an SLO, and of what it could be, over real history',
  `npx plimsoll backtest ${specs} --slo hub-api-availability --prometheus http://127.0.0.1:4701 --what-if target=99.95`,
  () => import('./backtest.ts'),
  [
    new Option('--prometheus <url>', 'history: raw samples of this Prometheus'),
    new Option('--samples <file>', 'history: OpenMetrics text with timestamps'),
    new Option(
      '--from <time>',
      '2026-11-01, 2026-11-01T10:00Z, Unix seconds, or 7d before the end; default 30d, as far as there is history',
    ),
    new Option('--to <time>', 'a time likewise; default now, or the end of the file'),
    new Option('--slo <id>', 'which SLO, when the specs have several'),
    new Option(
      '--what-if <change>',
      'target=99.95, window=7d, burn-rates=1h=10,6h=off, evidence-gate=off; repeatable; without it, the standard policy is compared',
    )
      .argParser((value: string, before: string[]) => [...before, value])
      .default([], 'none'),
    new Option(
      '--incidents <file>',
      'YAML or JSON list of {start, end, region?, name?}: what should have paged',
    ),
    new Option('--html <file>', 'write a page with charts'),
    json,
  ],
)
add(
  'diff <old> <new>',
  'Show what a change of specs does to promises, thresholds, detection, pages by chance and cost; exit 1 when it does',
  `npx plimsoll diff ${specs} ${specs}`,
  () => import('./diff.ts'),
  [
    new Option('--markdown', 'print tables for a pull request'),
    new Option('--prometheus <url>', 'measure the traffic of each SLO there, for pages by chance').argParser(
      httpUrl('--prometheus'),
    ),
    json,
  ],
)
add(
  'import <tool> <files...>',
  'Convert specs of sloth, pyrra or openslo; every field without an equivalent is listed',
  'npx plimsoll import sloth sloth/*.yaml --out specs --owner team-hub',
  () => import('./import.ts'),
  [
    new Option('--out <folder>', 'where to write, one file per service').makeOptionMandatory(),
    new Option('--owner <team>', 'team of services whose owner the input does not name'),
    new Option('--service <name>', 'service of SLOs whose input has none (pyrra)'),
    new Option('--window <duration>', 'period of SLOs whose input leaves it to a flag (sloth)').default(
      '30d',
    ),
    json,
  ],
)
add(
  'probe <registry-url>',
  'Probe a registry once, with a canary image, and say what happened, step by step',
  'npx plimsoll probe http://127.0.0.1:4713',
  () => import('./probe.ts'),
  [
    json,
    new Option(
      '--timeout <seconds>',
      'deadline of the whole run; of replication without the wait for the copy',
    )
      .default(5)
      .argParser(Number),
    new Option('--flow <flow>', 'what to do')
      .choices(['push-pull', 'integrity', 'replication'])
      .default('push-pull'),
    new Option('--from <registry-url>', 'replication: where the canary is pushed, to be copied to the other'),
    new Option('--within <seconds>', 'replication: how long the copy may take').default(30).argParser(Number),
    new Option('--repository <name>', 'repository to push to (default: one for canaries, by flow)'),
    new Option(
      '--credentials-file <file>',
      'JSON {"username", "password"}; else PLIMSOLL_REGISTRY_USERNAME and PLIMSOLL_REGISTRY_PASSWORD',
    ),
  ],
)
add(
  'prober <config>',
  'Run the prober: probe on a schedule, serve /metrics, send results to the ledger',
  'npx plimsoll prober prober.json',
  () => import('./prober.ts'),
)
add(
  'serve',
  'Run the SLO service: ledger, HTTP API and console',
  'npx plimsoll serve --plan out/plan.json --database ledger.sqlite --token-file ledger-token',
  () => import('./serve.ts'),
  [
    new Option('--plan <file>', 'plan.json of plimsoll build').makeOptionMandatory(),
    new Option('--database <file>', 'SQLite ledger').makeOptionMandatory(),
    new Option('--token-file <file>', 'file with the token that writers must show').makeOptionMandatory(),
    new Option('--prometheus-url <url>', 'source of boundary samples').default('http://127.0.0.1:4701'),
    new Option('--runbooks <folder>', 'folder of <slug>.md, served where alerts link to'),
    new Option('--trace-url <template>', 'where a trace is shown, with {traceId} in it'),
    new Option('--port <port>', 'port on 127.0.0.1').default(4700).argParser(Number),
  ],
)
add(
  'up',
  'Run the registry in miniature with the whole platform around it',
  'npx plimsoll up --detach',
  () => import('./up.ts'),
  [
    state,
    json,
    new Option('--detach', 'return when everything is ready, and leave it running'),
    new Option('--break <fault>', 'inject this fault once everything is ready'),
    new Option('--specs <path>', 'specs to run').default(specs),
  ],
)
add('down', 'Stop the running stack', 'npx plimsoll down', () => import('./down.ts'), [state, json])
add(
  'break <fault>',
  'Inject a fault into the running stack; without a known name, the list is printed',
  'npx plimsoll break registry-down:us-east',
  () => import('./break.ts'),
  [state, json],
)
add('heal', 'Undo every fault of the running stack', 'npx plimsoll heal', () => import('./heal.ts'), [
  state,
  json,
])
add(
  'doctor',
  'Print each part, its version and where it was found',
  'npx plimsoll doctor',
  () => import('./doctor.ts'),
  [json],
)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    io.err(`plimsoll: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = error instanceof WrongUsage ? 2 : 3
  }
}
