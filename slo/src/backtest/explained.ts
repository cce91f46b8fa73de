/**
 * When a burn is explained by what its SLO needs, so that Alertmanager mutes it: the definition that the helper
 * `SLOBurnExplained` is a rule of, from counts. `docs/decisions/0006-explained-burns.md` says why.
 */
import { alertFirings, type Firing } from '../plan/firing.ts'
import type { BurnAlertPlan, ExplainedPlan, SloPlan } from '../plan/types.ts'
import { evaluationsOf, type History, ruleViewOf } from './history.ts'
import type { Policy, Range } from './replay.ts'

/** Id of an SLO → its history. */
export type Histories = ReadonlyMap<string, History>

/** A page of a dependency still explains for as long after it ended. */
const AFTERGLOW_SECONDS = 600

/** A stretch of evaluations at which a burn is explained, and the dependencies that page then. */
export type Explained = Required<Firing> & { by: string[] }

/**
 * Within `burns`, the firings of `alert` in `region`. A dependency without a history explains nothing, as one that no
 * rule has counts of.
 */
export function explanations(
  { slo, intervals, others }: Policy,
  alert: BurnAlertPlan,
  region: string,
  burns: Firing[],
  history: History,
  needed: Histories,
  range: Range,
): Explained[] {
  const { explained } = alert
  const seconds = slo.windows.find(({ name }) => name === explained?.window)?.seconds
  if (!explained || seconds === undefined || burns.length === 0) return []
  const dependencies = explained.by.flatMap(({ slo: id, weight }) => {
    const [plan, its] = [others.get(id), needed.get(id)]
    const page = plan?.alerts.find(
      (one) => one.kind === 'burn' && one.severity === 'page' && one.scope === alert.scope,
    )
    if (!plan || !its || !page) return []
    const view = ruleViewOf(its, region)
    const evaluations = evaluationsOf(its, intervals.get(page.group), range)
    const { stepSeconds } = evaluations
    return [
      { id, weight: Number(weight), view, stepSeconds, pages: alertFirings(plan, page, view, evaluations) },
    ]
  })
  const view = ruleViewOf(history, region)
  const pagingAt = (at: number) =>
    dependencies.filter(({ pages, stepSeconds }) =>
      pages.some(({ fromSeconds, untilSeconds = Number.POSITIVE_INFINITY }) => {
        return fromSeconds <= at && untilSeconds - stepSeconds >= at - AFTERGLOW_SECONDS
      }),
    )
  const explainersAt = (at: number): string[] => {
    const shares = pagingAt(at).flatMap(({ id, weight, view: its }) => {
      const { total, bad } = its.events(at, seconds)
      return total > 0 ? [{ id, share: (weight * bad) / total }] : []
    })
    const { total, bad } = view.events(at, seconds)
    return bad <= most(explained, total, shares) ? shares.map(({ id }) => id) : []
  }
  const { stepSeconds, endSeconds } = evaluationsOf(history, intervals.get(alert.group), range)
  return burns.flatMap(({ fromSeconds, untilSeconds = endSeconds + stepSeconds }) => {
    const found: Explained[] = []
    for (let at = fromSeconds; at < untilSeconds; at += stepSeconds) {
      const by = explainersAt(at)
      const current = found.at(-1)
      if (by.length === 0) continue
      if (current?.untilSeconds === at) {
        current.untilSeconds = at + stepSeconds
        current.by = [...new Set([...current.by, ...by])]
      } else found.push({ fromSeconds: at, untilSeconds: at + stepSeconds, by })
    }
    return found
  })
}

/** Bad events that are explained; below any count when no dependency has a share to explain by. */
function most({ factor, spareEvents }: ExplainedPlan, total: number, shares: { share: number }[]): number {
  if (shares.length === 0) return Number.NEGATIVE_INFINITY
  return Number(spareEvents) + Number(factor) * total * shares.reduce((sum, { share }) => sum + share, 0)
}

/** Ids of the SLOs whose history says what explains this one's burns. */
export function neededBy({ alerts }: SloPlan): string[] {
  const ids = alerts.flatMap((alert) =>
    alert.kind === 'burn' ? (alert.explained?.by ?? []).map(({ slo }) => slo) : [],
  )
  return [...new Set(ids)]
}
