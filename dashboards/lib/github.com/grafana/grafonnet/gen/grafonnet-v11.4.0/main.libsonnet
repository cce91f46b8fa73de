// The part of grafonnet's API that these dashboards use, so that they render without `jb install`.
// Real grafonnet, when vendored, takes this file's place: same names, same arguments, same output.
//
// A table of field paths is all there is to most of it. In a path
//   'color.mode'   becomes  color.withMode(value)      a setter that leaves its siblings alone
//   'links[]'      becomes  withLinks(value)           one value or an array of them
//                      and  withLinksMixin(value)      the same, added to what is there
//   'editable?'    becomes  withEditable(value=true)   a switch

local withName(field) = 'with' + std.asciiUpper(field[0]) + std.substr(field, 1, std.length(field) - 1);

// { a+: { b+: { c: value } } } for the path [a, b, c]: `+:` all the way, or a setter would erase its siblings.
local nest(path, leaf) = std.foldr(function(key, inner) { [key]+: inner }, path, leaf);

local array(value) = if std.isArray(value) then value else [value];

local setter(path, spec) =
  local length = std.length(spec);
  local mark = spec[length - 1];
  local field = std.substr(spec, 0, if mark == ']' then length - 2 else if mark == '?' then length - 1 else length);
  local write(value) = nest(path, { [field]: value });
  local add(value) = nest(path, { [field]+: value });
  if mark == ']' then [
    [withName(field), function(value) write(array(value))],
    [withName(field) + 'Mixin', function(value) add(array(value))],
  ]
  else if mark == '?' then [[withName(field), function(value=true) write(value)]]
  else [[withName(field), function(value) write(value)]];

// Fields come from arrays: the C++ jsonnet evaluates a field each time it is read, an array's element once
// (measured: 8.7 s of CPU for four dashboards without this).
local setters(path, specs) =
  local split = [std.splitLimit(spec, '.', 1) for spec in specs];
  local own = std.flatMap(function(parts) if std.length(parts) == 1 then setter(path, parts[0]) else [], split);
  local groups = std.set([parts[0] for parts in split if std.length(parts) == 2]);
  local nested = [
    [group, setters(path + [group], [parts[1] for parts in split if std.length(parts) == 2 && parts[0] == group])]
    for group in groups
  ];
  { [pair[0]]: pair[1] for pair in own + nested };
local under(path, specs) = nest(path, setters(path, specs));

// --- queries ---------------------------------------------------------------------------------------------

local prometheus = setters([], [
  'editorMode',
  'exemplar?',
  'expr',
  'format',
  'hide?',
  'instant?',
  'interval',
  'legendFormat',
  'range?',
  'refId',
]) {
  withDatasource(value): { datasource+: { type: 'prometheus', uid: value } },
  new(datasource, expr): self.withDatasource(datasource) + self.withExpr(expr),
};

// --- panels ----------------------------------------------------------------------------------------------

local override(matcher) = {
  new(value): { matcher+: { id: matcher, options: value } },
  withProperty(id, value): { properties+: [{ id: id, value: value }] },
};

local mapping(type, specs) = setters([], ['options'] + specs) { withType(): { type: type } };

local result = ['options.result.color', 'options.result.icon', 'options.result.index', 'options.result.text'];

// What every panel has, whatever it draws.
local panelOptions = setters([], ['title', 'description', 'transparent?', 'links[]']) {
  withGridPos(h=null, w=null, x=null, y=null): {
    local given = { h: h, w: w, x: x, y: y },
    gridPos+: { [key]: given[key] for key in std.objectFields(given) if given[key] != null },
  },
};

local queryOptions = setters([], [
  'interval',
  'maxDataPoints',
  'targets[]',
  'timeFrom',
  'timeShift',
  'hideTimeOverride?',
  'transformations[]',
]) {
  withDatasource(type, uid): { datasource+: { type: type, uid: uid } },
  transformation: setters([], ['id', 'options', 'disabled?']),
};

