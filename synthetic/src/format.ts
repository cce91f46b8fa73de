/** A probe result as one screen of text. */
import { PHASES } from '@plimsoll/instrumentation'
import type { ProbeResult, ProbeStep } from '@plimsoll/instrumentation/envelope'

const COLUMNS = ['step', 'status', 'conn', 'ms', ...PHASES, 'bytes']

/** Times in milliseconds; `-` where a step had no such phase (a reused connection has no `dns`, `tcp` and `tls`). */
export function formatProbe(result: ProbeResult): string {
  const rows = [COLUMNS, ...result.steps.map(cells)]
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const table = rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, column))
      .join('  ')
      .trimEnd(),
  )
  const reason = result.reason
    ? ` (${result.reason}${result.failedStep ? ` at ${result.failedStep}` : ''})`
    : ''
  const seconds = (result.endedAt - result.startedAt).toFixed(3)
  return [
    ...table,
    '',
    `${result.verdict}${reason}: ${result.flow} from ${result.vantage} to ${result.region} in ${seconds} s`,
    ...(result.replicationLagSeconds === undefined
      ? []
      : [
          `${result.failedStep === 'find-copy' ? 'no copy' : 'the copy was there'} after ${result.replicationLagSeconds.toFixed(3)} s`,
        ]),
    ...(result.message ? [result.message] : []),
    ...(result.traceId ? [`trace ${result.traceId}`] : []),
  ].join('\n')
}

function cells(step: ProbeStep): string[] {
  const phases = PHASES.map((phase) => milliseconds(step.phases[phase]))
  const status = String(step.statusCode ?? '-')
  return [
    step.step,
    status,
    step.connection ?? '-',
    milliseconds(step.durationSeconds),
    ...phases,
    String(step.bytes ?? '-'),
  ]
}

function milliseconds(seconds: number | undefined): string {
  return seconds === undefined ? '-' : (seconds * 1000).toFixed(1)
}

/** Names to the left, figures to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}
