// Panels with the house rules built in: data source variable, description, unit, and a word for "no data".
//
// Every panel says when it has data: `data` is `always`, `on-fault` or `on-browser`. The reader sees the answer
// as the panel's text when empty (no-value.json); tests read the same text back.
local g = import 'g.libsonnet';
local noValue = import 'no-value.json';

local grey = '#8e8e8e';

local refIds = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
local withRefIds(queries) =
  std.mapWithIndex(function(i, query) query + g.query.prometheus.withRefId(refIds[i]), queries);

// What all panels share. `about` is { title, description, unit, data, queries, w, h }, w and h on the 24-column grid.
local base(kind, about) =
  kind.new(about.title)
  + kind.panelOptions.withDescription(about.description)
  + kind.queryOptions.withDatasource('prometheus', '${datasource}')
  + kind.queryOptions.withTargets(withRefIds(about.queries))
  + kind.standardOptions.withUnit(about.unit)
  + kind.standardOptions.withNoValue(noValue[about.data])
  + kind.standardOptions.withMappings([{
    type: 'special',
    options: { match: 'null+nan', result: { text: 'No data', color: grey, index: 0 } },
  }])
  + kind.standardOptions.withOverrides([])
  + {
    // The library's version says nothing about the Grafana that shows this.
    pluginVersion:: null,
    size:: { w: about.w, h: about.h },
  };

local steps(kind, thresholds) =
  kind.standardOptions.thresholds.withMode('absolute')
  + kind.standardOptions.thresholds.withSteps([
    kind.standardOptions.threshold.step.withColor(step[1])
    + kind.standardOptions.threshold.step.withValue(step[0])
    for step in thresholds
  ]);

local tooltip(kind, mode) = kind.options.tooltip.withMode(mode) + kind.options.tooltip.withSort('desc');

local legend(kind, show=true) =
  kind.options.legend.withShowLegend(show)
  + kind.options.legend.withDisplayMode('list')
  + kind.options.legend.withPlacement('bottom')
  + kind.options.legend.withCalcs([]);

local lastValue(kind) =
  kind.options.reduceOptions.withCalcs(['lastNotNull'])
  + kind.options.reduceOptions.withFields('')
  + kind.options.reduceOptions.withValues(false);