local standardOptions = setters(['fieldConfig', 'defaults'], [
  'color.fixedColor',
  'color.mode',
  'color.seriesBy',
  'decimals',
  'displayName',
  'filterable?',
  'links[]',
  'mappings[]',
  'max',
  'min',
  'noValue',
  'thresholds.mode',
  'thresholds.steps[]',
  'unit',
]) + setters(['fieldConfig'], ['overrides[]']) {
  threshold: { step: setters([], ['color', 'value']) },
  mapping: {
    ValueMap: mapping('value', []),
    RangeMap: mapping('range', ['options.from', 'options.to'] + result),
    RegexMap: mapping('regex', ['options.pattern'] + result),
    SpecialValueMap: mapping('special', ['options.match'] + result),
  },
  override: {
    byName: override('byName'),
    byRegexp: override('byRegexp'),
    byType: override('byType'),
    byQuery: override('byFrameRefID'),
  },
};

local anyPanel(type) = {
  panelOptions: panelOptions { withType(): { type: type } },
  queryOptions: queryOptions,
  standardOptions: standardOptions,
  new(title):
    panelOptions.withTitle(title)
    + { type: type }
    + queryOptions.withDatasource('datasource', '-- Mixed --'),
};

local legend = [
  'legend.asTable?',
  'legend.calcs[]',
  'legend.displayMode',
  'legend.placement',
  'legend.showLegend?',
  'legend.sortBy',
  'legend.sortDesc?',
];
local tooltip = ['tooltip.mode', 'tooltip.sort'];
local reduce = [
  'reduceOptions.calcs[]',
  'reduceOptions.fields',
  'reduceOptions.limit',
  'reduceOptions.values?',
];
local hideFrom = ['hideFrom.legend?', 'hideFrom.tooltip?', 'hideFrom.viz?'];

// What a panel type adds: its plugin id, its `options`, its `fieldConfig.defaults.custom`.
local panel(type, options, custom=[]) =
  anyPanel(type)
  + under(['options'], options)
  + under(['fieldConfig', 'defaults', 'custom'], custom);

local stat = panel('stat', reduce + [
  'colorMode',
  'graphMode',
  'justifyMode',
  'orientation',
  'percentChangeColorMode',
  'showPercentChange?',
  'textMode',
  'wideLayout?',
]);

local barGauge = panel('bargauge', reduce + legend + [
  'displayMode',
  'maxVizHeight',
  'minVizHeight',
  'minVizWidth',
  'namePlacement',
  'orientation',
  'showUnfilled?',
  'sizing',
  'valueMode',
]);

local timeSeries = panel('timeseries', legend + tooltip, hideFrom + [
  'axisBorderShow?',
  'axisCenteredZero?',
  'axisColorMode',
  'axisGridShow?',
  'axisLabel',
  'axisPlacement',
  'axisSoftMax',
  'axisSoftMin',
  'barAlignment',
  'drawStyle',
  'fillOpacity',
  'gradientMode',
  'insertNulls?',
  'lineInterpolation',
  'lineStyle.dash[]',
  'lineStyle.fill',
  'lineWidth',
  'pointSize',
  'scaleDistribution.log',
  'scaleDistribution.type',
  'showPoints',
  'spanNulls?',
  'stacking.group',
  'stacking.mode',
  'thresholdsStyle.mode',
]);

local table = panel('table', [
  'cellHeight',
  'footer',
  'frameIndex',
  'showHeader?',
  'sortBy[]',
], [
  'align',
  'cellOptions',
  'filterable?',
  'hidden?',
  'inspect?',
  'minWidth',
  'width',
]);

local stateTimeline = panel('state-timeline', legend + tooltip + [
  'alignValue',
  'mergeValues?',
  'perPage',
  'rowHeight',
  'showValue',
], hideFrom + ['fillOpacity', 'lineWidth']);

local statusHistory = panel('status-history', legend + tooltip + [
  'colWidth',
  'rowHeight',
  'showValue',
], hideFrom + ['fillOpacity', 'lineWidth']);

local heatmap = panel('heatmap', [
  'calculate?',
  'cellGap',
  'cellValues.unit',
  'color.exponent',
  'color.fill',
  'color.mode',
  'color.reverse?',
  'color.scale',
  'color.scheme',
  'color.steps',
  'exemplars.color',
  'filterValues.ge',
  'filterValues.le',
  'legend.show?',
  'rowsFrame.layout',
  'rowsFrame.value',
  'showValue',
  'tooltip.mode',
  'tooltip.showColorScale?',
  'tooltip.yHistogram?',
  'yAxis.axisPlacement',
  'yAxis.decimals',
  'yAxis.reverse?',
  'yAxis.unit',
], hideFrom + ['scaleDistribution.type']);

local text = panel('text', ['content', 'mode', 'code.language']);

