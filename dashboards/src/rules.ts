/**
 * What a good dashboard keeps, checked. Most are the rules of Grafana's dashboard-linter; missing data that looks
 * like missing data, and panels that do not overlap, are our own.
 */
import noValue from '../no-value.json' with { type: 'json' }
import { DATASOURCE, type Dashboard, type Panel, type Target, type Variable } from './dashboard.ts'

/** Grafana's ids of the units used here. Source: Grafana documentation, "Standard options", unit. */
const UNITS = ['none', 'short', 'percentunit', 's', 'bytes', 'reqps', 'cps']
/** Grafana refuses longer uids. */
const MAX_UID_LENGTH = 40
const COLUMNS = 24
/** `refresh` of a variable that is looked up again when the time range changes. */
const ON_TIME_CHANGE = 2

/** What is wrong, one sentence each: where, what was seen, what was expected. Empty for a good dashboard. */
export function dashboardFaults(dashboard: Dashboard): string[] {
  const queryPanels = dashboard.panels.filter((panel) => panel.type !== 'row' && panel.type !== 'text')
  const faults = [
    ...frameFaults(dashboard),
    ...dashboard.templating.list.flatMap(variableFaults),
    ...dashboard.panels.flatMap(wordFaults),
    ...queryPanels.flatMap(queryPanelFaults),
    ...layoutFaults(dashboard.panels),
  ]
  return faults.map((fault) => `${dashboard.uid}: ${fault}`)
}

function frameFaults({ uid, editable, description, templating }: Dashboard): string[] {
  const datasource = templating.list.find(({ name }) => name === 'datasource')
  return [
    ...unless(
      /^[\w-]+$/.test(uid) && uid.length <= MAX_UID_LENGTH,
      `saw uid ${uid}, expected at most 40 of A-Z a-z 0-9 _ -`,
    ),
    ...unless(editable === false, 'saw an editable dashboard, expected editable: false; edit the jsonnet'),
    ...unless(description, 'saw no description, expected one'),
    ...unless(
      datasource?.type === 'datasource' && datasource.label === 'Data source',
      'saw no variable "datasource" labelled "Data source", expected one of type datasource',
    ),
  ]
}

function variableFaults({ name, type, refresh }: Variable): string[] {
  return unless(
    type !== 'query' || refresh === ON_TIME_CHANGE,
    `variable ${name}: saw refresh ${refresh}, expected ${ON_TIME_CHANGE} (on time range change)`,
  )
}

function wordFaults(panel: Panel): string[] {
  const where = `panel ${panel.id} "${panel.title}"`
  return [
    ...unless(panel.title, `${where}: saw no title, expected one`),
    ...unless(panel.type === 'row' || panel.description, `${where}: saw no description, expected one`),
  ]
}

function queryPanelFaults(panel: Panel): string[] {
  const where = `panel ${panel.id} "${panel.title}"`
  const { unit = '', noValue: text = '', min } = panel.fieldConfig?.defaults ?? {}
  const targets = panel.targets ?? []
  const sources = [panel, ...targets].map(({ datasource }) => datasource?.uid)
  const showsBudget = targets.some(({ expr }) => expr?.includes('error_budget_remaining'))
  return [
    ...unless(UNITS.includes(unit), `${where}: saw unit "${unit}", expected one of ${UNITS.join(', ')}`),
    ...unless(
      (Object.values(noValue) as string[]).includes(text),
      `${where}: saw noValue "${text}", expected a text of no-value.json`,
    ),
    ...unless(
      sources.every((uid) => uid === DATASOURCE),
      `${where}: saw data sources ${sources.join(', ')}, expected ${DATASOURCE}`,
    ),
    ...unless(targets.length > 0, `${where}: saw no query, expected one`),
    ...unless(
      !showsBudget || min === undefined,
      `${where}: saw an axis from ${min}, expected a budget free to go below 0`,
    ),
    ...targets.flatMap((target) => exprFaults(where, target)),
  ]
}

function exprFaults(where: string, { expr = '', instant = false }: Target): string[] {
  // Over time, a fixed range would skip samples when zoomed out; a value now has no steps to fit.
  const fixedRates = [...expr.matchAll(/\b(?:rate|irate|increase)\([^[]*\[([^\]]*)\]/g)]
    .map(([, range]) => range)
    .filter((range) => !instant && range !== '$__rate_interval')
  return [
    ...unless(fixedRates.length === 0, `${where}: saw a rate over ${fixedRates}, expected $__rate_interval`),
    ...unless(
      !/\bor\s+vector\s*\(/.test(expr),
      `${where}: saw "or vector(…)", expected missing data to stay missing; use "or 0 * …" of a series that is there`,
    ),
  ]
}

function layoutFaults(panels: Panel[]): string[] {
  const ids = new Set(panels.map(({ id }) => id))
  const tooWide = panels.filter(({ gridPos: { x, w } }) => x < 0 || x + w > COLUMNS)
  const overlaps = panels.flatMap((a, index) =>
    panels
      .slice(index + 1)
      .filter((b) => overlap(a, b))
      .map((b) => `panels ${a.id} and ${b.id}: saw them overlap, expected each its own place`),
  )
  return [
    ...unless(ids.size === panels.length, 'saw a panel id twice, expected unique ids'),
    ...tooWide.map(({ id }) => `panel ${id}: saw it past column ${COLUMNS}, expected it within`),
    ...overlaps,
  ]
}

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

function unless(holds: unknown, fault: string): string[] {
  return holds ? [] : [fault]
}
