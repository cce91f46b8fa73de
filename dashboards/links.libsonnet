// Addresses outside Grafana. `links` are URL templates, `{ console, runbook }`, each optional; `{slo}` and
// `{runbook}` in them stand for the SLO's id and its runbook's slug.
local fill(template, slo) =
  std.strReplace(std.strReplace(template, '{slo}', slo.slo), '{runbook}', slo.runbook);

{
  console(links, slo): if std.objectHas(links, 'console') then [fill(links.console, slo)] else [],
  runbook(links, slo): if std.objectHas(links, 'runbook') then [fill(links.runbook, slo)] else [],
}