local row = setters([], ['title', 'collapsed?', 'panels[]']) {
  new(title): self.withTitle(title) + { type: 'row', collapsed: false, gridPos+: { x: 0, h: 1, w: 24 } },
  withGridPos(y): { gridPos+: { x: 0, y: y, h: 1, w: 24 } },
};

// --- dashboard -------------------------------------------------------------------------------------------

local general = {
  generalOptions: setters([], ['name', 'label', 'description']) {
    showOnDashboard: {
      withLabelAndValue(): { hide: 0 },
      withValueOnly(): { hide: 1 },
      withNothing(): { hide: 2 },
    },
    withCurrent(key, value=key): {
      local shape(v) = if std.objectHas(self, 'multi') && self.multi && !std.isArray(v) then [v] else v,
      current: { selected: false, text: shape(key), value: shape(value) },
    },
  },
};

local selection = {
  selectionOptions: {
    withMulti(value=true): { multi: value },
    withIncludeAll(value=true, customAllValue=null): {
      includeAll: value,
      [if customAllValue != null then 'allValue']: customAllValue,
    },
  },
};

local variable = {
  datasource: general + selection + setters([], ['regex']) {
    new(name, type): { name: name, type: 'datasource', query: type },
  },

  query: general + selection + setters([], ['regex', 'query']) {
    new(name, query=''): { name: name, type: 'query', query: query },
    withDatasource(type, uid): { datasource+: { type: type, uid: uid } },
    withDatasourceFromVariable(from): self.withDatasource(from.query, '${%s}' % from.name),
    withSort(i=0, type='alphabetical', asc=true, caseInsensitive=false): {
      local rising = if type == 'numerical' then 3 else if caseInsensitive then 5 else 1,
      sort: if i != 0 then i else if asc then rising else rising + 1,
    },
    queryTypes: {
      withLabelValues(label, metric=''): {
        query: if metric == '' then 'label_values(%s)' % label else 'label_values(%s, %s)' % [metric, label],
      },
    },
    refresh: { onLoad(): { refresh: 1 }, onTime(): { refresh: 2 } },
  },

  custom: general + selection {
    new(name, values): {
      local pairs = [
        if std.isObject(value) then value else { key: std.toString(value), value: std.toString(value) }
        for value in values
      ],
      name: name,
      type: 'custom',
      query: std.join(',', ['%(key)s : %(value)s' % pair for pair in pairs]),
      options: [{ selected: pair == pairs[0], text: pair.key, value: pair.value } for pair in pairs],
    },
  },
};

local linkOptions = {
  options: setters([], ['asDropdown?', 'includeVars?', 'keepTime?', 'targetBlank?']),
};
local link = {
  link: linkOptions + setters([], ['icon', 'tooltip']) {
    new(title, url): { title: title, type: 'link', url: url },
  },
  dashboards: linkOptions {
    new(title, tags): { title: title, type: 'dashboards', tags: tags },
  },
};

local annotation = setters([], [
  'builtIn',
  'datasource.type',
  'datasource.uid',
  'enable?',
  'expr',
  'hide?',
  'iconColor',
  'name',
  'target',
  'type',
]);

local dashboard = setters([], [
  'description',
  'editable?',
  'links[]',
  'refresh',
  'schemaVersion',
  'tags[]',
  'time.from',
  'time.to',
  'timezone',
  'title',
  'uid',
  'weekStart',
]) {
  variable: variable,
  link: link,
  annotation: annotation,
  graphTooltip: {
    withSharedCrosshair(): { graphTooltip: 1 },
    withSharedTooltip(): { graphTooltip: 2 },
  },
  withVariables(value): { templating+: { list: value } },
  withAnnotations(value): { annotations+: { list: value } },
  withPanels(panels, setPanelIDs=true): {
    panels: if setPanelIDs then std.mapWithIndex(function(i, p) p { id: i + 1 }, panels) else panels,
  },
  new(title): { title: title, schemaVersion: 39, timezone: 'utc', time: { from: 'now-6h', to: 'now' } },
};

{
  dashboard: dashboard,
  query: { prometheus: prometheus },
  panel: {
    stat: stat,
    barGauge: barGauge,
    timeSeries: timeSeries,
    table: table,
    stateTimeline: stateTimeline,
    statusHistory: statusHistory,
    heatmap: heatmap,
    text: text,
    row: row,
  },
}
