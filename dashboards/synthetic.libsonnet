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
    + panel.transformed([{
      id: 'groupingToMatrix',
      options: { columnField: 'region', rowField: 'vantage', valueField: 'Value', emptyValue: 'null' },
    }])
    + panel.coloredCells(successSteps),
    panel.stat({
      title: 'Since the last run',
      description: 'Seconds since each flow last finished. An old run is not a good run: nothing is known since.',
      unit: 's',
      data: 'always',
      queries: [panel.instant(
        'time() - max by (flow, vantage, region) (plimsoll_probe_last_run_timestamp_seconds{' + chosen + '})',
        '{{flow}} {{vantage}} → {{region}}'
      )],
      w: 12,
      h: 7,
    }),
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
      w: 12,
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
    panel.lines({
      title: 'Replication lag',
      description: '95th percentile of the time from a push in one region until the copy is whole in the other.',
      unit: 's',
      data: 'always',
      queries: [panel.query(
        'histogram_quantile(0.95, sum by (from, to, le) (rate(plimsoll_replication_lag_seconds_bucket{from=~"$vantage",to=~"$region"}[$__rate_interval])))',
        '{{from}} → {{to}}'
      )],
      w: 12,
      h: 8,
    }),
    panel.stackedBars({
      title: 'Bytes that came back wrong, or not at all',
      description: 'Runs of the integrity flow that found rot or loss in the time of a bar. One is one too many.',
      unit: 'short',
      data: 'on-fault',
      queries: [panel.query(
        'sum by (vantage, region, reason) (increase(plimsoll_probe_failures_total{flow="integrity",vantage=~"$vantage",region=~"$region",reason=~"digest_mismatch|truncated|not_found"}[$__rate_interval])) > 0',
        '{{vantage}} → {{region}} {{reason}}'
      )],
      w: 12,
      h: 8,
    }),
    panel.states({
      title: 'Probers themselves',
      description: 'Whether each prober runs on schedule, reached its targets, and can keep and deliver its results. A gap: no prober.',
      unit: 'none',
      data: 'always',
      queries: [panel.query('min by (region, check) (plimsoll_prober_healthy{region=~"$vantage"})', '{{region}} {{check}}')],
      w: 24,
      h: 7,
    }, [[0, 'not well', 'red'], [1, 'well', 'green']]),
  ],
})
