-- Trials that are gone although something of theirs is kept, since they were first missed: swept some time after.
create table observation_gone (
  trial_uid text collate "C" primary key,
  noted_at timestamptz not null default now()
);
