/**
 * Blocks of history: the raw series, and what rules read of their own past. Without the latter long windows would find
 * nothing and seem to cost nothing. No request fails: a firing alert would ask for its annotations too.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { CODES, isGood, rawSeries, sloId } from './ours.ts'

const HOUR = 3600
const DAY = 24 * HOUR
export const SAMPLE_SECONDS = 60

type History = { series: string; fromSeconds: number; stepSeconds: number; constant?: boolean }

export function backfill(data: string, slos: number, days: number, endSeconds: number): void {
  const file = `${data}.om`
  const out = openSync(file, 'w')
  for (let slo = 0; slo < slos; slo++)
    for (const history of [...raw(slo, days), ...ratios(slo, days), ...ours(slo, days)])
      for (const text of lines(history, endSeconds)) writeSync(out, text)
  writeSync(out, '# EOF\n')
  closeSync(out)
  const args = ['--max-block-duration=720h', '--quiet', file, data]
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', ...args], { stdio: 'inherit' })
  rmSync(file)
}

function raw(slo: number, days: number): History[] {
  return CODES.map((code) => ({
    series: rawSeries(slo, `="${code}"`),
    fromSeconds: days * DAY,
    stepSeconds: SAMPLE_SECONDS,
    constant: !isGood(code),
  }))
}

/** Rival A's ratios of 5 minutes, which its 30 days are made of. */
function ratios(slo: number, days: number): History[] {
  const series = `a:ratio_rate5m{slo="${sloId(slo)}"}`
  return [{ series, fromSeconds: days * DAY, stepSeconds: SAMPLE_SECONDS, constant: true }]
}

/** One sample in 4 minutes where rules read single instants only: Prometheus looks back 5. */
function ours(slo: number, days: number): History[] {
  const labels = `{service="apis",slo="${sloId(slo)}"}`
  const of = (name: string, fromSeconds: number, stepSeconds: number, constant = false): History => ({
    series: `slo:${name}${labels}`,
    fromSeconds,
    stepSeconds,
    constant,
  })
  return [
    of('objective:ratio', HOUR, 30, true),
    of('events_running:since', DAY, 240, true),
    of('events_lasting:since', 2 * DAY, 240, true),
    ...['total', 'bad'].flatMap((count) => [
      of(`${count}_events:5m`, 2 * DAY, 240, true),
      of(`${count}_events:running`, 8 * HOUR, 30, count === 'bad'),
      of(`${count}_events:lasting`, (days + 1.5) * DAY, 240, count === 'bad'),
      of(`${count}_events:carried`, 2 * DAY, 300, true),
      of(`${count}_events:seen`, 2 * DAY, 300, count === 'bad'),
    ]),
  ]
}

function* lines({ series, fromSeconds, stepSeconds, constant }: History, endSeconds: number) {
  let text = ''
  for (let at = endSeconds - fromSeconds; at <= endSeconds; at += stepSeconds) {
    text += `${series} ${constant ? 0 : at - 1_600_000_000} ${at}\n`
    if (text.length > 1_000_000) {
      yield text
      text = ''
    }
  }
  yield text
}
