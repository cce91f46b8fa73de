import { beforeAll, describe, expect, test } from 'vitest'
import { DATASOURCE, type Dashboard, type Panel, parseDashboard } from './dashboard.ts'
import { examplePlan } from './example.ts'
import { renderDashboards } from './render.ts'
import { dashboardFaults } from './rules.ts'

let dashboards: Map<string, string>
beforeAll(async () => {
  dashboards = await renderDashboards(examplePlan())
})

test('every dashboard keeps every rule', () => {
  expect([...dashboards.values()].flatMap((text) => dashboardFaults(parseDashboard(text)))).toEqual([])
})

/** The overview with one thing changed; `budget` is its panel of the budget left. */
function spoilt(spoil: (dashboard: Dashboard, budget: Panel) => void): string[] {
  const dashboard = parseDashboard(dashboards.get('slo-overview.json') ?? '')
  const budget = dashboard.panels.find(({ title }) => title === 'SLOs, least budget first')
  if (!budget) throw new Error('the overview has no table of SLOs')
  spoil(dashboard, budget)
  return dashboardFaults(dashboard)
}

function defaults(panel: Panel) {
  if (!panel.fieldConfig) throw new Error(`panel ${panel.id} has no fieldConfig`)
  return panel.fieldConfig.defaults
}

describe('a dashboard is at fault with', () => {
  const cases: { name: string; spoil: (dashboard: Dashboard, budget: Panel) => void; fault: string }[] = [
    {
      name: 'a uid that Grafana refuses',
      spoil: (dashboard) => {
        dashboard.uid = 'slo-'.repeat(11)
      },
      fault: 'expected at most 40 of A-Z a-z 0-9 _ -',
    },
    {
      name: 'edits allowed, which the next build would lose',
      spoil: (dashboard) => {
        dashboard.editable = true
      },
      fault: 'saw an editable dashboard',
    },
    {
      name: 'no description',
      spoil: (dashboard) => {
        dashboard.description = ''
      },
      fault: 'saw no description',
    },
    {
      name: 'a data source variable of another name',
      spoil: ({ templating: { list } }) => {
        for (const variable of list) if (variable.type === 'datasource') variable.name = 'ds'
      },
      fault: 'saw no variable "datasource" labelled "Data source"',
    },
    {
      name: 'a variable that is looked up only once',
      spoil: ({ templating: { list } }) => {
        for (const variable of list) if (variable.type === 'query') variable.refresh = 1
      },
      fault: 'variable service: saw refresh 1, expected 2',
    },
    {
      name: 'a panel without a title',
      spoil: (_, budget) => {
        budget.title = ''
      },
      fault: 'panel 5 "": saw no title',
    },
    {
      name: 'a panel that does not say what it shows',
      spoil: (_, budget) => {
        delete budget.description
      },
      fault: 'panel 5 "SLOs, least budget first": saw no description',
    },
    {
      name: 'a unit that Grafana does not know',
      spoil: (_, budget) => {
        defaults(budget).unit = 'percents'
      },
      fault: 'saw unit "percents"',
    },
    {
      name: 'a panel that shows nothing where nothing is known',
      spoil: (_, budget) => {
        defaults(budget).noValue = '100 %'
      },
      fault: 'saw noValue "100 %"',
    },
    {
      name: 'a query of a fixed data source',
      spoil: (_, budget) => {
        for (const target of budget.targets ?? []) target.datasource = { uid: 'prometheus-1' }
      },
      fault: `expected ${DATASOURCE}`,
    },
    {
      name: 'a panel without a query',
      spoil: (_, budget) => {
        budget.targets = []
      },
      fault: 'saw no query',
    },
    {
      name: 'a budget axis that ends at 0',
      spoil: (_, budget) => {
        defaults(budget).min = 0
      },
      fault: 'expected a budget free to go below 0',
    },
    {
      name: 'a rate over a fixed range',
      spoil: (_, budget) => {
        budget.targets = [{ refId: 'A', expr: 'rate(a{b="c"}[5m])', datasource: { uid: DATASOURCE } }]
      },
      fault: 'saw a rate over 5m, expected $__rate_interval',
    },
    {
      name: 'missing data made into a perfect score',
      spoil: (_, budget) => {
        budget.targets = [{ refId: 'A', expr: 'sum(a) or vector(1)', datasource: { uid: DATASOURCE } }]
      },
      fault: 'expected missing data to stay missing',
    },
    {
      name: 'one panel on another',
      spoil: (_, budget) => {
        budget.gridPos.y -= 1
      },
      fault: 'panels 1 and 5: saw them overlap',
    },
    {
      name: 'a panel past the last column',
      spoil: (_, budget) => {
        budget.gridPos.x = 1
      },
      fault: 'panel 5: saw it past column 24',
    },
    {
      name: 'two panels of one id',
      spoil: (_, budget) => {
        budget.id = 1
      },
      fault: 'saw a panel id twice',
    },
  ]
  test.each(cases)('$name', ({ spoil, fault }) => {
    expect(spoilt(spoil).join('\n')).toContain(fault)
  })
})
