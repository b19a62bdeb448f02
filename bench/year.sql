-- A year of closed cases written straight into the tables, with the history that says the same, for bench/rates.py.
-- Of each five cases one is answered at once; four are forwarded, answered and revisited, some of them late, returned,
-- extended, rated badly and done again. Each has the rows that the use cases would write, and came with a call.
-- `bench.cases` says how many.

CREATE TEMP TABLE story ON COMMIT DROP AS
SELECT *, f + interval '2 hours' * returned::int AS g, CASE WHEN returned THEN other ELSE first END AS lead,
  f + interval '1 day' * late_days AS replied, f + interval '1 day' * (late_days + 1) AS heard
FROM (
  SELECT i, r, i % 5 = 0 AS direct, 'd' || i % 40 AS first, 'd' || (i + 1) % 40 AS other,
    r + interval '1 hour' * (CASE WHEN i % 97 = 1 THEN 30 ELSE 1 END) AS f, r + interval '1 day' AS limited,
    CASE WHEN i % 53 = 1 THEN 9 ELSE 4 END AS late_days, i % 61 = 1 AS returned, i % 31 = 1 AS extended,
    i % 19 = 1 AS bad, i % 4 <> 2 OR i % 19 = 1 AS reached, i % 3 = 1 AS rated
  FROM (
    SELECT i, timestamptz '2026-01-01 00:00+08' + interval '365 days' * (i / current_setting('bench.cases')::float) AS r
    FROM generate_series(0, current_setting('bench.cases')::int - 1) AS i
  ) AS numbered
) AS drawn;

CREATE TEMP TABLE running ON COMMIT DROP AS
SELECT i, c.* FROM story, LATERAL (VALUES
  ('forward', '', 1, r, r, limited, CASE WHEN direct THEN r + interval '5 minutes' ELSE f END,
    CASE WHEN direct THEN 'cancelled' ELSE 'done' END, false, true),
  ('sign', first, 1, f, f, f + interval '1 day', f + interval '2 hours', 'cancelled', false, returned),
  ('return', first, 1, f, f, f + interval '1 day', f + interval '1 hour', 'done', false, returned),
  ('reply', first, 1, f, f, f + interval '7 days', f + interval '2 hours', 'cancelled', false, returned),
  ('sign', lead, 1, g, g, g + interval '1 day', g + interval '3 hours', 'done', false, NOT direct),
  ('return', lead, 1, g, g, g + interval '1 day', g + interval '3 hours', 'cancelled', false, NOT direct),
  ('first_contact', lead, 1, g + interval '3 hours', g + interval '3 hours', g + interval '1 day', g + interval '5 hours',
    'done', false, NOT direct),
  ('reply', lead, 1, g, f, f + interval '7 days' * (1 + extended::int), replied, 'done', extended, NOT direct),
  ('review', '', 1, replied, replied, replied + interval '1 day', replied + interval '6 hours', 'done', false, NOT direct),
  ('revisit', lead, 1, replied + interval '6 hours', replied + interval '6 hours', replied + interval '2 days', heard,
    'done', false, NOT direct),
  ('rectification', lead, 1, heard, heard, heard + interval '7 days', heard + interval '3 days', 'done', false,
    NOT direct AND bad),
  ('sign', lead, 2, heard + interval '1 hour', heard + interval '1 hour', heard + interval '1 day',
    heard + interval '2 hours', 'done', false, NOT direct AND bad)
) AS c (clock, whose, nth, told_at, start, due, stop, outcome, extended, there)
WHERE c.there AND (NOT direct OR c.clock = 'forward');

ANALYZE story, running;

CREATE TEMP TABLE changes ON COMMIT DROP AS
SELECT i, at, jsonb_agg(jsonb_build_object('key', clock || '/' || whose || '/' || nth, 'clock', clock,
  'department', whose, 'change', change, 'start', start, 'due', due, 'outcome', outcome)) AS clocks
FROM (
  SELECT i, told_at AS at, 'start' AS change, clock, whose, nth, start, due - interval '7 days' * extended::int AS due,
    '' AS outcome FROM running
  UNION ALL
  SELECT i, stop, 'stop', clock, whose, nth, start, due, outcome FROM running
  UNION ALL
  SELECT i, told_at + interval '2 days', 'extend', clock, whose, nth, start, due, '' FROM running WHERE extended
) AS each GROUP BY i, at;

