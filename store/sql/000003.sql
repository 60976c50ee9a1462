-- A row's order from 1 among all that its series reported, written when rows before it go (thinning). Absent: none has gone since.
alter table metric_row add column ordinal bigint;
