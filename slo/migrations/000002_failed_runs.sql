-- Failed probe runs are kept longer than good ones, and the last runs of each pair of vantage and target are asked for.
-- Adds indexes only: an older reader survives it; it locks for the milliseconds that 5,000 rows need.

CREATE INDEX probe_runs_by_pair ON probe_runs (flow, vantage, region, ended_at);
CREATE INDEX probe_runs_ok ON probe_runs (id) WHERE verdict = 'ok';
CREATE INDEX probe_runs_failed ON probe_runs (id) WHERE verdict <> 'ok';
