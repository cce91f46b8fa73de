// One SLO: what is promised, what is left of it, how fast it goes and since when.
local dashboard = import 'dashboard.libsonnet';
local fill = import 'fill.libsonnet';
local linkTo = import 'links.libsonnet';
local panel = import 'panel.libsonnet';
local promql = import 'promql.libsonnet';

// The end of the time range shown, Unix seconds, in PromQL alone.
local end = 'max_over_time(vector(time())[1m:1s] @ end())';

// Digits after the comma that tell a ratio from its objective, shown in percent: 0.9995 → 99.95 %.
local percentDecimals(target) = std.max(0, std.length(target) - std.length('0.00'));

function(slo, links)
  local data = if slo.indicator.kind == 'web' then 'on-browser' else 'always';
  local period = promql.period(slo);
  local current = promql.currentWindow(slo);
  local shortest = slo.windows[0];
  local tile = promql.tile(slo);
  local decimals = percentDecimals(slo.target);
  local left = slo.series.errorBudgetRemaining;
  local budgetSteps = [[null, 'red'], [0, 'green']];
  local regional = slo.regions != [];

  local stat(title, description, unit, expr) = {
    title: title,
    description: description,
    unit: unit,
    data: data,
    queries: [panel.instant(expr, title)],
    w: 4,
    h: 4,
  };

  local words = [
    '**' + slo.displayName + '**',
    slo.description,
    'Good: ' + slo.indicator.good + '.',
    'Period: rolling ' + slo.period.name + '. Service: ' + slo.service + '. Owner: ' + slo.owner + '.',
  ];
  local pages =
    ['[Runbook](' + url + ')' for url in linkTo.runbook(links, slo)]
    + ['[Console](' + url + ')' for url in linkTo.console(links, slo)];
  local promise = panel.text(
    { title: 'The promise', description: 'What counts as good, over how long, and who answers for it.', w: 24, h: 6 },
    std.join('\n\n', words + pages)
  );

  local numbers = [
    panel.stat(stat('Objective', 'The share of events that must be good.', 'percentunit', slo.series.objective), decimals=decimals),
    panel.stat(
      stat('SLI over ' + slo.period.name, 'The share of events that were good in the whole period.', 'percentunit', '1 - ' + period.badRatio),
      decimals=decimals + 2,
      thresholds=[[null, 'red'], [std.parseJson(slo.target), 'green']]
    ),
    panel.stat(
      stat('Budget left', 'The share of the error budget not yet spent in the period. Below 0 %: the promise is broken.', 'percentunit', left),
      decimals=1,
      thresholds=budgetSteps
    ),
    panel.stat(
      stat(
        'Burn rate over ' + current.name,
        'How fast the budget goes; 1 spends exactly all of it over the period.',
        'none',
        promql.burnRate(slo, current.badRatio)
      ),
      decimals=2,
      thresholds=[[null, 'green'], [1, 'orange']]
    ),
    panel.stat(
      stat(
        'Time to exhaustion',
        'How long the budget lasts at the burn rate over ' + current.name + '. 0 when it is spent.',
        's',
        // budget left ÷ burn rate × period
        fill('clamp_min(<left>, 0) * <seconds> * <budget> / (<badRatio> > 0)', {
          left: left,
          seconds: slo.period.seconds,
          budget: slo.errorBudget,
          badRatio: current.badRatio,
        })
      ) + { data: 'on-fault' }
    ),
    panel.stat(
      stat('Bad events in ' + slo.period.name, 'Events of the whole period that broke the promise.', 'short', period.badEvents),
      decimals=0
    ),
  ];

  local burnDown =
    panel.lines({
      title: 'Burn-down over ' + slo.period.name,
      description: 'Error budget left since the period began, in whole windows of ' + tile.name + ', against spending it evenly. Above the ideal line the budget lasts.',
      unit: 'percentunit',
      data: data,
      queries: [
        panel.query(
          fill(
            |||
              1 - (
                  sum_over_time((<bad> and on () (vector(time()) > on () (<end> - <seconds>)))[<seconds>s:<tile>s])
                or
                  <badNow>
              ) / (<budget> * (<total> @ end() > 0))
            |||,
            {
              bad: tile.badEvents,
              badNow: period.badEvents,
              total: period.totalEvents,
              budget: slo.errorBudget,
              seconds: slo.period.seconds,
              tile: tile.seconds,
              end: end,
            }
          ),
          'Budget left'
        ),
        panel.query('(' + end + ' - vector(time())) / ' + slo.period.seconds, 'Ideal'),
      ],
      w: 12,
      h: 9,
    })
    + panel.dashed('Ideal', 'blue')
    + panel.over(slo.period.name);

  local overTime = [
    panel.lines({
      title: 'SLI against the objective',
      description: 'The share of good events over ' + current.name + ' and over the period. The dashed line is the objective.',
      unit: 'percentunit',
      data: data,
      queries: [
        panel.query('1 - ' + current.badRatio, 'SLI over ' + current.name),
        panel.query('1 - ' + period.badRatio, 'SLI over ' + period.name),
        panel.query(slo.series.objective, 'Objective'),
      ],
      w: 12,
      h: 9,
    }) + panel.decimals(decimals + 1) + panel.dashed('Objective', 'red'),
    burnDown,
    panel.stackedBars({
      title: 'Good and bad events',
      description: 'Valid events in the last ' + shortest.name + ', at each point.',
      unit: 'short',
      data: data,
      queries: [
        panel.query(shortest.totalEvents + ' - ' + shortest.badEvents, 'Good'),
        panel.query(shortest.badEvents, 'Bad'),
      ],
      w: 12,
      h: 8,
    }) + panel.colored('Good', 'green') + panel.colored('Bad', 'red'),
    panel.states({
      title: 'Alert state',
      description: 'Alerts of this SLO while they fire.',
      unit: 'none',
      data: 'on-fault',
      queries: [
        panel.query(
          'max by (alertname, severity, region) (ALERTS{alertstate="firing",slo="' + slo.slo + '"})',
          '{{alertname}} {{severity}} {{region}}'
        ),
      ],
      w: 12,
      h: 8,
    }, [[1, 'Firing', 'red']]),
  ];

  local burnPanels = [
    panel.lines({
      title: fill('Burn over <long> and <short>: <severity> at <burnRate>', pair),
      description: 'The alert fires while both windows are above the line. A burn rate of 1 spends exactly the budget.',
      unit: 'none',
      data: data,
      queries: [
        panel.query(promql.burnRate(slo, promql.window(slo, pair.long).badRatio), pair.long),
        panel.query(promql.burnRate(slo, promql.window(slo, pair.short).badRatio), pair.short),
      ],
      w: 6,
      h: 8,
    }) + panel.threshold(std.parseJson(pair.burnRate))
    for pair in promql.burnPairs(slo)
  ];

  local byRegion = if !regional then [] else [
    panel.row('By region'),
    panel.lines({
      title: 'Budget left by region',
      description: 'Each region held to the whole objective. Expected regions: ' + std.join(', ', slo.regions) + '.',
      unit: 'percentunit',
      data: data,
      queries: [panel.query(slo.series.regionErrorBudgetRemaining, '{{region}}')],
      w: 8,
      h: 8,
    }),
    panel.lines({
      title: 'Burn rate by region, over ' + current.name,
      description: 'Which region spends the budget.',
      unit: 'none',
      data: data,
      queries: [panel.query(promql.burnRate(slo, current.regionBadRatio), '{{region}}')],
      w: 8,
      h: 8,
    }),
    panel.lines({
      title: 'Events by region, in ' + shortest.name,
      description: 'Valid events in the last ' + shortest.name + '. A line that ends is a region that is not seen.',
      unit: 'short',
      data: data,
      queries: [panel.query(shortest.regionTotalEvents, '{{region}}')],
      w: 8,
      h: 8,
    }),
  ];

  local routes = if !std.objectHas(slo.indicator, 'topRouteExpr') then [] else [
    panel.row('Where it goes wrong'),
    panel.table({
      title: 'Worst route now',
      description: 'The route with the most bad events in the last minutes.',
      unit: 'none',
      data: 'on-fault',
      queries: [panel.rows('(' + slo.indicator.topRouteExpr + ') > 0')],
      w: 24,
      h: 5,
    }, sortBy='Value', descending=true),
  ];

  dashboard.new({
    uid: dashboard.sloUid(slo.slo),
    title: 'SLO: ' + slo.displayName,
    description: slo.description,
    tags: ['slo', slo.service],
    from: 'now-24h',
    links:
      [dashboard.pageLink('All SLOs', 'slo-overview', 'Back to the overview')]
      + [dashboard.webLink('Console', url, 'Exact counts from the ledger') for url in linkTo.console(links, slo)]
      + [dashboard.webLink('Runbook', url, 'What to do when this burns') for url in linkTo.runbook(links, slo)],
    annotations: [
      dashboard.taggedAnnotation('Deploys', 'blue', ['deploy', slo.service]),
      dashboard.seriesAnnotation(
        'Burn alerts',
        'red',
        'max by (alertname, severity, region) (ALERTS{alertname="SLOErrorBudgetBurn",alertstate="firing",slo="' + slo.slo + '"})',
        '{{severity}} {{region}}'
      ),
    ],
    variables: [],
    panels:
      [promise] + numbers
      + [panel.row('Budget')] + overTime
      + (if burnPanels == [] then [] else [panel.row('Burn rates and their alerts')] + burnPanels)
      + byRegion
      + routes,
  })
