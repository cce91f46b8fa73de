/** Numbers as people read them. Percent, days and minutes exist only here. */
import type { Decimal } from '../../plan/types.ts'

/** "0.9995" → "99.95 %", exact: digits are moved, nothing is computed. */
export function percentOfDecimal(value: Decimal): string {
  const [whole = '0', fraction = ''] = value.split('.')
  const digits = fraction.padEnd(2, '0')
  const integer = `${whole}${digits.slice(0, 2)}`.replace(/^0+(?=\d)/, '')
  const rest = digits.slice(2).replace(/0+$/, '')
  return `${integer}${rest && `.${rest}`} %`
}

/** good / total cut, never rounded up: one bad event in a million is not 100 %. `decimals` of the percentage. */
export function percentOfCounts(good: number, total: number, decimals: number): string {
  // Partly bad time slices have fractions, down to a millionth.
  const [whole, all] = [good, total].map((count) => BigInt(Math.round(count * 1e6))) as [bigint, bigint]
  const scaled = (whole * 10n ** BigInt(decimals + 2)) / all
  const digits = scaled.toString().padStart(decimals + 1, '0')
  const cut = digits.length - decimals
  return decimals === 0 ? `${digits} %` : `${digits.slice(0, cut)}.${digits.slice(cut)} %`
}

/** One more decimal than the objective has, so that the two can be told apart. */
export function decimalsFor(target: Decimal): number {
  return Math.max(1, (target.split('.')[1] ?? '').length - 1)
}

/** A share such as what is left of a budget, in whole percents that never look better than it is. */
export function percentLeft(ratio: number): string {
  if (ratio < 0) return `−${grouped(Math.ceil(-ratio * 100))} %`
  return ratio > 0 && ratio < 0.01 ? '<1 %' : `${Math.floor(ratio * 100)} %`
}

/** A share of a budget that was spent, in whole percents that never look better than it is. */
export function shareSpent(ratio: number): string {
  return ratio > 0 && ratio < 0.01 ? '<1 %' : `${grouped(Math.ceil(Number((ratio * 100).toFixed(9))))} %`
}

/** A share that was seen, cut to a tenth of a percent: 99.99 % is not all. */
export function shareOf(ratio: number): string {
  return `${Math.floor(Math.min(1, ratio) * 1000) / 10} %`
}

export function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** Events allowed are few: below ten a fraction matters. */
export function events(count: number): string {
  return Math.abs(count) < 10 ? String(Number(count.toFixed(2))) : grouped(count)
}

/** Counts are integers, except those of partly bad time slices. */
export function counted(count: number): string {
  return Number.isInteger(count) ? grouped(count) : events(count)
}

export function burn(rate: number | null): string {
  if (rate === null) return 'no data'
  return rate >= 10 ? grouped(rate) : String(Number(rate.toPrecision(2)))
}

/** The two largest units: "2 d 3 h", "12 min", "8 s". */
export function duration(seconds: number): string {
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ]
  const first = units.findIndex(([, size]) => seconds >= size)
  if (first === -1) return '0 s'
  let rest = Math.floor(seconds)
  const parts = units.slice(first, first + 2).flatMap(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count > 0 ? [`${count} ${unit}`] : []
  })
  return parts.join(' ')
}

/** Short times of probes, seconds in: "12 ms", "1.25 s". */
export function milliseconds(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(2)} s`
}

export function clock(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(11, 19)} UTC`
}

export function day(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** "1 Mar 2026" as the clocks of the zone show it. */
export function localDay(unixSeconds: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  }).format(unixSeconds * 1000)
}
