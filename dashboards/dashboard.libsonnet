// What every dashboard has: a stable uid, the data source variable, links between dashboards, annotations.
local g = import 'g.libsonnet';
local grid = import 'grid.libsonnet';

local link(title, url, tooltip, external) =
  g.dashboard.link.link.new(title, url)
  + g.dashboard.link.link.withTooltip(tooltip)
  + g.dashboard.link.link.withIcon(if external then 'external link' else 'dashboard')
  + g.dashboard.link.link.options.withAsDropdown(false)
  + g.dashboard.link.link.options.withIncludeVars(false)
  + g.dashboard.link.link.options.withKeepTime(!external)
  + g.dashboard.link.link.options.withTargetBlank(external)
  + { tags: [] };

local maxUidLength = 40;  // Grafana refuses longer ones.

{
  // The same for ever, because links in alerts and bookmarks name it.
  sloUid(slo):: if std.length('slo-' + slo) <= maxUidLength then 'slo-' + slo else 'slo-' + std.md5(slo),

  // A page on the same Grafana, or elsewhere.
  pageLink(title, uid, tooltip):: link(title, '/d/' + uid, tooltip, false),
  webLink(title, url, tooltip):: link(title, url, tooltip, true),

  variable:: {
    local variable = g.dashboard.variable,

    datasource:
      variable.datasource.new('datasource', 'prometheus')
      + variable.datasource.generalOptions.withLabel('Data source')
      + variable.datasource.generalOptions.withDescription('Prometheus, or what answers like it')
      + { refresh: 1 },

    // Values of a label, several at once; all of them unless chosen otherwise.
    label(name, label, description, source, key)::
      variable.query.new(name)
      + variable.query.generalOptions.withLabel(label)
      + variable.query.generalOptions.withDescription(description)
      + variable.query.withDatasource('prometheus', '${datasource}')
      + variable.query.queryTypes.withLabelValues(key, source)
      + variable.query.withSort(1)
      + variable.query.refresh.onTime()
      + variable.query.selectionOptions.withMulti()
      + variable.query.selectionOptions.withIncludeAll(true, '.*')
      + variable.query.generalOptions.withCurrent('All', '$__all'),

    // One of a few fixed values; `values` are { key: as shown, value: as queried }, the first is chosen.
    choice(name, label, description, values)::
      variable.custom.new(name, values)
      + variable.custom.generalOptions.withLabel(label)
      + variable.custom.generalOptions.withDescription(description)
      + variable.custom.generalOptions.withCurrent(values[0].key, values[0].value),
  },

  // A point in time from Prometheus, drawn over the panels.
  seriesAnnotation(name, color, expr, title)::
    g.dashboard.annotation.withName(name)
    + g.dashboard.annotation.withEnable(true)
    + g.dashboard.annotation.withIconColor(color)
    + g.dashboard.annotation.datasource.withType('prometheus')
    + g.dashboard.annotation.datasource.withUid('${datasource}')
    + g.dashboard.annotation.withTarget({ refId: 'Anno', expr: expr, titleFormat: title }),

  // Events that pipelines and people post to Grafana with these tags.
  taggedAnnotation(name, color, tags)::
    g.dashboard.annotation.withName(name)
    + g.dashboard.annotation.withEnable(true)
    + g.dashboard.annotation.withIconColor(color)
    + g.dashboard.annotation.datasource.withType('grafana')
    + g.dashboard.annotation.datasource.withUid('-- Grafana --')
    + g.dashboard.annotation.withTarget({ refId: 'Anno', type: 'tags', tags: tags, limit: 100, matchAny: false }),

  // `about` is { uid, title, description, tags, from, links, annotations, variables, panels }.
  new(about)::
    g.dashboard.new(about.title)
    + g.dashboard.withUid(about.uid)
    + g.dashboard.withDescription(about.description)
    + g.dashboard.withTags(['plimsoll'] + about.tags)
    + g.dashboard.withEditable(false)
    + g.dashboard.withRefresh('30s')
    + g.dashboard.withTimezone('browser')
    + g.dashboard.time.withFrom(about.from)
    + g.dashboard.time.withTo('now')
    + g.dashboard.graphTooltip.withSharedCrosshair()
    + g.dashboard.withLinks(about.links)
    + g.dashboard.withAnnotations(about.annotations)
    + g.dashboard.withVariables([self.variable.datasource] + about.variables)
    + g.dashboard.withPanels(grid(about.panels), setPanelIDs=false),
}
