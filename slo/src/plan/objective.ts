/** What one objective promises: target, period and time slices, as exact values or faults. */
import { ANNOTATIONS, listOf } from './annotations.ts'
import type { Located } from './check-shape.ts'
import { compare, divide, parseDecimal } from './decimal.ts'
import { DAY, MINUTE, parseDuration } from './duration.ts'
import { fault, show, warning } from './fault.ts'
import type { Path } from './read-yaml.ts'
import type { Documents, Objective } from './schema.ts'
import { SLICE_SECONDS } from './tile-rules.ts'
import type { CalendarWindow, Decimal, Fault, PlanWarning } from './types.ts'

type Slo = Located<Documents['SLO']>
type Locate = (path: Path) => string

/** Longer periods need more history than any Prometheus keeps, and their thresholds would mean little. */
const LONGEST_PERIOD_SECONDS = 366 * DAY
export const DEFAULT_PERIOD_SECONDS = 28 * DAY

/** The target as an exact ratio in (0, 1). OpenSLO allows 0 too, which promises nothing. */
export function readTarget(
  { target, targetPercent }: Objective,
  path: Path,
  { locate, textOf }: Pick<Slo, 'locate' | 'textOf'>,
): Decimal | Fault {
  if ((target === undefined) === (targetPercent === undefined)) {
    const saw = target === undefined ? 'neither target nor targetPercent' : 'both target and targetPercent'
    return fault('SPEC_FIELD_VALUE', locate(path), saw, 'exactly one of them', 'write target: 0.999')
  }
  const [field, written = Number.NaN, limit] =
    target === undefined ? ['targetPercent', targetPercent, '100'] : ['target', target, '1']
  const exact = parseDecimal(String(written))
  if (exact !== undefined && written > 0 && written < Number(limit))
    return limit === '1' ? exact : divide(exact, limit, 40)
  const where = locate([...path, field])
  const text = textOf([...path, field]) ?? String(written)
  const meant = parseDecimal(text)
  // 0.99999999999999999 is read as 1: a double holds 15 digits, whatever they are.
  if (meant !== undefined && compare(meant, '0') > 0 && compare(meant, limit) < 0)
    return fault('SPEC_TARGET_RANGE', where, show(text), 'at most 15 digits', 'write fewer digits')
  const percentForRatio = target !== undefined && exact !== undefined && target > 1 && target < 100
  const fix = percentForRatio
    ? `write ${divide(exact, '100', 40)}, or use targetPercent: ${exact}`
    : `write a value such as ${limit === '1' ? '0.999' : '99.9'}; where one bad event is too many, annotate ${ANNOTATIONS.alertOn.name}: any-bad-event beside it`
  return fault('SPEC_TARGET_RANGE', where, show(text), `above 0 and below ${limit}`, fix)
}

export type Period = { seconds: number; calendars: CalendarWindow[]; warnings: PlanWarning[] }

