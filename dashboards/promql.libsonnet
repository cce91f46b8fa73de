// Reads of the recorded series of one SLO, or of all: selectors from the plan, put together.
{
  // `slo:bad_ratio:1h{slo="x"}` → `slo:bad_ratio:1h`
  metric(selector): std.split(selector, '{')[0],

  window(slo, name):
    local found = [window for window in slo.windows if window.name == name];
    if found == [] then error 'dashboards: ' + slo.slo + ' has no recorded window ' + name else found[0],

  // The window of the promise itself.
  period(slo):
    local found = [window for window in slo.windows if window.seconds == slo.period.seconds];
    if found == [] then error 'dashboards: ' + slo.slo + ' has no recorded window of its period ' + slo.period.name
    else found[0],

  // The whole SLO's burn alerts, pages first: [{ severity, short, long, burnRate, … }].
  burnPairs(slo): [
    pair { severity: alert.severity }
    for severity in ['page', 'ticket']
    for alert in slo.alerts
    if alert.kind == 'burn' && alert.scope == 'all' && alert.severity == severity
    for pair in alert.pairs
  ],

  // The long window of the fastest burn alert: what "burn rate now" means. An SLO without alerts shows its shortest.
  currentWindow(slo):
    local pairs = self.burnPairs(slo);
    if pairs == [] then slo.windows[0] else self.window(slo, pairs[0].long),

  // The longest window of at most an hour tiles a period finely and cheaply.
  tile(slo):
    local short = [window for window in slo.windows if window.seconds <= 3600];
    short[std.length(short) - 1],

  burnRate(slo, badRatio): badRatio + ' / ' + slo.errorBudget,
}
