// Panels with the house rules built in: data source variable, description, unit, and a word for "no data".
//
// `about` is { title, description, unit, data, queries, w, h }: w and h on the 24-column grid, and `data` one of
// `always`, `on-fault`, `on-browser`: when the panel has data. The reader sees that as the panel's text when it is
// empty (no-value.json); tests read the same text back.
local g = import 'g.libsonnet';
local noValue = import 'no-value.json';
local style = import 'style.libsonnet';

local query = g.query.prometheus;
// What is shared by all kinds of panel is the same function in each.
local shared = g.panel.timeSeries;

local titled(style, about) =
  style
  + shared.panelOptions.withTitle(about.title)
  + shared.panelOptions.withDescription(about.description)
  + { size:: { w: about.w, h: about.h } };

local refIds = 'ABCDEFGH';

local of(style, about) =
  titled(style, about)
  + shared.queryOptions.withTargets([
    about.queries[i] + query.withRefId(refIds[i])
    for i in std.range(0, std.length(about.queries) - 1)
  ])
  + shared.standardOptions.withUnit(about.unit)
  + shared.standardOptions.withNoValue(noValue[about.data]);

// Colours from values on, as [from, colour]; the first from null, which is everything below.
local stepped(thresholds) =
  shared.standardOptions.thresholds.withMode('absolute')
  + shared.standardOptions.thresholds.withSteps([{ value: step[0], color: step[1] } for step in thresholds]);

{
  // --- queries ---

  // Values over the dashboard's time.
  query(expr, legend=''):
    query.new('${datasource}', expr)
    + query.withLegendFormat(legend)
    + query.withFormat('time_series')
    + query.withEditorMode('code')
    + query.withRange(true)
    + query.withInstant(false),

  // Its points lead to traces, when the data source knows where they are.
  queryWithExemplars(expr, legend=''): self.query(expr, legend) + query.withExemplar(true),

  // The value now.
  instant(expr, legend=''): self.query(expr, legend) + query.withRange(false) + query.withInstant(true),

  // The values now, one row per series with its labels as columns.
  rows(expr): self.instant(expr) + query.withFormat('table'),

  // Counts per bucket, from series by `le`.
  buckets(expr): self.query(expr, '{{le}}') + query.withFormat('heatmap'),

  // --- panels ---

  // One number.
  stat(about, decimals=null, thresholds=[[null, 'text']]):
    of(style.stat, about)
    + stepped(thresholds)
    + (if decimals == null then {} else shared.standardOptions.withDecimals(decimals)),

  // Values now, as the query sorts them.
  bars(about, thresholds): of(style.bars, about) + stepped(thresholds),

  // Lines over time.
  lines(about): of(style.lines, about),

  // Counts over time, one on another.
  stackedBars(about): of(style.stackedBars, about),

  // Rows of labels and values; `sortBy` is a column as shown.
  table(about, sortBy, descending=false):
    of(style.table, about) + g.panel.table.options.withSortBy([{ displayName: sortBy, desc: descending }]),

  // States over time, one row per series. `states` are [value, text, colour].
  states(about, states):
    of(style.states, about) + stepped([[null, style.grey]]) + shared.standardOptions.withMappingsMixin([{
      type: 'value',
      options: {
        [std.toString(state[0])]: { text: state[1], color: state[2], index: state[0] + 1 }
        for state in states
      },
    }]),

  // A value per cell of time, coloured by thresholds.
  history(about, thresholds): of(style.history, about) + stepped(thresholds),

  // Counts per bucket over time; `about.unit` is the unit of the buckets.
  heatmap(about): of(style.heatmap, about) + g.panel.heatmap.options.yAxis.withUnit(about.unit),

  // Words, for what is promised and where to go.
  text(about, markdown): titled(style.text, about) + g.panel.text.options.withContent(markdown),

  row(title): g.panel.row.new(title) + g.panel.row.withPanels([]) + { size:: { w: 24, h: 1 } },

  // --- additions to a panel ---

  // The whole panel in the colour of its value.
  filled: g.panel.stat.options.withColorMode('background'),

  // A table's cells in the colours of their values.
  coloredCells(thresholds):
    stepped(thresholds)
    + g.panel.table.fieldConfig.defaults.custom.withCellOptions({ type: 'color-background', mode: 'basic' }),

  // A line at the value from which it matters.
  threshold(value):
    stepped([[null, 'green'], [value, 'red']])
    + shared.fieldConfig.defaults.custom.thresholdsStyle.withMode('line')
    + shared.fieldConfig.defaults.custom.withAxisSoftMin(0)
    + shared.fieldConfig.defaults.custom.withAxisSoftMax(value),

  // Properties of one column or series, as { id: value }.
  override(name, properties):
    shared.standardOptions.withOverridesMixin([{
      matcher: { id: 'byName', options: name },
      properties: [{ id: id, value: properties[id] } for id in std.objectFields(properties)],
    }]),

  colored(name, color): self.override(name, { color: { mode: 'fixed', fixedColor: color } }),

  // A line to hold another one against: the promise, the ideal.
  dashed(name, color):
    self.override(name, {
      color: { mode: 'fixed', fixedColor: color },
      'custom.lineStyle': { fill: 'dash', dash: [10, 10] },
    }),

  decimals(count): shared.standardOptions.withDecimals(count),

  transformed(steps): shared.queryOptions.withTransformations(steps),

  // The last `period` whatever time the dashboard shows.
  over(period): shared.queryOptions.withTimeFrom(period) + shared.queryOptions.withHideTimeOverride(false),
}
