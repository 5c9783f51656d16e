-- The limits of an API key: requests a second and requests in a rolling day, kept together by all runs on all machines
-- that use the key. The keys themselves are not here. Nothing here is for contractors: only the service role reads it.

CREATE TABLE public.coperniq_api_keys (
    key_hash TEXT PRIMARY KEY CHECK (key_hash ~ '^[0-9a-f]{64}$'),
    next_turn_at TIMESTAMPTZ NOT NULL DEFAULT '-infinity',
    used_up_until TIMESTAMPTZ
) WITH (fillfactor = 50);

COMMENT ON TABLE public.coperniq_api_keys IS
'Every API key that was used, and when its next request may leave. Who locks a key''s row takes turns.';
COMMENT ON COLUMN public.coperniq_api_keys.key_hash IS
'SHA-256 of the key, in hexadecimal, which says nothing of a random key.';
COMMENT ON COLUMN public.coperniq_api_keys.used_up_until IS
'When the day''s requests were used up at the last asking: the time at which one is free again. Else NULL.';

CREATE TABLE public.coperniq_api_requests (
    key_hash TEXT NOT NULL REFERENCES public.coperniq_api_keys (key_hash) ON DELETE CASCADE,
    period_start TIMESTAMPTZ NOT NULL,
    requests INTEGER NOT NULL CHECK (requests > 0),
    PRIMARY KEY (key_hash, period_start)
) WITH (fillfactor = 50);

COMMENT ON TABLE public.coperniq_api_requests IS
'Requests that were let go with a key, by periods of five minutes; a period is deleted when it has left the day.';

CREATE FUNCTION public.api_requests_left(
    p_key_hash TEXT, p_per_day INTEGER, p_at TIMESTAMPTZ DEFAULT now()
) RETURNS TABLE (requests_left INTEGER, free_at TIMESTAMPTZ)
LANGUAGE sql STABLE
SET search_path = ''
AS $$
    -- A day, the period whose last request counts until its end, and a minute for requests that left after their turn.
    WITH kept AS (
        SELECT
            period_start + INTERVAL '24 hours 6 minutes' AS gone_at,
            sum(requests) OVER (ORDER BY period_start DESC) AS requests
        FROM public.coperniq_api_requests
        WHERE key_hash = p_key_hash AND period_start > p_at - INTERVAL '24 hours 6 minutes'
    )

    SELECT
        greatest(p_per_day - coalesce(max(requests), 0), 0)::INTEGER,
        max(gone_at) FILTER (WHERE requests >= p_per_day)
    FROM kept;
$$;
COMMENT ON FUNCTION public.api_requests_left(TEXT, INTEGER, TIMESTAMPTZ) IS
'How many of a day''s requests are left to a key; when none is, the time at which one is free again.';

CREATE FUNCTION public.take_api_turns(
    p_key_hash TEXT, p_turns INTEGER, p_per_second INTEGER, p_per_day INTEGER
) RETURNS TABLE (
    turns INTEGER,
    free_at TIMESTAMPTZ,
    from_arrival DOUBLE PRECISION,
    from_return DOUBLE PRECISION,
    spacing DOUBLE PRECISION
)
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_next TIMESTAMPTZ;
    v_first TIMESTAMPTZ;
    v_last TIMESTAMPTZ;
BEGIN
    -- Three hundredths more than a second, because requests do not leave at the very moment of their turn.
    spacing := CASE WHEN p_per_second > 0 THEN 1.03 / p_per_second ELSE 0 END;
    turns := p_turns;

    SELECT next_turn_at INTO v_next FROM public.coperniq_api_keys WHERE key_hash = p_key_hash FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO public.coperniq_api_keys (key_hash) VALUES (p_key_hash) ON CONFLICT DO NOTHING;
        SELECT next_turn_at INTO v_next FROM public.coperniq_api_keys WHERE key_hash = p_key_hash FOR UPDATE;
    END IF;
    v_first := greatest(v_next, clock_timestamp());

    IF p_per_day > 0 THEN
        DELETE FROM public.coperniq_api_requests
        WHERE key_hash = p_key_hash AND period_start <= v_first - INTERVAL '24 hours 6 minutes';
        turns := least(p_turns, (SELECT requests_left FROM public.api_requests_left(p_key_hash, p_per_day, v_first)));
    END IF;
    v_last := v_first + (turns - 1) * make_interval(secs => spacing);
    IF p_per_day > 0 AND turns > 0 THEN
        INSERT INTO public.coperniq_api_requests AS r (key_hash, period_start, requests)
        VALUES (p_key_hash, date_bin(INTERVAL '5 minutes', v_last, TIMESTAMPTZ 'epoch'), turns)
        ON CONFLICT ON CONSTRAINT coperniq_api_requests_pkey DO UPDATE SET requests = r.requests + excluded.requests;
    END IF;
    IF turns < p_turns THEN
        SELECT day.free_at INTO free_at FROM public.api_requests_left(p_key_hash, p_per_day, v_first) AS day;
    END IF;

    UPDATE public.coperniq_api_keys
    SET
        next_turn_at = CASE WHEN turns > 0 THEN v_last + make_interval(secs => spacing) ELSE next_turn_at END,
        used_up_until = free_at
    WHERE key_hash = p_key_hash;
    from_arrival := extract(EPOCH FROM v_first - statement_timestamp());
    from_return := extract(EPOCH FROM v_first - clock_timestamp());
    RETURN NEXT;
END;
$$;
COMMENT ON FUNCTION public.take_api_turns(TEXT, INTEGER, INTEGER, INTEGER) IS
'Takes up to so many turns of a key, at most per_second in any second and per_day in any 24 hours; 0 is no limit. The
first is at from_arrival seconds after the call came, from_return after it ends; each next spacing seconds later. Fewer
turns than asked for: the day''s requests are used up until free_at.';

ALTER TABLE public.coperniq_api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.coperniq_api_requests ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON public.coperniq_api_keys, public.coperniq_api_requests FROM public, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.coperniq_api_keys, public.coperniq_api_requests TO service_role;
REVOKE ALL ON FUNCTION public.api_requests_left(TEXT, INTEGER, TIMESTAMPTZ)
FROM public, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.take_api_turns(TEXT, INTEGER, INTEGER, INTEGER)
FROM public, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION public.api_requests_left(TEXT, INTEGER, TIMESTAMPTZ) TO service_role;
GRANT EXECUTE ON FUNCTION public.take_api_turns(TEXT, INTEGER, INTEGER, INTEGER) TO service_role;

CREATE POLICY coperniq_api_keys_service ON public.coperniq_api_keys
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY coperniq_api_requests_service ON public.coperniq_api_requests
FOR ALL TO service_role USING (true) WITH CHECK (true);

-- Down Migration
-- DROP FUNCTION public.take_api_turns(TEXT, INTEGER, INTEGER, INTEGER);
-- DROP FUNCTION public.api_requests_left(TEXT, INTEGER, TIMESTAMPTZ);
-- DROP TABLE public.coperniq_api_requests;
-- DROP TABLE public.coperniq_api_keys;
