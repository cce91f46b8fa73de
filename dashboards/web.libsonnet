// The web pages as browsers see them: vitals against their thresholds, exceptions, and what became of the batches.
local dashboard = import 'dashboard.libsonnet';
local fill = import 'fill.libsonnet';
local panel = import 'panel.libsonnet';

local chosen = 'service_name=~"$app",http_route=~"$page"';

// Vitals with the thresholds of "good" and "poor" (web.dev): `poor` is where the line turns red.
local vitals = [
  { name: 'web_vital_lcp_seconds', title: 'Largest Contentful Paint', unit: 's', good: '2.5', poor: 4 },
  { name: 'web_vital_inp_seconds', title: 'Interaction to Next Paint', unit: 's', good: '0.2', poor: 0.5 },
  { name: 'web_vital_cls', title: 'Cumulative Layout Shift', unit: 'none', good: '0.1', poor: 0.25 },
  { name: 'web_vital_fcp_seconds', title: 'First Contentful Paint', unit: 's', good: '1.8', poor: 3 },
  { name: 'web_vital_ttfb_seconds', title: 'Time To First Byte', unit: 's', good: '0.8', poor: 1.8 },
];

local p75(vital) =
  fill('histogram_quantile(0.75, sum by (service_name, http_route, le) (rate(<name>_bucket{<chosen>}[$__rate_interval]))) > 0', {
    name: vital.name,
    chosen: chosen,
  });

// None of the bounds is a whole number, which Prometheus 3 would write as 1.0.
local goodShare(vital) =
  fill('sum(increase(<name>_bucket{<chosen>,le="<good>"}[$__range])) / (sum(increase(<name>_count{<chosen>}[$__range])) > 0)', {
    name: vital.name,
    chosen: chosen,
    good: vital.good,
  });

local vitalPanel(vital) =
  panel.lines({
    title: vital.title,
    description: '75th percentile by page: good up to ' + vital.good + ', poor above the line.',
    unit: vital.unit,
    data: 'on-browser',
    queries: [panel.query(p75(vital), '{{service_name}} {{http_route}}')],
    w: 12,
    h: 8,
  })
  + panel.threshold(vital.poor);

dashboard.new({
  uid: 'web',
  title: 'Web pages in browsers',
  description: 'How fast pages appear where people are, and what breaks in them. Without visitors there is nothing to show.',
  tags: ['web'],
  from: 'now-24h',
  links: [dashboard.pageLink('All SLOs', 'slo-overview', 'What is promised')],
  annotations: [],
  variables: [
    dashboard.variable.label('app', 'App', 'Whose pages', 'web_vital_lcp_seconds_count', 'service_name'),
    dashboard.variable.label('page', 'Page', 'Template of the page', 'web_vital_lcp_seconds_count{service_name=~"$app"}', 'http_route'),
  ],
  panels:
    [
      panel.stat({
        title: vital.title + ': good',
        description: 'Share of views in the time shown that were at most ' + vital.good + (if vital.unit == 's' then ' s.' else '.'),
        unit: 'percentunit',
        data: 'on-browser',
        queries: [panel.instant(goodShare(vital), vital.title)],
        w: 4,
        h: 4,
      }, decimals=1, thresholds=[[null, 'orange'], [0.75, 'green']])
      for vital in vitals
    ]
    + [
      panel.stat({
        title: 'Views',
        description: 'Page views in the time shown, by their LCP.',
        unit: 'short',
        data: 'always',
        queries: [panel.instant('sum(increase(web_vital_lcp_seconds_count{' + chosen + '}[$__range]))', 'views')],
        w: 4,
        h: 4,
      }, decimals=0),
    ]
    + [vitalPanel(vital) for vital in vitals]
    + [
      panel.stackedBars({
        title: 'Exceptions',
        description: 'Exceptions in pages per second, by page and type.',
        unit: 'cps',
        data: 'on-fault',
        queries: [panel.query(
          'sum by (http_route, error_type) (rate(web_exceptions_total{' + chosen + '}[$__rate_interval])) > 0',
          '{{http_route}} {{error_type}}'
        )],
        w: 12,
        h: 8,
      }),
      panel.stackedBars({
        title: 'Batches by outcome',
        description: 'What browsers sent per second, and what became of it. Refused ones are not in the vitals.',
        unit: 'cps',
        data: 'always',
        queries: [panel.query(
          'sum by (service_name, outcome) (rate(plimsoll_web_batches_total{service_name=~"$app"}[$__rate_interval]))',
          '{{service_name}} {{outcome}}'
        )],
        w: 24,
        h: 8,
      }),
    ],
})
