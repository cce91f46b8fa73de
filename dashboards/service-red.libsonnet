// Rate, errors and duration of any instrumented service, by OpenTelemetry's HTTP server histogram.
local dashboard = import 'dashboard.libsonnet';
local fill = import 'fill.libsonnet';
local panel = import 'panel.libsonnet';

local histogram = 'http_server_request_duration_seconds';
local chosen = 'service_name=~"$service",region=~"$region",synthetic=~"$traffic"';
local requests(matchers='') = 'rate(' + histogram + '_count{' + chosen + matchers + '}[$__rate_interval])';
local buckets = 'rate(' + histogram + '_bucket{' + chosen + '}[$__rate_interval])';
local serverFault = ',http_response_status_code=~"5.."';

// `or 0 *` keeps a service without errors from being a service without data.
local errorRatio(labels) =
  fill('(sum by (<labels>) (<bad>) or 0 * sum by (<labels>) (<all>)) / (sum by (<labels>) (<all>) > 0)', {
    labels: labels,
    bad: requests(serverFault),
    all: requests(),
  });
local percentile(q) = 'histogram_quantile(' + q + ', sum by (le) (' + buckets + '))';

// Runtime series carry no service name of their own: take those of processes that answer its requests.
local process(series) =
  fill('sum by (job, instance, region) (<series> and on (job, instance) <requests>)', {
    series: series,
    requests: histogram + '_count{service_name=~"$service"}',
  });
local saturation(title, description, unit, series) = panel.lines({
  title: title,
  description: description,
  unit: unit,
  data: 'always',
  queries: [panel.query(process(series), '{{job}} {{instance}}')],
  w: 6,
  h: 8,
});

dashboard.new({
  uid: 'service-red',
  title: 'Service: rate, errors, duration',
  description: 'What a service answers, how often it fails and how long it takes.',
  tags: ['service'],
  from: 'now-6h',
  links: [dashboard.pageLink('All SLOs', 'slo-overview', 'What is promised')],
  annotations: [],
  variables: [
    dashboard.variable.label('service', 'Service', 'Whose requests', histogram + '_count', 'service_name'),
    dashboard.variable.label('region', 'Region', 'Where they were served', histogram + '_count{service_name=~"$service"}', 'region'),
    dashboard.variable.choice('traffic', 'Traffic', 'Whose requests: probers mark their own', [
      { key: 'All', value: '.*' },
      { key: 'Users', value: '^$' },
      { key: 'Probers', value: 'true' },
    ]),
  ],
  panels: [
    panel.stackedBars({
      title: 'Requests by status class',
      description: 'Requests per second by class of status code.',
      unit: 'reqps',
      data: 'always',
      queries: [panel.query(
        'sum by (class) (label_replace(' + requests() + ', "class", "${1}xx", "http_response_status_code", "(.).."))',
        '{{class}}'
      )],
      w: 12,
      h: 8,
    })
    + panel.colored('2xx', 'green')
    + panel.colored('3xx', 'blue')
    + panel.colored('4xx', 'orange')
    + panel.colored('5xx', 'red'),
    panel.lines({
      title: 'Error ratio',
      description: 'Share of requests answered with a server fault (5xx).',
      unit: 'percentunit',
      data: 'always',
      queries: [panel.query(errorRatio('service_name, region'), '{{service_name}} {{region}}')],
      w: 12,
      h: 8,
    }),
    panel.lines({
      title: 'Duration',
      description: 'Median, 95th and 99th percentile of all requests. Points are traced requests.',
      unit: 's',
      data: 'always',
      queries: [
        panel.queryWithExemplars(percentile('0.5'), 'p50'),
        panel.query(percentile('0.95'), 'p95'),
        panel.query(percentile('0.99'), 'p99'),
      ],
      w: 12,
      h: 9,
    }),
    panel.heatmap({
      title: 'Durations',
      description: 'How many requests per second fell in each bucket of duration.',
      unit: 's',
      data: 'always',
      queries: [panel.buckets('sum by (le) (' + buckets + ')')],
      w: 12,
      h: 9,
    }),
    panel.table({
      title: 'Routes',
      description: 'Each route in the time shown: requests per second, error ratio, 95th percentile.',
      unit: 'none',
      data: 'always',
      queries: [
        panel.rows('sum by (service_name, http_request_method, http_route) (' + requests() + ')'),
        panel.rows(errorRatio('service_name, http_request_method, http_route')),
        panel.rows('histogram_quantile(0.95, sum by (service_name, http_request_method, http_route, le) (' + buckets + '))'),
      ],
      w: 24,
      h: 10,
    }, sortBy='Requests', descending=true)
    + panel.transformed([
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true },
          includeByName: {},
          indexByName: {},
          renameByName: {
            service_name: 'Service',
            http_request_method: 'Method',
            http_route: 'Route',
            'Value #A': 'Requests',
            'Value #B': 'Error ratio',
            'Value #C': 'p95',
          },
        },
      },
    ])
    + panel.override('Requests', { unit: 'reqps' })
    + panel.override('Error ratio', { unit: 'percentunit' })
    + panel.override('p95', { unit: 's' }),
    panel.row('Saturation'),
    saturation('Event-loop delay', '99th percentile of how late the event loop runs.', 's', 'nodejs_eventloop_lag_p99_seconds{region=~"$region"}'),
    saturation('CPU', 'Share of one core that each process uses.', 'percentunit', 'rate(process_cpu_seconds_total{region=~"$region"}[$__rate_interval])'),
    saturation('Memory', 'Resident memory of each process.', 'bytes', 'process_resident_memory_bytes{region=~"$region"}'),
    saturation('Garbage collection', 'Share of time each process spends collecting.', 'percentunit', 'sum without (kind) (rate(nodejs_gc_duration_seconds_sum{region=~"$region"}[$__rate_interval]))'),
  ],
})
