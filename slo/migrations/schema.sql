CREATE TABLE cells (
  series INTEGER NOT NULL REFERENCES series (id),
  tier INTEGER NOT NULL CHECK (tier IN (60, 3600, 86400)),
  start INTEGER NOT NULL, -- Unix seconds
  good INTEGER NOT NULL,
  total INTEGER NOT NULL,
  seen INTEGER NOT NULL, -- minutes
  smeared INTEGER NOT NULL, -- minutes that hold events of unseen minutes before them
  broken INTEGER NOT NULL, -- minutes in which a counter restarted: what no scrape saw is missing
  PRIMARY KEY (series, tier, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE missing_envelopes (
  producer TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  first_sequence INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL, -- inclusive
  PRIMARY KEY (producer, epoch, first_sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE probe_runs (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  flow TEXT NOT NULL,
  vantage TEXT NOT NULL,
  region TEXT NOT NULL,
  verdict TEXT NOT NULL,
  ended_at REAL NOT NULL,
  body TEXT NOT NULL -- the result as it was sent, JSON
) STRICT;

CREATE INDEX probe_runs_by_end ON probe_runs (ended_at);

CREATE INDEX probe_runs_by_flow ON probe_runs (flow, region, ended_at);

CREATE INDEX probe_runs_by_pair ON probe_runs (flow, vantage, region, ended_at);

CREATE INDEX probe_runs_failed ON probe_runs (id) WHERE verdict <> 'ok';

CREATE INDEX probe_runs_ok ON probe_runs (id) WHERE verdict = 'ok';

CREATE TABLE producers (
  producer TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  next_sequence INTEGER NOT NULL,
  PRIMARY KEY (producer, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY,
  slo TEXT NOT NULL,
  region TEXT NOT NULL,
  minute INTEGER NOT NULL,
  good INTEGER NOT NULL,
  total INTEGER NOT NULL,
  arrived_at INTEGER NOT NULL,
  sender TEXT NOT NULL
) STRICT;

CREATE TABLE revisions (
  slo TEXT NOT NULL,
  effective_from INTEGER NOT NULL,
  revision TEXT NOT NULL,
  target TEXT NOT NULL, -- exact decimal, e.g. '0.999'
  PRIMARY KEY (slo, effective_from)
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  slo TEXT NOT NULL,
  region TEXT NOT NULL,
  UNIQUE (slo, region)
) STRICT;

CREATE TABLE source_cursors (
  slo TEXT NOT NULL,
  series TEXT NOT NULL, -- selector and labels
  timestamp_ms INTEGER NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (slo, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_positions (
  slo TEXT PRIMARY KEY,
  read_to INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;
