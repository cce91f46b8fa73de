// One file per dashboard, named by uid. Every number comes from the plan; this only lays it out.
//
//   jsonnet -J lib -J vendor -m OUT --tla-code-file plan=plan.json main.jsonnet
local composite = import 'composite-detail.libsonnet';
local registry = import 'registry.libsonnet';
local serviceRed = import 'service-red.libsonnet';
local detail = import 'slo-detail.libsonnet';
local overview = import 'slo-overview.libsonnet';
local synthetic = import 'synthetic.libsonnet';
local web = import 'web.libsonnet';

function(plan, links={})
  local dashboards =
    [overview(plan, links)]
    + [detail(slo, links) for slo in plan.slos]
    + [composite(one, links) for one in std.get(plan, 'composites', [])]
    + [registry, serviceRed, synthetic, web];
  // Two dashboards of one uid are an error here, not a dashboard lost.
  { [dashboard.uid + '.json']: dashboard for dashboard in dashboards }
