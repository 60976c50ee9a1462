-- Objects of the embedded Kubernetes API: an append-only log. An object's current state is its last change.
create table resource_change (
  revision bigint primary key,
  change_type text not null check (change_type in ('ADDED', 'MODIFIED', 'DELETED')),
  kind text collate "C" not null,          -- group/Kind
  namespace text collate "C" not null,     -- empty: cluster-scoped
  name text collate "C" not null,
  object text not null                     -- JSON as written: key order and 64-bit integers survive
);
create index resource_change_of_object on resource_change (kind, namespace, name, revision);
create index resource_change_of_kind on resource_change (kind, revision);

-- One row: changes before this revision are forgotten.
create table resource_compaction (
  only_row boolean primary key default true check (only_row),
  compacted bigint not null
);
insert into resource_compaction (compacted) values (0);

-- What trials reported. A trial has reported when it has an attempt.
create table observation_attempt (
  trial_uid text collate "C" not null,
  attempt integer not null,
  final boolean not null,
  diagnosis text,
  changed_at timestamptz not null default now(),
  primary key (trial_uid, attempt)
);

-- One metric of one stream of one attempt, with the summary of its rows, which the append keeps.
create table metric_series (
  id bigint generated always as identity primary key,
  trial_uid text collate "C" not null,
  attempt integer not null,
  stream text collate "C" not null,
  metric_name text collate "C" not null,
  min_value text,                          -- of finite numbers, as the trial wrote them
  max_value text,
  min_number double precision,
  max_number double precision,
  latest text,                             -- of the greatest sequence, whatever it says
  latest_sequence bigint not null default -1,
  reported bigint not null default 0,      -- rows in all, each once
  kept bigint not null default 0,          -- rows in metric_row
  thinned_through bigint,                  -- rows up to this sequence were thinned: a report of one is a repeat
  unique (trial_uid, attempt, stream, metric_name)
) with (fillfactor = 70);

create table metric_row (
  series_id bigint not null,
  sequence bigint not null,
  value text not null,
  number double precision,                 -- absent unless the value is a finite number
  reported_at text,                        -- RFC 3339 as the trial wrote it
  step double precision,
  received_at timestamptz not null default now(),
  primary key (series_id, sequence)
);

create table trial_log_tail (
  trial_uid text collate "C" primary key,
  tail text not null
);