{
  grey:: grey,

  // A query over the dashboard's time.
  query(expr, legend=''):
    g.query.prometheus.new('${datasource}', expr)
    + g.query.prometheus.withLegendFormat(legend)
    + g.query.prometheus.withFormat('time_series')
    + g.query.prometheus.withEditorMode('code')
    + g.query.prometheus.withRange(true)
    + g.query.prometheus.withInstant(false),

  // Points lead to a trace when the data source knows where traces are.
  queryWithExemplars(expr, legend=''):
    self.query(expr, legend) + g.query.prometheus.withExemplar(true),

  // The value now, one frame per series.
  instant(expr, legend=''):
    self.query(expr, legend)
    + g.query.prometheus.withRange(false)
    + g.query.prometheus.withInstant(true),

  // The values now, one row per series with its labels as columns.
  rows(expr): self.instant(expr) + g.query.prometheus.withFormat('table'),

  // One number. `thresholds` are [from, colour] pairs, the first from null.
  stat(about, decimals=null, thresholds=[[null, 'text']], mode='value'):
    local kind = g.panel.stat;
    base(kind, about)
    + steps(kind, thresholds)
    + kind.standardOptions.color.withMode('thresholds')
    + (if decimals == null then {} else kind.standardOptions.withDecimals(decimals))
    + lastValue(kind)
    + kind.options.withColorMode(mode)
    + kind.options.withGraphMode('none')
    + kind.options.withJustifyMode('auto')
    + kind.options.withOrientation('auto')
    + kind.options.withTextMode('auto')
    + kind.options.withPercentChangeColorMode('standard')
    + kind.options.withShowPercentChange(false)
    + kind.options.withWideLayout(true),

  // Values now, longest bar first as the query sorts them.
  bars(about, thresholds):
    local kind = g.panel.barGauge;
    base(kind, about)
    + steps(kind, thresholds)
    + kind.standardOptions.color.withMode('thresholds')
    + kind.standardOptions.withMin(0)
    + lastValue(kind)
    + legend(kind, show=false)
    + kind.options.withDisplayMode('basic')
    + kind.options.withValueMode('color')
    + kind.options.withNamePlacement('left')
    + kind.options.withOrientation('horizontal')
    + kind.options.withShowUnfilled(true)
    + kind.options.withSizing('auto')
    + kind.options.withMinVizHeight(16)
    + kind.options.withMinVizWidth(8)
    + kind.options.withMaxVizHeight(300),

  // Lines over time. A gap in the data stays a gap.
  lines(about):
    local kind = g.panel.timeSeries;
    local custom = kind.fieldConfig.defaults.custom;
    base(kind, about)
    + kind.standardOptions.color.withMode('palette-classic')
    + legend(kind)
    + tooltip(kind, 'multi')
    + custom.withDrawStyle('line')
    + custom.withLineWidth(1)
    + custom.withFillOpacity(0)
    + custom.withShowPoints('auto')
    + custom.withSpanNulls(false),

  stackedBars(about):
    local custom = g.panel.timeSeries.fieldConfig.defaults.custom;
    self.lines(about)
    + custom.withDrawStyle('bars')
    + custom.withFillOpacity(70)
    + custom.stacking.withMode('normal')
    + custom.stacking.withGroup('A'),

  // A line where the value starts to matter, with the area above it marked.
  threshold(value):
    local kind = g.panel.timeSeries;
    steps(kind, [[null, 'green'], [value, 'red']])
    + kind.fieldConfig.defaults.custom.thresholdsStyle.withMode('line')
    + kind.fieldConfig.defaults.custom.withAxisSoftMin(0)
    + kind.fieldConfig.defaults.custom.withAxisSoftMax(value),

  // Rows of labels and values; `sortBy` is a column as shown.
  table(about, sortBy, descending=false):
    local kind = g.panel.table;
    local custom = kind.fieldConfig.defaults.custom;
    base(kind, about)
    + custom.withAlign('auto')
    + custom.withCellOptions({ type: 'auto' })
    + custom.withInspect(false)
    + custom.withFilterable(false)
    + kind.options.withShowHeader(true)
    + kind.options.withFrameIndex(0)
    + kind.options.withCellHeight('sm')
    + kind.options.withSortBy([{ displayName: sortBy, desc: descending }]),

  // States over time, one row per series. `states` are [value, text, colour].
  states(about, states):
    local kind = g.panel.stateTimeline;
    base(kind, about)
    + self.mapped(states)
    + kind.standardOptions.color.withMode('thresholds')
    + steps(kind, [[null, grey]])
    + kind.fieldConfig.defaults.custom.withFillOpacity(80)
    + kind.fieldConfig.defaults.custom.withLineWidth(0)
    + legend(kind)
    + tooltip(kind, 'single')
    + kind.options.withMergeValues(true)
    + kind.options.withShowValue('auto')
    + kind.options.withAlignValue('left')
    + kind.options.withPerPage(20)
    + kind.options.withRowHeight(0.9),

  // A value per cell of time, coloured by thresholds.
  history(about, thresholds):
    local kind = g.panel.statusHistory;
    base(kind, about)
    + steps(kind, thresholds)
    + kind.standardOptions.color.withMode('thresholds')
    + kind.fieldConfig.defaults.custom.withFillOpacity(80)
    + kind.fieldConfig.defaults.custom.withLineWidth(1)
    + legend(kind)
    + tooltip(kind, 'single')
    + kind.options.withShowValue('never')
    + kind.options.withColWidth(0.9)
    + kind.options.withRowHeight(0.9),

  // Counts per histogram bucket over time; `about.unit` is the unit of the buckets.
  heatmap(about):
    local kind = g.panel.heatmap;
    base(kind, about)
    + kind.fieldConfig.defaults.custom.scaleDistribution.withType('linear')
    + kind.options.withCalculate(false)
    + kind.options.withCellGap(1)
    + kind.options.withShowValue('never')
    + kind.options.color.withMode('scheme')
    + kind.options.color.withScheme('Oranges')
    + kind.options.color.withFill('dark-orange')
    + kind.options.color.withScale('exponential')
    + kind.options.color.withExponent(0.5)
    + kind.options.color.withSteps(64)
    + kind.options.color.withReverse(false)
    + kind.options.exemplars.withColor('rgba(255,0,255,0.7)')
    + kind.options.filterValues.withLe(1e-9)
    + kind.options.legend.withShow(true)
    + kind.options.rowsFrame.withLayout('auto')
    + kind.options.tooltip.withMode('single')
    + kind.options.tooltip.withShowColorScale(false)
    + kind.options.tooltip.withYHistogram(false)
    + kind.options.yAxis.withAxisPlacement('left')
    + kind.options.yAxis.withUnit(about.unit)
    + kind.options.yAxis.withReverse(false),

  // Words, for what is promised and where to go. `about` is { title, description, w, h }.
  text(about, markdown):
    local kind = g.panel.text;
    kind.new(about.title)
    + kind.panelOptions.withDescription(about.description)
    + kind.queryOptions.withDatasource('prometheus', '${datasource}')
    + kind.options.withMode('markdown')
    + kind.options.withContent(markdown)
    + { pluginVersion:: null, size:: { w: about.w, h: about.h } },

  row(title): g.panel.row.new(title) + { panels: [], size:: { w: 24, h: 1 } },

  // --- additions to a panel; each adds to what is there ---

  // Named values get a word and a colour; "no data" keeps its own. `states` are [value, text, colour].
  mapped(states):: {
    fieldConfig+: { defaults+: { mappings+: [{
      type: 'value',
      options: {
        [std.toString(states[i][0])]: { text: states[i][1], color: states[i][2], index: i + 1 }
        for i in std.range(0, std.length(states) - 1)
      },
    }] } },
  },

  // Properties of one column or series, as { id: value }.
  override(name, properties):: {
    local new = g.panel.table.standardOptions.override.byName.new(name),
    fieldConfig+: { overrides+: [std.foldl(
      function(override, id) override + g.panel.table.standardOptions.override.byName.withProperty(id, properties[id]),
      std.objectFields(properties),
      new
    )] },
  },

  colored(name, color):: self.override(name, { color: { mode: 'fixed', fixedColor: color } }),

  // A line to hold against another one: the promise, the ideal.
  dashed(name, color)::
    self.override(name, {
      color: { mode: 'fixed', fixedColor: color },
      'custom.lineStyle': { fill: 'dash', dash: [10, 10] },
    }),

  decimals(count):: g.panel.timeSeries.standardOptions.withDecimals(count),

  transformed(steps):: g.panel.table.queryOptions.withTransformations(steps),
}