/** The rolling period of the rules, and the calendar windows of the reports. Rules page on the rolling burn. */
export function readPeriod({ value, locate }: Slo): Period | { faults: Fault[] } {
  const faults: Fault[] = []
  const path: Path = ['spec', 'timeWindow', 0]
  const [window] = value.spec.timeWindow ?? []
  const calendars: CalendarWindow[] = []
  if (window?.calendar) {
    calendars.push({ duration: window.duration, ...window.calendar })
    const { startTime } = window.calendar
    if (!isLocalTime(startTime)) {
      const saw = `startTime ${show(startTime)}`
      const where = locate([...path, 'calendar', 'startTime'])
      faults.push(
        fault('SPEC_WINDOW', where, saw, 'a time that exists', 'write one such as 2026-01-01 00:00:00'),
      )
    }
    if (window.isRolling) {
      const where = locate([...path, 'isRolling'])
      faults.push(
        fault('SPEC_WINDOW', where, 'calendar with isRolling: true', 'one of them', 'remove isRolling'),
      )
    }
  } else if (window && !window.isRolling) {
    const fix = 'add isRolling: true, or a calendar'
    faults.push(
      fault('SPEC_WINDOW', locate(path), 'a timeWindow neither rolling nor calendar', 'one of them', fix),
    )
  }
  const report = ANNOTATIONS.calendars.name
  for (const item of listOf(value.metadata.annotations?.[report])) {
    const [duration = '', timeZone = ''] = item.split(' ')
    // Any midnight at the start of a year begins weeks aside every calendar unit.
    calendars.push({ duration, timeZone, startTime: '2024-01-01 00:00:00' })
  }
  for (const { timeZone } of calendars.filter((one) => !isTimeZone(one.timeZone))) {
    const where = locate(
      window?.calendar ? [...path, 'calendar', 'timeZone'] : ['metadata', 'annotations', report],
    )
    faults.push(
      fault(
        'SPEC_WINDOW',
        where,
        `time zone ${show(timeZone)}`,
        'an IANA time zone',
        'write one such as Europe/Berlin',
      ),
    )
  }
  const seconds = window ? parseDuration(window.duration) : DEFAULT_PERIOD_SECONDS
  if (seconds === undefined || seconds % DAY !== 0 || seconds > LONGEST_PERIOD_SECONDS) {
    const fix = 'write 28d, which always holds the same number of weekends'
    const where = locate([...path, 'duration'])
    faults.push(
      fault('SPEC_WINDOW', where, `duration ${show(window?.duration)}`, 'whole days, from 1d to 366d', fix),
    )
  }
  if (faults.length > 0 || seconds === undefined) return { faults }
  const warnings = window ? [] : [warning('PLAN_WINDOW_DEFAULT', 'no timeWindow: 28 rolling days are taken')]
  return { seconds, calendars, warnings }
}

function isLocalTime(text: string): boolean {
  const [day = '', time = '00:00:00'] = text.split(/[ T]/)
  const parsed = new Date(`${day}T${time}Z`)
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day)
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

/** Unix seconds at which the promise begins; undefined when the spec does not say. Budgets are kept by the minute. */
export function readEffectiveFrom({ value, locate }: Slo): number | undefined | Fault {
  const { name } = ANNOTATIONS.effectiveFrom
  const written = value.metadata.annotations?.[name]
  if (written === undefined || !ANNOTATIONS.effectiveFrom.pattern.test(written)) return undefined
  const seconds = Date.parse(written) / 1000
  // V8 takes 30 February as 2 March.
  const [year, month, day] = written.slice(0, 10).split('-').map(Number)
  const exists = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day))
    .toISOString()
    .startsWith(written.slice(0, 10))
  if (exists && seconds % MINUTE === 0) return seconds
  const expected = 'a time that exists, at a whole minute'
  return fault(
    'SPEC_ANNOTATION_VALUE',
    locate(['metadata', 'annotations', name]),
    `${name}: ${written}`,
    expected,
    'correct the value',
  )
}

export type Slices = { seconds: number; goodRatio?: Decimal }

/** Time slices of the objective; undefined with Occurrences. A bare number means minutes. */
export function readSlices(
  { timeSliceTarget, timeSliceWindow }: Objective,
  method: Documents['SLO']['spec']['budgetingMethod'],
  path: Path,
  locate: Locate,
): { slices?: Slices } | Fault {
  if (method === 'Occurrences') return {}
  const seconds =
    typeof timeSliceWindow === 'number' ? timeSliceWindow * MINUTE : parseDuration(timeSliceWindow ?? '')
  if (seconds === undefined || !SLICE_SECONDS.includes(seconds)) {
    const where = locate([...path, 'timeSliceWindow'])
    return fault(
      'SPEC_TIME_SLICE',
      where,
      `timeSliceWindow ${show(timeSliceWindow)}`,
      '1m or 5m',
      'choose one of them',
    )
  }
  if (method === 'RatioTimeslices') return { slices: { seconds } }
  const goodRatio = parseDecimal(String(timeSliceTarget))
  if (goodRatio !== undefined && compare(goodRatio, '0') > 0 && compare(goodRatio, '1') <= 0) {
    return { slices: { seconds, goodRatio } }
  }
  const where = locate([...path, 'timeSliceTarget'])
  const fix = 'say which share of a slice must be good, such as 0.95'
  return fault('SPEC_TIME_SLICE', where, `timeSliceTarget ${show(timeSliceTarget)}`, 'above 0, up to 1', fix)
}
