// All SLOs at once: what is broken, what is about to be, and which one to open.
local dashboard = import 'dashboard.libsonnet';
local fill = import 'fill.libsonnet';
local linkTo = import 'links.libsonnet';
local panel = import 'panel.libsonnet';
local promql = import 'promql.libsonnet';
local style = import 'style.libsonnet';

local states = [[0, 'Healthy', 'green'], [1, 'At risk', 'orange'], [2, 'Breached', 'red']];

function(plan, links)
  local slos = if plan.slos == [] then error 'dashboards: the plan has no SLO to show' else plan.slos;
  // Series names are the same for every SLO, only the matcher differs. One that has burn alerts, if any has: an SLO where
  // one event is too many records fewer windows.
  local any = ([slo for slo in slos if promql.burnPairs(slo) != []] + slos)[0];
  local perSlo(selector) = 'max by (slo, service) (' + promql.metric(selector) + '{service=~"$service"})';

  local info = perSlo(any.series.info);
  local left = perSlo(any.series.errorBudgetRemaining);
  local objective = perSlo(any.series.objective);
  // Every SLO records it, whatever windows its alerts have.
  local current = promql.window(any, '1h');
  local composites = std.get(plan, 'composites', []);
  local composed = [perSlo(promql.window(one, current.name).burnRate) for one in composites[:1]];
  local burnRate = std.join(' or ', [perSlo(current.badRatio) + ' / (1 - ' + objective + ')'] + composed);
  local alerting = 'ALERTS{alertname=~"SLOErrorBudgetBurn|SLOIntegrityViolated",alertstate="firing",service=~"$service"}';

  local breached = '(' + left + ' <= 0)';
  local atRisk = '((' + left + ' > 0) and on (slo) ' + alerting + ')';
  local healthy = '((' + left + ' > 0) unless on (slo) ' + alerting + ')';
  local unseen = '(' + info + ' unless on (slo) (' + left + ' > -Inf))';
  local state = breached + ' * 0 + 2 or ' + atRisk + ' * 0 + 1 or ' + healthy + ' * 0';

  // Zero is only said of SLOs that are there to be counted.
  local count(which, of) = 'count(' + which + ') or 0 * count(' + of + ')';

  // Long ids have a hashed uid: those links cannot be made from the id alone.
  local withUid(expr) = std.foldl(
    function(labelled, slo)
      fill('label_replace(<labelled>, "uid", "<uid>", "slo", "<slo>")', {
        labelled: labelled,
        uid: dashboard.sloUid(slo.slo),
        slo: slo.slo,
      }),
    [slo for slo in slos + composites if dashboard.sloUid(slo.slo) != 'slo-' + slo.slo],
    'label_replace(' + expr + ', "uid", "slo-$1", "slo", "(.*)")'
  );

  local counter(title, description, expr, color) = panel.stat({
    title: title,
    description: description,
    unit: 'none',
    data: 'always',
    queries: [panel.instant(expr, title)],
    w: 6,
    h: 4,
  }, thresholds=[[null, 'text'], [1, color]]) + panel.filled;

  local table =
    panel.table({
      title: 'SLOs, least budget first',
      description: 'Every SLO, and every composite of some, with its error budget left in its own period. Below 0 % more was spent than allowed. Burn rate is over ' + current.name + '; 1 spends exactly the budget.',
      unit: 'percentunit',
      data: 'always',
      queries: [
        panel.rows(objective),
        panel.rows(left),
        panel.rows('1 - (1 - ' + left + ') * (1 - ' + objective + ')'),
        panel.rows(burnRate),
        panel.rows(state),
        panel.rows(withUid(info)),
      ],
      w: 24,
      h: 11,
    }, sortBy='Budget left')
    + panel.transformed([
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true, 'Value #F': true },
          includeByName: {},
          indexByName: { slo: 0, service: 1, 'Value #E': 2, 'Value #B': 3, 'Value #D': 4, 'Value #C': 5, 'Value #A': 6 },
          renameByName: {
            'Value #A': 'Objective',
            'Value #B': 'Budget left',
            'Value #C': 'SLI',
            'Value #D': 'Burn rate',
            'Value #E': 'State',
          },
        },
      },
    ])
    + panel.override('slo', {
      links: [
        { title: 'Open the SLO', url: '/d/${__data.fields.uid}?${__url_time_range}&var-datasource=${datasource}', targetBlank: false },
      ] + [
        { title: 'Console', url: url, targetBlank: true }
        for url in linkTo.console(links, { slo: '${__data.fields.slo}', runbook: '' })
      ],
    })
    + panel.override('uid', { 'custom.hidden': true })
    + panel.override('Objective', { decimals: 3 })
    + panel.override('SLI', { decimals: 4 })
    + panel.override('Budget left', {
      decimals: 1,
      thresholds: { mode: 'absolute', steps: [{ color: 'red', value: null }, { color: 'green', value: 0 }] },
      'custom.cellOptions': { type: 'color-text' },
    })
    + panel.override('Burn rate', { unit: 'none', decimals: 2 })
    + panel.override('State', {
      unit: 'none',
      mappings: [
        {
          type: 'value',
          options: { [std.toString(s[0])]: { text: s[1], color: s[2], index: s[0] } for s in states },
        },
        { type: 'special', options: { match: 'null+nan', result: { text: 'No data', color: style.grey, index: 3 } } },
      ],
      'custom.cellOptions': { type: 'color-background', mode: 'basic' },
    });

  // One panel, named after the first SLO that is recorded by region; none when no SLO is.
  local regional = [slo for slo in slos if slo.series.regionErrorBudgetRemaining != ''];
  local byRegion = [
    panel.table({
      title: 'Budget left by region',
      description: 'Each region held to the whole objective. An empty cell: nothing is known of that region.',
      unit: 'percentunit',
      data: 'always',
      queries: [panel.rows('max by (slo, region) (' + promql.metric(slo.series.regionErrorBudgetRemaining) + '{service=~"$service"})')],
      w: 24,
      h: 9,
    }, sortBy='slo\\region')
    + panel.transformed([{
      id: 'groupingToMatrix',
      options: { columnField: 'region', rowField: 'slo', valueField: 'Value', emptyValue: 'null' },
    }])
    + panel.decimals(1)
    + panel.coloredCells([[null, 'red'], [0, 'orange'], [0.2, 'green']])
    for slo in regional[:1]
  ];

  dashboard.new({
    uid: 'slo-overview',
    title: 'SLO overview',
    description: 'Which promises hold, which are at risk and which are broken.',
    tags: ['slo'],
    from: 'now-24h',
    links: [dashboard.pageLink('Services', 'service-red', 'Rate, errors and duration'), dashboard.pageLink('Probes', 'synthetic', 'What probers see')],
    annotations: [],
    variables: [
      dashboard.variable.label('service', 'Service', 'Whose SLOs', promql.metric(any.series.info), 'service'),
    ],
    panels: [
      counter('Breached', 'SLOs whose error budget is spent.', count(breached, left), 'red'),
      counter('At risk', 'SLOs with budget left and an alert firing: it burns too fast, or saw an event that is one too many.', count(atRisk, left), 'orange'),
      counter('Healthy', 'SLOs with budget left and no such alert.', count(healthy, left), 'green'),
      counter('No data', 'SLOs that nothing is known of: neither good nor bad.', count(unseen, info), style.grey),
      table,
    ] + byRegion + [
      panel.bars({
        title: 'Fastest burning',
        description: 'Burn rate over ' + current.name + ', the ten highest. 1 spends exactly the budget over the period.',
        unit: 'none',
        data: 'always',
        queries: [panel.instant('sort_desc(topk(10, ' + burnRate + '))', '{{slo}}')],
        w: 10,
        h: 9,
      }, thresholds=[[null, 'green'], [1, 'orange']]) + panel.decimals(2),
      panel.table({
        title: 'Firing alerts',
        description: 'Alerts of SLOs that fire now. Pages wake somebody; tickets wait for the morning.',
        unit: 'none',
        data: 'on-fault',
        queries: [panel.rows('max by (severity, alertname, slo, service, region) (ALERTS{alertstate="firing",slo!="",service=~"$service"})')],
        w: 14,
        h: 9,
      }, sortBy='severity')
      + panel.transformed([{
        id: 'organize',
        options: {
          excludeByName: { Time: true, Value: true },
          includeByName: {},
          indexByName: { severity: 0, alertname: 1, slo: 2, service: 3, region: 4 },
          renameByName: {},
        },
      }]),
      panel.states({
        title: 'States over time',
        description: 'Breached: budget spent. At risk: it burns too fast, or saw an event that is one too many. A gap: no data.',
        unit: 'none',
        data: 'always',
        queries: [panel.query(state, '{{slo}}')],
        w: 24,
        h: 9,
      }, states),
    ],
  })
