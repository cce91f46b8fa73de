// One composite: what is left of the whole, how fast it goes, and which part of it goes wrong.
local dashboard = import 'dashboard.libsonnet';
local fill = import 'fill.libsonnet';
local linkTo = import 'links.libsonnet';
local panel = import 'panel.libsonnet';
local promql = import 'promql.libsonnet';

function(composite, links)
  local current = promql.currentWindow(composite);
  local weighs = composite.budgetingMethod != 'Timeslices';
  local part(one) =
    '[' + one.slo + '](/d/' + dashboard.sloUid(one.slo) + ')' + (if weighs && one.weight != '1' then ' × ' + one.weight else '');

  local words = [
    '**' + composite.displayName + '**',
    composite.description,
    'Parts (' + composite.budgetingMethod + '): ' + std.join(', ', std.map(part, composite.parts)) + '.',
    'Period: rolling ' + composite.period.name + '. Service: ' + composite.service + '. Owner: ' + composite.owner + '.',
  ] + ['[Runbook](' + url + ')' for url in linkTo.runbook(links, composite)];

  local stat(title, description, unit, expr) = {
    title: title,
    description: description,
    unit: unit,
    data: 'always',
    queries: [panel.instant(expr, title)],
    w: 8,
    h: 4,
  };

  local burnPanels = [
    panel.lines({
      title: fill('Burn over <long> and <short>: <severity> at <burnRate>', pair),
      description: 'The alert fires while both windows are above the line, and the long one evidently. A burn rate of 1 spends exactly the budget.',
      unit: 'none',
      data: 'always',
      queries: [
        panel.query(promql.window(composite, pair.long).burnRate, pair.long),
        panel.query(promql.window(composite, pair.short).burnRate, pair.short),
      ],
      w: 6,
      h: 8,
    }) + panel.threshold(std.parseJson(pair.burnRate))
    for pair in promql.burnPairs(composite)
  ];

  dashboard.new({
    uid: dashboard.sloUid(composite.slo),
    title: 'SLO: ' + composite.displayName,
    description: composite.description,
    tags: ['slo', composite.service],
    from: 'now-24h',
    links:
      [dashboard.pageLink('All SLOs', 'slo-overview', 'Back to the overview')]
      + [dashboard.webLink('Runbook', url, 'What to do when this burns') for url in linkTo.runbook(links, composite)],
    annotations: [],
    variables: [],
    panels: [
      panel.text({ title: 'The promise', description: 'What it is made of, over how long, and who answers for it.', w: 24, h: 6 }, std.join('\n\n', words)),
      panel.stat(
        stat('Budget left', 'The share of the error budget not yet spent in the period. Below 0 %: the promise is broken.', 'percentunit', composite.errorBudgetRemaining),
        decimals=1,
        thresholds=[[null, 'red'], [0, 'green']]
      ),
      panel.stat(
        stat('Burn rate over ' + current.name, 'How fast the budget goes; 1 spends exactly all of it over the period.', 'none', current.burnRate),
        decimals=2,
        thresholds=[[null, 'green'], [1, 'orange']]
      ),
      panel.stat(
        stat(
          'Time to exhaustion',
          'How long the budget lasts at the burn rate over ' + current.name + '. 0 when it is spent.',
          's',
          fill('clamp_min(<left>, 0) * <seconds> / (<burnRate> > 0)', {
            left: composite.errorBudgetRemaining,
            seconds: composite.period.seconds,
            burnRate: current.burnRate,
          })
        ) + { data: 'on-fault' }
      ),
      panel.lines({
        title: 'Budget left',
        description: 'The share of the error budget not yet spent, in the rolling ' + composite.period.name + ' before each point.',
        unit: 'percentunit',
        data: 'always',
        queries: [panel.query(composite.errorBudgetRemaining, 'Budget left')],
        w: 12,
        h: 9,
      }),
      panel.lines({
        title: 'Burn rate of each part, over ' + current.name,
        description: 'What each part adds to the burn rate of the whole.',
        unit: 'none',
        data: 'always',
        queries: [panel.query(current.partBurnRates, '{{slo}}')],
        w: 12,
        h: 9,
      }),
      panel.states({
        title: 'Alert state',
        description: 'Alerts of the composite and of its parts while they fire. A part that pages mutes the composite.',
        unit: 'none',
        data: 'on-fault',
        queries: [
          panel.query(
            'max by (alertname, severity, slo, region) (ALERTS{alertstate="firing",slo=~"'
            + std.join('|', [composite.slo] + [one.slo for one in composite.parts]) + '"})',
            '{{slo}} {{alertname}} {{severity}} {{region}}'
          ),
        ],
        w: 24,
        h: 8,
      }, [[1, 'Firing', 'red']]),
    ] + (if burnPanels == [] then [] else [panel.row('Burn rates and their alerts')] + burnPanels),
  })
