// What probers see, from each vantage region at each target region.
local dashboard = import 'dashboard.libsonnet';
local fill = import 'fill.libsonnet';
local panel = import 'panel.libsonnet';
local style = import 'style.libsonnet';

local chosen = 'flow=~"$flow",vantage=~"$vantage",region=~"$region"';
local runs(verdict, range) = 'increase(plimsoll_probe_attempts_total{' + chosen + ',verdict=~"' + verdict + '"}[' + range + '])';

// Runs that said something about the target; every other verdict lowers coverage instead.
local successRatio(labels, range) =
  fill('sum by (<labels>) (<ok>) / (sum by (<labels>) (<valid>) > 0)', {
    labels: labels,
    ok: runs('ok', range),
    valid: runs('ok|target_fail', range),
  });
local percentile95(labels, series) =
  'histogram_quantile(0.95, sum by (' + labels + ', le) (rate(' + series + '_bucket{' + chosen + '}[$__rate_interval])))';

// Of the regions chosen. The flow is `replication`, whatever else is chosen.
local lagBuckets(range) =
  'sum by (from, to, le) (rate(plimsoll_replication_lag_seconds_bucket{from=~"$vantage",to=~"$region"}[' + range + ']))';
local lag(q, range) = 'histogram_quantile(' + q + ', ' + lagBuckets(range) + ')';
local between = 'vantage=~"$vantage",region=~"$region"';

local matrix(row, column) = panel.transformed([{
  id: 'groupingToMatrix',
  options: { columnField: column, rowField: row, valueField: 'Value', emptyValue: 'null' },
}]);

local successSteps = [[null, 'red'], [0.5, 'orange'], [1, 'green']];

