/**
 * Which alert makes which other one redundant. A ticket never suppresses a page, and sources must carry `slo`:
 * Alertmanager takes two missing labels as equal, so an alert of another origin could otherwise silence everything.
 * What stands in `equal` decides how far a rule reaches; no rule crosses an SLO.
 */
const REGIONAL = ['slo!=""', 'region!=""', 'region!="all"']

export const INHIBIT_RULES = [
  {
    // Somebody is awake for it: the ticket of the same SLO and region can wait.
    source_matchers: ['severity="page"', 'slo!=""'],
    target_matchers: ['severity="ticket"'],
    equal: ['slo', 'service', 'region'],
  },
  {
    // A region's alert says more than the total's. The same alert only: SLOBlind in one region must not hide that the
    // other one burns.
    source_matchers: REGIONAL,
    target_matchers: ['region="all"'],
    equal: ['alertname', 'severity', 'slo', 'service'],
  },
  {
    // A region's page makes the total's tickets redundant too.
    source_matchers: ['severity="page"', ...REGIONAL],
    target_matchers: ['severity="ticket"', 'region="all"'],
    equal: ['slo', 'service'],
  },
]
