// How each kind of panel looks, whatever it shows: every option that does not depend on the query.
local g = import 'g.libsonnet';

local grey = '#8e8e8e';

// A style is worked out once, to plain data. The C++ jsonnet would else walk the whole chain of setters again for
// each field of each panel. Reads and writes of JSON text are native to it, and fast.
local workedOut(style) = std.parseJson(std.toString(style));

// The library's version says nothing about the Grafana that shows this.
local any(kind) =
  kind.new('') + kind.queryOptions.withDatasource('prometheus', '${datasource}') + { pluginVersion:: null };

// Missing data has a word and a colour of its own.
local queried(kind, colors='thresholds') =
  any(kind)
  + kind.standardOptions.color.withMode(colors)
  + kind.standardOptions.withMappings([{
    type: 'special',
    options: { match: 'null+nan', result: { text: 'No data', color: grey, index: 0 } },
  }])
  + kind.standardOptions.withOverrides([]);

local legend(kind, show=true) =
  kind.options.legend.withShowLegend(show)
  + kind.options.legend.withDisplayMode('list')
  + kind.options.legend.withPlacement('bottom')
  + kind.options.legend.withCalcs([]);

local tooltip(kind, mode) = kind.options.tooltip.withMode(mode) + kind.options.tooltip.withSort('desc');

local lastValue(kind) =
  kind.options.reduceOptions.withCalcs(['lastNotNull'])
  + kind.options.reduceOptions.withFields('')
  + kind.options.reduceOptions.withValues(false);

local stat = workedOut(
  local kind = g.panel.stat;
  queried(kind)
  + lastValue(kind)
  + kind.options.withColorMode('value')
  + kind.options.withGraphMode('none')
  + kind.options.withJustifyMode('auto')
  + kind.options.withOrientation('auto')
  + kind.options.withTextMode('auto')
  + kind.options.withPercentChangeColorMode('standard')
  + kind.options.withShowPercentChange(false)
  + kind.options.withWideLayout(true)
);

local bars = workedOut(
  local kind = g.panel.barGauge;
  queried(kind)
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
  + kind.options.withMaxVizHeight(300)
);

// A gap in the data stays a gap.
local lines = workedOut(
  local kind = g.panel.timeSeries;
  local custom = kind.fieldConfig.defaults.custom;
  queried(kind, colors='palette-classic')
  + legend(kind)
  + tooltip(kind, 'multi')
  + custom.withDrawStyle('line')
  + custom.withLineWidth(1)
  + custom.withFillOpacity(0)
  + custom.withShowPoints('auto')
  + custom.withSpanNulls(false)
);

local stackedBars = workedOut(
  local custom = g.panel.timeSeries.fieldConfig.defaults.custom;
  lines
  + custom.withDrawStyle('bars')
  + custom.withFillOpacity(70)
  + custom.stacking.withMode('normal')
  + custom.stacking.withGroup('A')
);

local table = workedOut(
  local kind = g.panel.table;
  local custom = kind.fieldConfig.defaults.custom;
  queried(kind)
  + custom.withAlign('auto')
  + custom.withCellOptions({ type: 'auto' })
  + custom.withInspect(false)
  + custom.withFilterable(false)
  + kind.options.withShowHeader(true)
  + kind.options.withFrameIndex(0)
  + kind.options.withCellHeight('sm')
);

local states = workedOut(
  local kind = g.panel.stateTimeline;
  queried(kind)
  + kind.fieldConfig.defaults.custom.withFillOpacity(80)
  + kind.fieldConfig.defaults.custom.withLineWidth(0)
  + legend(kind)
  + tooltip(kind, 'single')
  + kind.options.withMergeValues(true)
  + kind.options.withShowValue('auto')
  + kind.options.withAlignValue('left')
  + kind.options.withPerPage(20)
  + kind.options.withRowHeight(0.9)
);

local history = workedOut(
  local kind = g.panel.statusHistory;
  queried(kind)
  + kind.fieldConfig.defaults.custom.withFillOpacity(80)
  + kind.fieldConfig.defaults.custom.withLineWidth(1)
  + legend(kind)
  + tooltip(kind, 'single')
  + kind.options.withShowValue('never')
  + kind.options.withColWidth(0.9)
  + kind.options.withRowHeight(0.9)
);

local heatmap = workedOut(
  local kind = g.panel.heatmap;
  queried(kind)
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
  + kind.options.yAxis.withReverse(false)
);

local text = workedOut(any(g.panel.text) + g.panel.text.options.withMode('markdown'));

{
  grey: grey,
  stat: stat,
  bars: bars,
  lines: lines,
  stackedBars: stackedBars,
  table: table,
  states: states,
  history: history,
  heatmap: heatmap,
  text: text,
}