dashboard.new({
  uid: 'synthetic',
  title: 'Synthetic probes by region',
  description: 'Whether the registry can be used from each region, and where it fails.',
  tags: ['synthetic'],
  from: 'now-6h',
  links: [dashboard.pageLink('All SLOs', 'slo-overview', 'What is promised')],
  annotations: [],
  variables: [
    dashboard.variable.label('flow', 'Flow', 'What is tried', 'plimsoll_probe_attempts_total', 'flow'),
    dashboard.variable.label('vantage', 'Vantage', 'Where the prober is', 'plimsoll_probe_attempts_total', 'vantage'),
    dashboard.variable.label('region', 'Target', 'What it probes', 'plimsoll_probe_attempts_total', 'region'),
  ],
  panels: [
    panel.table({
      title: 'Success by vantage and target',
      description: 'Share of valid runs that went well in the time shown. Rows: where the prober is. Columns: what it probes.',
      unit: 'percentunit',
      data: 'always',
      queries: [panel.rows(successRatio('vantage, region', '$__range'))],
      w: 12,
      h: 7,
    }, sortBy='vantage\\region')
    + matrix('vantage', 'region')
    + panel.coloredCells(successSteps),
    panel.table({
      title: 'What fails now',
      description: 'Runs of the last two minutes that were not ok, by flow, step and reason.',
      unit: 'short',
      data: 'on-fault',
      queries: [panel.rows(
        'sum by (flow, vantage, region, step, reason) (increase(plimsoll_probe_failures_total{' + chosen + '}[2m])) > 0'
      )],
      w: 12,
      h: 7,
    }, sortBy='Value', descending=true)
    + panel.decimals(0)
    + panel.transformed([{
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        includeByName: {},
        indexByName: { flow: 0, vantage: 1, region: 2, step: 3, reason: 4, Value: 5 },
        renameByName: { region: 'target', Value: 'runs' },
      },
    }]),
    panel.stat({
      title: 'Since the last run',
      description: 'Seconds since each flow last finished, also when its prober is gone. An old run is not a good run: nothing is known since.',
      unit: 's',
      data: 'always',
      queries: [panel.instant(
        // A prober that is down takes its series along; when it last ran is known all the same.
        'time() - max by (flow, vantage, region) (last_over_time(plimsoll_probe_last_run_timestamp_seconds{' + chosen + '}[1d]))',
        '{{flow}} {{vantage}} → {{region}}'
      )],
      w: 24,
      h: 6,
    }, decimals=0, thresholds=[[null, 'green'], [90, 'orange'], [180, 'red']]),
    panel.history({
      title: 'Success over time',
      description: 'Share of valid runs that went well, for each flow, vantage and target. A gap: no valid run.',
      unit: 'percentunit',
      data: 'always',
      queries: [panel.query(
        successRatio('flow, vantage, region', '$__rate_interval'),
        '{{flow}} {{vantage}} → {{region}}'
      )],
      w: 24,
      h: 8,
    }, successSteps),
    panel.lines({
      title: 'Success ratio',
      description: 'Share of valid runs that went well, for each target, from all vantages.',
      unit: 'percentunit',
      data: 'always',
      queries: [panel.query(successRatio('flow, region', '$__rate_interval'), '{{flow}} → {{region}}')],
      w: 12,
      h: 9,
    }),
    panel.lines({
      title: 'Duration of a run',
      description: '95th percentile of whole runs.',
      unit: 's',
      data: 'always',
      queries: [panel.query(
        percentile95('flow, vantage, region', 'plimsoll_probe_duration_seconds'),
        '{{flow}} {{vantage}} → {{region}}'
      )],
      w: 12,
      h: 9,
    }),
    panel.lines({
      title: 'Duration by step and phase',
      description: '95th percentile of each step: name look-up, connection, encryption, first byte, transfer.',
      unit: 's',
      data: 'always',
      queries: [panel.query(
        percentile95('step, phase', 'plimsoll_probe_step_duration_seconds'),
        '{{step}} {{phase}}'
      )],
      w: 24,
      h: 9,
    }),
    panel.stackedBars({
      title: 'Runs by verdict',
      description: 'Runs per second. Only ok and target_fail speak of the target; the others lower coverage.',
      unit: 'cps',
      data: 'always',
      queries: [panel.query(
        'sum by (verdict) (rate(plimsoll_probe_attempts_total{' + chosen + '}[$__rate_interval]))',
        '{{verdict}}'
      )],
      w: 12,
      h: 8,
    })
    + panel.colored('ok', 'green')
    + panel.colored('target_fail', 'red')
    + panel.colored('prober_fail', 'purple')
    + panel.colored('indeterminate', 'orange')
    + panel.colored('skipped', style.grey),
    panel.stackedBars({
      title: 'Failures by step and reason',
      description: 'Failed runs per second. digest_mismatch and truncated mean that bytes came back wrong.',
      unit: 'cps',
      data: 'on-fault',
      queries: [panel.query(
        'sum by (region, step, reason) (rate(plimsoll_probe_failures_total{' + chosen + '}[$__rate_interval])) > 0',
        '{{region}} {{step}} {{reason}}'
      )],
      w: 12,
      h: 8,
    }),
    panel.row('Between regions'),
    panel.table({
      title: 'Replication lag by source and target',
      description: '95th percentile in the time shown, from a push until it is visible. Rows: where it was pushed. Columns: where it was looked for.',
      unit: 's',
      data: 'always',
      queries: [panel.rows(lag('0.95', '$__range'))],
      w: 8,
      h: 8,
    }, sortBy='from\\to')
    + matrix('from', 'to')
    + panel.coloredCells([[null, 'green'], [10, 'orange'], [60, 'red']]),
    panel.lines({
      title: 'Replication lag',
      description: 'Median and 95th percentile, from a push until it is visible in another region. A copy that never came counts past its limit.',
      unit: 's',
      data: 'always',
      queries: [
        panel.query(lag('0.5', '$__rate_interval'), 'p50 {{from}} → {{to}}'),
        panel.query(lag('0.95', '$__rate_interval'), 'p95 {{from}} → {{to}}'),
      ],
      w: 16,
      h: 8,
    }),
    panel.row('Integrity of retained images'),
    panel.stat({
      title: 'Integrity failures',
      description: 'Runs in the time shown that found a byte wrong or an image lost. One is too many.',
      unit: 'none',
      data: 'always',
      queries: [panel.instant(
        'sum by (region) (increase(plimsoll_probe_attempts_total{flow="integrity",verdict="target_fail",' + between + '}[$__range]))',
        '{{region}}'
      )],
      w: 8,
      h: 6,
    }, decimals=0, thresholds=[[null, 'green'], [0.5, 'red']]),
    panel.states({
      title: 'Integrity by region',
      description: 'What runs found: bytes wrong or lost, or all of them right. A gap: nothing is known, for example because the registry is down.',
      unit: 'none',
      data: 'always',
      queries: [panel.query(
        fill('clamp_max(sum by (vantage, region) (<bad>), 1) and (sum by (vantage, region) (<valid>) > 0)', {
          bad: 'ceil(rate(plimsoll_probe_attempts_total{flow="integrity",verdict="target_fail",' + between + '}[$__rate_interval]))',
          valid: 'rate(plimsoll_probe_attempts_total{flow="integrity",verdict=~"ok|target_fail",' + between + '}[$__rate_interval])',
        }),
        '{{vantage}} → {{region}}'
      )],
      w: 16,
      h: 6,
    }, [[0, 'Whole', 'green'], [1, 'Violated', 'red']]),
    panel.row('The probers themselves'),
    panel.states({
      title: 'Prober health',
      description: 'Whether each part of a prober works: its schedule, what it probes was ready once, its spool, the ledger. A gap: the prober is not seen.',
      unit: 'none',
      data: 'always',
      // Labelled by the scrape: a prober's health has no target.
      queries: [panel.query('min by (region, check) (plimsoll_prober_healthy{region=~"$vantage"})', '{{region}} {{check}}')],
      w: 12,
      h: 8,
    }, [[0, 'Failing', 'red'], [1, 'Works', 'green']]),
    panel.lines({
      title: 'Results that wait for the ledger',
      description: 'Envelopes in the spool of each prober. They are kept on disk until the ledger has them.',
      unit: 'short',
      data: 'always',
      queries: [panel.query('max by (region) (plimsoll_prober_spool_pending{region=~"$vantage"})', '{{region}}')],
      w: 12,
      h: 8,
    }),
  ],
})
