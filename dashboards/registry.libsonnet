// The registries by region, as they measure themselves: native metrics of a Go registry under the RED names.
local dashboard = import 'dashboard.libsonnet';
local fill = import 'fill.libsonnet';
local panel = import 'panel.libsonnet';

local histogram = 'http_server_request_duration_seconds';
local chosen = 'service_name="registry",region=~"$region"';
local requests(matchers='') = 'rate(' + histogram + '_count{' + chosen + matchers + '}[$__rate_interval])';
local buckets(matchers='') = 'rate(' + histogram + '_bucket{' + chosen + matchers + '}[$__rate_interval])';
local storage(suffix) = 'rate(registry_storage_action_seconds_' + suffix + '{region=~"$region"}[$__rate_interval])';

local pulls = ',http_request_method=~"GET|HEAD",http_route=~"/v2/.name./(manifests/.reference.|blobs/.digest.|tags/list)"';
local pushes = ',http_request_method=~"POST|PATCH|PUT"';

// `or 0 *` keeps a registry without errors from being a registry without data.
local errorRatio(labels, matchers) =
  fill('(sum by (<labels>) (<bad>) or 0 * sum by (<labels>) (<all>)) / (sum by (<labels>) (<all>) > 0)', {
    labels: labels,
    bad: requests(matchers + ',http_response_status_code=~"5.."'),
    all: requests(matchers),
  });
local percentile(q, labels, matchers='') =
  'histogram_quantile(' + q + ', sum by (' + labels + ', le) (' + buckets(matchers) + '))';

local readPercentiles(route) = [
  panel.query(percentile(q.ratio, 'region', ',http_request_method="GET",http_route="' + route + '"'), '{{region}} ' + q.name)
  for q in [{ ratio: '0.5', name: 'p50' }, { ratio: '0.99', name: 'p99' }]
];

dashboard.new({
  uid: 'registry',
  title: 'Registry by region',
  description: 'What each registry answers, how long it takes, its storage, and what waits to be replicated. Canary traffic is in it: native metrics cannot tell.',
  tags: ['registry'],
  from: 'now-6h',
  links: [
    dashboard.pageLink('All SLOs', 'slo-overview', 'What is promised'),
    dashboard.pageLink('Probes', 'synthetic', 'What is seen from outside'),
  ],
  annotations: [],
  variables: [
    dashboard.variable.label('region', 'Region', 'Where the registry is', histogram + '_count{service_name="registry"}', 'region'),
  ],
  panels: [
    panel.stackedBars({
      title: 'Requests by region and status class',
      description: 'Requests per second by class of status code.',
      unit: 'reqps',
      data: 'always',
      queries: [panel.query(
        'sum by (region, class) (label_replace(' + requests() + ', "class", "${1}xx", "http_response_status_code", "(.).."))',
        '{{region}} {{class}}'
      )],
      w: 12,
      h: 8,
    }),
    panel.lines({
      title: 'Error ratio of pulls and pushes',
      description: 'Share of requests answered with a server fault (5xx), reads and writes apart.',
      unit: 'percentunit',
      data: 'always',
      queries: [
        panel.query(errorRatio('region', pulls), '{{region}} pull'),
        panel.query(errorRatio('region', pushes), '{{region}} push'),
      ],
      w: 12,
      h: 8,
    }),
    panel.lines({
      title: 'Duration of manifest reads',
      description: 'Median and 99th percentile. A Go registry times without status: failed requests are in it.',
      unit: 's',
      data: 'always',
      queries: readPercentiles('/v2/{name}/manifests/{reference}'),
      w: 12,
      h: 8,
    }),
    panel.lines({
      title: 'Duration of blob reads',
      description: 'Median and 99th percentile of whole answers, whatever the size. Failed requests are in it.',
      unit: 's',
      data: 'always',
      queries: readPercentiles('/v2/{name}/blobs/{digest}'),
      w: 12,
      h: 8,
    }),
    panel.table({
      title: 'Routes',
      description: 'Each route in the time shown: requests per second by status, and the 95th percentile of all of them.',
      unit: 'none',
      data: 'always',
      queries: [
        panel.rows('sum by (region, http_request_method, http_route) (' + requests() + ')'),
        panel.rows(errorRatio('region, http_request_method, http_route', '')),
        panel.rows(percentile('0.95', 'region, http_request_method, http_route')),
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
            region: 'Region',
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
    panel.lines({
      title: 'Server faults by route and status',
      description: 'Requests per second answered with 5xx, and uploads whose session was lost (404).',
      unit: 'reqps',
      data: 'on-fault',
      queries: [
        panel.query('sum by (region, http_route, http_response_status_code) (' + requests(',http_response_status_code=~"5.."') + ') > 0', '{{region}} {{http_route}} {{http_response_status_code}}'),
        panel.query('sum by (region, http_route, http_response_status_code) (' + requests(',http_response_status_code="404",http_route="/v2/{name}/blobs/uploads/{uuid}"') + ') > 0', '{{region}} upload lost'),
      ],
      w: 12,
      h: 8,
    }),
    panel.lines({
      title: 'In flight',
      description: 'Requests that are being answered at the moment of a scrape.',
      unit: 'short',
      data: 'always',
      queries: [panel.query('sum by (region) (registry_http_in_flight_requests{region=~"$region"})', '{{region}}')],
      w: 12,
      h: 8,
    }),
    panel.row('Storage'),
    panel.lines({
      title: 'Storage actions',
      description: 'Calls of the storage driver per second.',
      unit: 'cps',
      data: 'always',
      queries: [panel.query('sum by (region, action) (' + storage('count') + ')', '{{region}} {{action}}')],
      w: 12,
      h: 8,
    }),
    panel.lines({
      title: 'Duration of storage actions',
      description: '99th percentile by action of the storage driver.',
      unit: 's',
      data: 'always',
      queries: [panel.query(
        'histogram_quantile(0.99, sum by (region, action, le) (' + storage('bucket') + '))',
        '{{region}} {{action}}'
      )],
      w: 12,
      h: 8,
    }),
    panel.row('Notifications and replication'),
    panel.lines({
      title: 'Notifications taken',
      description: 'What registries told the hub and the replicator, per second, by how it was answered. docker-registry 2.8 exposes no queue of its own.',
      unit: 'reqps',
      data: 'always',
      queries: [panel.query(
        'sum by (service_name, http_response_status_code) (rate(' + histogram + '_count{http_route="/notifications"}[$__rate_interval]))',
        '{{service_name}} {{http_response_status_code}}'
      )],
      w: 8,
      h: 8,
    }),
    panel.lines({
      title: 'Waiting to be replicated',
      description: 'Changed tags and digests that are not in the other region yet.',
      unit: 'short',
      data: 'always',
      queries: [panel.query('sum by (from, to) (plimsoll_replicator_pending)', '{{from}} → {{to}}')],
      w: 8,
      h: 8,
    }),
    panel.lines({
      title: 'Oldest that waits',
      description: 'Age of the oldest change that is not in the other region yet; 0 when nothing waits.',
      unit: 's',
      data: 'always',
      queries: [panel.query('max by (from, to) (plimsoll_replicator_oldest_pending_age_seconds)', '{{from}} → {{to}}')],
      w: 8,
      h: 8,
    }),
  ],
})
