/** The windows that an SLO is measured over, and what of their edges must be kept. */
import {
  calendarWindow,
  HOUR,
  type Keep,
  MINUTE,
  RETENTION_SECONDS,
  rollingWindow,
  startOf,
} from '../ledger/index.ts'
import type { CountedPlan, CountedSlo } from './counted-plan.ts'

/** Unix seconds, whole minutes, half open. */
export type Window = { from: number; to: number }

/** The SLO's period up to now. Longer than minutes are kept, it begins with a whole hour. */
export function periodOf(slo: CountedSlo, nowSeconds: number): Window {
  const { from, to } = rollingWindow(nowSeconds, slo.period.seconds)
  const byMinute = slo.slices !== undefined || nowSeconds - from < RETENTION_SECONDS.minutes
  return { from: byMinute ? from : startOf(HOUR, from), to }
}

/** The whole window on the calendar that holds now, and the part of it that has been. */
export function calendarsOf({ calendars }: CountedSlo, nowSeconds: number) {
  return calendars.map((calendar) => {
    const { from, to } = calendarWindow(calendar, nowSeconds)
    return { calendar, from, end: to, to: Math.min(to, startOf(MINUTE, nowSeconds) + MINUTE) }
  })
}

/** Called once a day. */
export function keepOf({ slos }: CountedPlan, nowSeconds: number): Keep {
  return {
    minutesOf: slos.filter(({ slices }) => slices).map(({ slo }) => slo),
    edges: slos.flatMap((slo) => calendarsOf(slo, nowSeconds).map(({ from }) => from)),
  }
}
