-- Open cases at a department, each with a running reply clock that is aimed at its next rung. Settings: bench.first,
-- bench.cases (ids first … first + cases - 1), bench.words (sealed, for all that is), bench.start, bench.due, bench.rung,
-- bench.next (instants; next is when the rung is due), bench.spread (seconds by which each case is later than the one before).

INSERT INTO cases (id, number, version, query_code, state, round, kind, urgency, channel, title, content, name, phone,
  phone_index, area, address, confidential, anonymous, received_at, accepted_at, category, lead, direct_answer, created_by)
SELECT i, 'B' || i, 4, current_setting('bench.words'), 'handling', 1, '投诉', '一般', 'phone', current_setting('bench.words'), current_setting('bench.words'),
  current_setting('bench.words'), current_setting('bench.words'), md5(i::text), '湖滨区', current_setting('bench.words'), false, false,
  current_setting('bench.start')::timestamptz, current_setting('bench.start')::timestamptz, '0102', 'csglj', '', 'agent1'
FROM generate_series(current_setting('bench.first')::int,
  current_setting('bench.first')::int + current_setting('bench.cases')::int - 1) AS i;

INSERT INTO assignments (case_id, department, part, status, round, sent_at, delivered_at, signed_at, opinion)
SELECT i, 'csglj', 'lead', 'signed', 1, s, s, s + interval '1 hour', ''
FROM generate_series(current_setting('bench.first')::int,
  current_setting('bench.first')::int + current_setting('bench.cases')::int - 1) AS i,
  LATERAL (SELECT current_setting('bench.start')::timestamptz AS s) AS begun;

INSERT INTO clocks (case_id, clock, department, started_at, due_at, outcome, provisional, explain, limit_amount,
  limit_unit, calendar_version, next_rung, next_at)
SELECT i, 'reply', 'csglj', current_setting('bench.start')::timestamptz, current_setting('bench.due')::timestamptz + later,
  '', false, repeat('时限说明', 12), 10, 'working_days', '2026', current_setting('bench.rung'),
  current_setting('bench.next')::timestamptz + later
FROM generate_series(current_setting('bench.first')::int,
  current_setting('bench.first')::int + current_setting('bench.cases')::int - 1) AS i,
  LATERAL (SELECT make_interval(secs => (i - current_setting('bench.first')::int) *
    current_setting('bench.spread')::float) AS later) AS spread;