CREATE OR REPLACE FUNCTION pg_temp.sent(whose text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('sent', jsonb_build_array(
    jsonb_build_object('department', whose, 'part', 'lead', 'delivered', true)))
$$;

CREATE TEMP TABLE steps ON COMMIT DROP AS
SELECT i, row_number() OVER (PARTITION BY i ORDER BY s.at, s.place) AS seq, s.* FROM story, LATERAL (VALUES
  (1, r, 'create', '{"accepted": true}'::jsonb, '', true),
  (2, r + interval '5 minutes', 'answer', '{"direct": true, "closed": true}', '', direct),
  (3, f, 'forward', pg_temp.sent(first), first, NOT direct),
  (4, f + interval '1 hour', 'return', jsonb_build_object('returned', first), first, NOT direct AND returned),
  (5, f + interval '2 hours', 'arbitrate', jsonb_build_object('redispatched', other) || pg_temp.sent(other), other,
    NOT direct AND returned),
  (6, g + interval '3 hours', 'sign', '{}', lead, NOT direct),
  (7, g + interval '5 hours', 'contact', '{}', lead, NOT direct),
  (8, g + interval '2 days', 'decide_extension', '{}', lead, NOT direct AND extended),
  (9, replied, 'reply', jsonb_build_object('replied', lead), lead, NOT direct),
  (10, replied + interval '6 hours', 'pass', '{}', lead, NOT direct),
  (11, heard - interval '2 hours', 'rate', jsonb_build_object('level', CASE WHEN bad THEN 1 ELSE 5 END), lead,
    NOT direct AND rated),
  (12, heard, 'revisit', jsonb_build_object('closed', NOT bad, 'revisit', jsonb_build_object('reached', reached,
    'solved', NOT bad, 'satisfaction', CASE WHEN bad THEN 2 ELSE 4 END)), lead, NOT direct),
  (13, heard + interval '1 hour', 'redo', jsonb_build_object('redone', lead) || pg_temp.sent(lead), lead,
    NOT direct AND bad),
  (14, heard + interval '2 hours', 'sign', '{}', lead, NOT direct AND bad),
  (15, heard + interval '3 days', 'reply', jsonb_build_object('replied', lead), lead, NOT direct AND bad),
  (16, heard + interval '4 days', 'revisit',
    '{"closed": true, "revisit": {"reached": true, "solved": true, "satisfaction": 4}}', lead, NOT direct AND bad)
) AS s (place, at, action, told, led_by, there) WHERE s.there;

ANALYZE changes, steps;

INSERT INTO cases (id, number, version, query_code, state, round, kind, urgency, channel, title, content, name, phone,
  phone_index, area, address, confidential, anonymous, received_at, accepted_at, closed_at, category, lead,
  direct_answer, created_by)
SELECT i, 'B' || i, 9, repeat('q', 40), 'closed', 1 + (bad AND NOT direct)::int, '投诉', '一般', 'phone',
  repeat('x', 80), repeat('x', 400), repeat('x', 50), repeat('x', 50), md5(i::text), '湖滨区', repeat('x', 90), false,
  false, r, r, CASE WHEN direct THEN r + interval '5 minutes' ELSE heard END, '0102',
  CASE WHEN direct THEN '' ELSE lead END, '', 'agent1'
FROM story;

INSERT INTO clocks (case_id, clock, department, started_at, due_at, stopped_at, outcome, extended, provisional, explain,
  limit_amount, limit_unit, calendar_version)
SELECT i, clock, whose, start, due, stop, outcome, extended, false, repeat('时限说明', 12), 1, 'working_days', '2026'
FROM running ORDER BY told_at;

INSERT INTO assignments (case_id, department, part, status, round, sent_at, delivered_at, signed_at, returned_at,
  opinion, again)
SELECT i, whose, 'lead', status, round, sent, sent, signed, gone, '请办理', p.again FROM story, LATERAL (VALUES
  (first, 'returned', 1, f, NULL, f + interval '1 hour', false, returned),
  (lead, 'replied', 1, g, g + interval '3 hours', NULL, false, true),
  (lead, 'replied', 2, heard + interval '1 hour', heard + interval '2 hours', NULL, true, bad)
) AS p (whose, status, round, sent, signed, gone, again, there)
WHERE NOT direct AND p.there ORDER BY sent;

INSERT INTO replies (case_id, round, department, by, at, facts, solved, reason, internal, public)
SELECT i, n, lead, lead || '1', CASE n WHEN 1 THEN replied ELSE heard + interval '3 days' END AS at, '属实', true, '',
  repeat('x', 200), repeat('x', 300)
FROM story, generate_series(1, 2) AS n WHERE NOT direct AND (n = 1 OR bad) ORDER BY at;

INSERT INTO revisits (case_id, round, at, by, reached, solved, satisfaction, words)
SELECT i, n, heard + interval '4 days' * (n - 1) AS at, 'revisitor1', reached, NOT (bad AND n = 1),
  CASE WHEN bad AND n = 1 THEN 2 ELSE 4 END, repeat('x', 60)
FROM story, generate_series(1, 2) AS n WHERE NOT direct AND (n = 1 OR bad) ORDER BY at;

INSERT INTO ratings (case_id, round, level, at, channel, anonymous, words)
SELECT i, 1, CASE WHEN bad THEN 1 ELSE 5 END, heard - interval '2 hours' AS at, 'web', false, repeat('x', 60)
FROM story WHERE NOT direct AND rated ORDER BY at;

INSERT INTO history (case_id, seq, at, action, actor, role, department, before, after, facts, words, words_digest,
  previous, hash, seal)
SELECT s.i, s.seq, s.at, s.action, 'dispatcher1', 'dispatcher', '', 'handling', 'handling', s.told || jsonb_build_object(
  'clocks', coalesce(c.clocks, '[]'), 'round', 1 + (s.place > 12)::int, 'lead', s.led_by, 'version', s.seq), repeat('x', 40),
  repeat('a', 64), repeat('b', 64), repeat('c', 64), 1
FROM steps AS s LEFT JOIN changes AS c ON c.i = s.i AND c.at = s.at ORDER BY s.at;

INSERT INTO calls (id, state, caller, caller_index, connector, invite_at, answer_at, notice_end_at, queue_at,
  agent_answer_at, hangup_at, exit)
SELECT 'c' || i, 'ended', repeat('x', 50), md5(i::text), 'c1', r, r, r + interval '8 seconds', r + interval '8 seconds',
  CASE WHEN i % 29 <> 1 THEN r + interval '9 seconds' * (1 + i % 3) END, r + interval '3 minutes',
  CASE WHEN i % 29 = 1 THEN 'abandoned' ELSE 'answered' END
FROM story;
