-- Forms: answers that are checked against their template when a form is submitted, revisions, reviews, and usage that
-- is counted once. The rules hold for every writer, because triggers keep them; the functions are for convenience.

ALTER TABLE public.mep_form_submissions ADD COLUMN reviewed_by TEXT, ADD COLUMN review_reason TEXT;
COMMENT ON COLUMN public.mep_form_submissions.reviewed_by IS 'Who approved or rejected it.';
COMMENT ON COLUMN public.mep_form_submissions.review_reason IS 'Why it was rejected: the contractor reads this.';

-- What was written before these rules held: further open revisions, of which the latest stays one and the others become
-- forms of their own, places among revisions, and events that were recorded twice.
WITH open_revisions AS (
    SELECT
        id,
        row_number() OVER (PARTITION BY parent_submission_id ORDER BY created_at DESC, id DESC) AS place
    FROM public.mep_form_submissions
    WHERE status = 'draft' AND parent_submission_id IS NOT NULL
)

UPDATE public.mep_form_submissions AS s
SET parent_submission_id = NULL, revision_count = 0
FROM open_revisions AS o
WHERE s.id = o.id AND o.place > 1;

WITH RECURSIVE chain AS (
    SELECT
        id,
        0 AS place
    FROM public.mep_form_submissions
    WHERE parent_submission_id IS NULL
    UNION ALL
    SELECT
        s.id,
        c.place + 1 AS place
    FROM public.mep_form_submissions AS s
    INNER JOIN chain AS c ON s.parent_submission_id = c.id
)

UPDATE public.mep_form_submissions AS s
SET revision_count = c.place
FROM chain AS c
WHERE s.id = c.id AND s.revision_count <> c.place;

WITH events AS (
    SELECT
        id,
        max(time_spent_seconds) OVER of_submission AS time_spent_seconds,
        row_number() OVER (of_submission ORDER BY timestamp, id) AS place
    FROM public.mep_template_usage
    WHERE submission_id IS NOT NULL AND action IN ('viewed', 'filled', 'submitted')
    WINDOW of_submission AS (PARTITION BY submission_id, action)
),

dropped AS (
    DELETE FROM public.mep_template_usage AS u
    USING events AS e
    WHERE u.id = e.id AND e.place > 1
)

UPDATE public.mep_template_usage AS u
SET time_spent_seconds = e.time_spent_seconds
FROM events AS e
WHERE u.id = e.id AND e.place = 1 AND u.time_spent_seconds IS NULL;

CREATE UNIQUE INDEX mep_template_usage_once_a_submission ON public.mep_template_usage (submission_id, action)
WHERE submission_id IS NOT NULL AND action IN ('viewed', 'filled', 'submitted');
COMMENT ON INDEX public.mep_template_usage_once_a_submission IS
'A submission is viewed, filled and submitted once each, however often that is reported.';

CREATE UNIQUE INDEX mep_form_submissions_one_open_revision ON public.mep_form_submissions (parent_submission_id)
WHERE status = 'draft';
COMMENT ON INDEX public.mep_form_submissions_one_open_revision IS
'A submission has one revision at a time that is still a draft.';

-- Answers ------------------------------------------------------------------------------------------------------------
-- An answer is what form_data holds under the name of a field; its faults are sentences for whoever fills the form.

CREATE FUNCTION public.form_answer_text(p_answer JSONB) RETURNS TEXT
LANGUAGE sql IMMUTABLE
SET search_path = ''
AS $$
    SELECT CASE WHEN jsonb_typeof(p_answer) IN ('string', 'number') THEN p_answer #>> '{}' END;
$$;
COMMENT ON FUNCTION public.form_answer_text(JSONB) IS
'The text of a JSON string or number; NULL for any other kind of answer.';

CREATE FUNCTION public.trim_form_answer(p_text TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE
SET search_path = ''
AS $$
    SELECT btrim(p_text, E' \t\n\r\u00a0');
$$;
COMMENT ON FUNCTION public.trim_form_answer(TEXT) IS 'The text without the white space around it.';

CREATE FUNCTION public.form_answer_is_given(p_answer JSONB) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE
SET search_path = ''
AS $$
    SELECT CASE coalesce(jsonb_typeof(p_answer), 'null')
        WHEN 'null' THEN false
        WHEN 'string' THEN public.trim_form_answer(p_answer #>> '{}') <> ''
        ELSE p_answer <> '[]'
    END;
$$;
COMMENT ON FUNCTION public.form_answer_is_given(JSONB) IS
'False for what is not there, null, a blank string and an empty list: such a field is not filled.';

CREATE FUNCTION public.quote_form_answer(p_answer JSONB) RETURNS TEXT
LANGUAGE sql IMMUTABLE
SET search_path = ''
AS $$
    SELECT CASE jsonb_typeof(p_answer)
        WHEN 'object' THEN 'an object'
        WHEN 'array' THEN 'a list'
        WHEN 'string' THEN format(
            '"%s%s"',
            regexp_replace(left(p_answer #>> '{}', 40), '[[:space:][:cntrl:]]+', ' ', 'g'),
            CASE WHEN length(p_answer #>> '{}') > 40 THEN '…' END
        )
        ELSE left(p_answer #>> '{}', 40) || CASE WHEN length(p_answer #>> '{}') > 40 THEN '…' ELSE '' END
    END;
$$;
COMMENT ON FUNCTION public.quote_form_answer(JSONB) IS 'The answer as a problem quotes it: short, and in one line.';

CREATE FUNCTION public.form_rule_limit(p_rules JSONB, p_key TEXT) RETURNS NUMERIC
LANGUAGE sql IMMUTABLE
SET search_path = ''
AS $$
    SELECT CASE WHEN jsonb_typeof(p_rules -> p_key) = 'number' THEN (p_rules ->> p_key)::numeric END;
$$;
COMMENT ON FUNCTION public.form_rule_limit(JSONB, TEXT) IS 'The number that a rule sets; NULL where it sets none.';

CREATE FUNCTION public.form_answer_fits(p_text TEXT, p_rules JSONB) RETURNS BOOLEAN
LANGUAGE plpgsql IMMUTABLE
SET search_path = ''
AS $$
DECLARE
    v_pattern TEXT := CASE WHEN jsonb_typeof(p_rules -> 'pattern') = 'string' THEN p_rules ->> 'pattern' END;
BEGIN
    -- Back references make PostgreSQL try one way after the other, and counts within counts a machine of as many states
    -- as their product; without them it reads the text once.
    IF v_pattern IS NULL OR length(v_pattern) > 500 OR v_pattern ~ '\\[0-9]' OR (
        SELECT sum(ln(greatest(c.found[1]::numeric, 1))) > ln(2500.5)
        FROM regexp_matches(v_pattern, '([0-9]+),?\}', 'g') AS c (found)
    ) THEN
        RETURN true;
    END IF;
    RETURN length(p_text) <= 1000 AND p_text ~ format('^(?:%s)$', v_pattern);
EXCEPTION
    WHEN invalid_regular_expression THEN
        RETURN true;
END;
$$;
COMMENT ON FUNCTION public.form_answer_fits(TEXT, JSONB) IS
'Whether the whole text matches the pattern of the rules. A pattern that is no regular expression, refers back, has
counts whose product is above 2500 or more than 500 characters is not judged; a text of more than 1000 characters
matches no pattern.';

CREATE FUNCTION public.text_answer_faults(p_field public.TEMPLATE_FIELDS, p_answer JSONB)
RETURNS TABLE (rule TEXT, problem TEXT)
LANGUAGE plpgsql STABLE
SET search_path = ''
AS $$
DECLARE
    v_rules JSONB := p_field.validation_rules;
    v_text TEXT := public.form_answer_text(p_answer);
    v_quoted TEXT := public.quote_form_answer(p_answer);
BEGIN
    IF v_text IS NULL THEN
        RETURN QUERY SELECT 'type', format('%s must be text, not %s: write it as text.', p_field.label, v_quoted);
        RETURN;
    END IF;
    RETURN QUERY SELECT broken.rule, format('%s %s', p_field.label, broken.problem)
    FROM (VALUES
        (
            'min_length',
            length(v_text) < public.form_rule_limit(v_rules, 'min_length'),
            format('has %s characters: write at least %s.', length(v_text), v_rules ->> 'min_length')
        ),
        (
            'max_length',
            length(v_text) > public.form_rule_limit(v_rules, 'max_length'),
            format('has %s characters: shorten it to at most %s.', length(v_text), v_rules ->> 'max_length')
        ),
        (
            'pattern',
            NOT public.form_answer_fits(v_text, v_rules),
            CASE WHEN p_field.placeholder <> '' AND public.form_answer_fits(p_field.placeholder, v_rules)
                THEN format('is %s: write it like %s.', v_quoted, p_field.placeholder)
                ELSE format('is %s: write it so that it matches %s.', v_quoted, v_rules ->> 'pattern')
            END
        )
    ) AS broken (rule, is_broken, problem)
    WHERE broken.is_broken;
END;
$$;
COMMENT ON FUNCTION public.text_answer_faults(public.template_fields, JSONB) IS
'Faults of an answer to a Text field: a string, or a number as it is written.';

CREATE FUNCTION public.numeric_answer_faults(p_field public.TEMPLATE_FIELDS, p_answer JSONB)
RETURNS TABLE (rule TEXT, problem TEXT)
LANGUAGE plpgsql STABLE
SET search_path = ''
AS $$
DECLARE
    v_rules JSONB := p_field.validation_rules;
    v_text TEXT := public.trim_form_answer(public.form_answer_text(p_answer));
    v_quoted TEXT := public.quote_form_answer(p_answer);
    v_number NUMERIC;
BEGIN
    IF jsonb_typeof(p_answer) = 'number' OR (length(v_text) <= 100 AND v_text ~ '^-?[0-9]+(\.[0-9]+)?$') THEN
        v_number := v_text::numeric;
    ELSE
        RETURN QUERY SELECT 'type', format(
            '%s must be a number, not %s: write digits only, such as 1250.50.', p_field.label, v_quoted
        );
    END IF;
    RETURN QUERY SELECT broken.rule, format('%s is %s: enter %s.', p_field.label, v_quoted, broken.remedy)
    FROM (VALUES
        ('min', v_number < public.form_rule_limit(v_rules, 'min'), format('at least %s', v_rules ->> 'min')),
        ('max', v_number > public.form_rule_limit(v_rules, 'max'), format('at most %s', v_rules ->> 'max'))
    ) AS broken (rule, is_broken, remedy)
    WHERE broken.is_broken;
END;
$$;
COMMENT ON FUNCTION public.numeric_answer_faults(public.template_fields, JSONB) IS
'Faults of an answer to a Numeric field: a JSON number, or a string of digits with at most a minus sign and a point.';

CREATE FUNCTION public.list_form_options(p_options TEXT[]) RETURNS TEXT
LANGUAGE sql IMMUTABLE
SET search_path = ''
AS $$
    SELECT CASE WHEN length(o.listed) <= 200 THEN o.listed ELSE left(o.listed, 200) || '…' END
    FROM (SELECT array_to_string(p_options, ', ')) AS o (listed);
$$;
COMMENT ON FUNCTION public.list_form_options(TEXT[]) IS 'The choices of a field as a problem lists them.';

CREATE FUNCTION public.select_answer_faults(p_field public.TEMPLATE_FIELDS, p_answer JSONB)
RETURNS TABLE (rule TEXT, problem TEXT)
LANGUAGE plpgsql STABLE
SET search_path = ''
AS $$
DECLARE
    v_text TEXT := public.form_answer_text(p_answer);
    v_quoted TEXT := public.quote_form_answer(p_answer);
    v_options TEXT := public.list_form_options(p_field.options);
BEGIN
    IF v_text IS NULL THEN
        RETURN QUERY SELECT 'type', format(
            '%s must be one choice, not %s: choose one of %s.', p_field.label, v_quoted, v_options
        );
    ELSIF v_text <> ALL (p_field.options) THEN
        RETURN QUERY SELECT 'options', format('%s is %s: choose one of %s.', p_field.label, v_quoted, v_options);
    END IF;
END;
$$;
COMMENT ON FUNCTION public.select_answer_faults(public.template_fields, JSONB) IS
'Faults of an answer to a Single select field: one of its options.';

CREATE FUNCTION public.multiple_answer_faults(p_field public.TEMPLATE_FIELDS, p_answer JSONB)
RETURNS TABLE (rule TEXT, problem TEXT)
LANGUAGE plpgsql STABLE
SET search_path = ''
AS $$
DECLARE
    v_options TEXT := public.list_form_options(p_field.options);
    v_max NUMERIC := public.form_rule_limit(p_field.validation_rules, 'max_choices');
BEGIN
    IF jsonb_typeof(p_answer) <> 'array' OR EXISTS (
        SELECT FROM jsonb_array_elements(p_answer) AS a (choice) WHERE public.form_answer_text(a.choice) IS NULL
    ) THEN
        RETURN QUERY SELECT 'type', format(
            '%s must be a list of choices: choose among %s.', p_field.label, v_options
        );
        RETURN;
    END IF;
    RETURN QUERY SELECT 'options', format(
        '%s has %s: choose among %s.', p_field.label, public.quote_form_answer(a.choice), v_options
    )
    FROM jsonb_array_elements(p_answer) WITH ORDINALITY AS a (choice, place)
    WHERE public.form_answer_text(a.choice) <> ALL (p_field.options)
    ORDER BY a.place
    LIMIT 1;
    RETURN QUERY SELECT 'distinct', format(
        '%s has %s more than once: choose it once.', p_field.label, public.quote_form_answer(to_jsonb(a.choice #>> '{}'))
    )
    FROM jsonb_array_elements(p_answer) WITH ORDINALITY AS a (choice, place)
    GROUP BY a.choice #>> '{}'
    HAVING count(*) > 1
    ORDER BY min(a.place)
    LIMIT 1;
    IF jsonb_array_length(p_answer) > v_max THEN
        RETURN QUERY SELECT 'max_choices', format(
            '%s has %s choices: keep at most %s.', p_field.label, jsonb_array_length(p_answer), v_max
        );
    END IF;
END;
$$;
COMMENT ON FUNCTION public.multiple_answer_faults(public.template_fields, JSONB) IS
'Faults of an answer to a Multiple select field: a list of its options, each at most once.';

CREATE FUNCTION public.form_answer_is_file(p_answer JSONB) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE
SET search_path = ''
AS $$
    SELECT CASE jsonb_typeof(p_answer)
        WHEN 'string' THEN public.form_answer_is_given(p_answer)
        WHEN 'object' THEN EXISTS (
            SELECT FROM unnest(ARRAY['url', 'name']) AS k (key)
            WHERE jsonb_typeof(p_answer -> k.key) = 'string' AND public.form_answer_is_given(p_answer -> k.key)
        )
        ELSE false
    END;
$$;
COMMENT ON FUNCTION public.form_answer_is_file(JSONB) IS
'Whether it names a file: a string that is not blank, or an object with such a string as url or name.';

CREATE FUNCTION public.file_answer_faults(p_field public.TEMPLATE_FIELDS, p_answer JSONB)
RETURNS TABLE (rule TEXT, problem TEXT)
LANGUAGE plpgsql STABLE
SET search_path = ''
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM jsonb_array_elements(
            CASE jsonb_typeof(p_answer) WHEN 'array' THEN p_answer ELSE jsonb_build_array(p_answer) END
        ) AS a (file)
        WHERE NOT public.form_answer_is_file(a.file)
    ) THEN
        RETURN QUERY SELECT 'type', format('%s holds something that is no file: attach the file again.', p_field.label);
    END IF;
END;
$$;
COMMENT ON FUNCTION public.file_answer_faults(public.template_fields, JSONB) IS
'Faults of an answer to a File field: a file, or a list of files.';

CREATE FUNCTION public.form_answer_faults(p_field public.TEMPLATE_FIELDS, p_answer JSONB)
RETURNS TABLE (rule TEXT, problem TEXT)
LANGUAGE plpgsql STABLE
SET search_path = ''
AS $$
BEGIN
    IF NOT public.form_answer_is_given(p_answer) THEN
        RETURN QUERY SELECT 'required', format('%s is required: fill it in before you submit.', p_field.label)
        WHERE p_field.is_required;
        RETURN;
    END IF;
    CASE p_field.field_type
        WHEN 'Text' THEN
            RETURN QUERY SELECT f.rule, f.problem FROM public.text_answer_faults(p_field, p_answer) AS f;
        WHEN 'Numeric' THEN
            RETURN QUERY SELECT f.rule, f.problem FROM public.numeric_answer_faults(p_field, p_answer) AS f;
        WHEN 'Single select' THEN
            RETURN QUERY SELECT f.rule, f.problem FROM public.select_answer_faults(p_field, p_answer) AS f;
        WHEN 'Multiple select' THEN
            RETURN QUERY SELECT f.rule, f.problem FROM public.multiple_answer_faults(p_field, p_answer) AS f;
        WHEN 'File' THEN
            RETURN QUERY SELECT f.rule, f.problem FROM public.file_answer_faults(p_field, p_answer) AS f;
    END CASE;
END;
$$;
COMMENT ON FUNCTION public.form_answer_faults(public.template_fields, JSONB) IS
'Faults of the answer to one field; NULL is no answer.';

CREATE FUNCTION public.check_form_data(p_template_id UUID, p_form_data JSONB)
RETURNS TABLE (field TEXT, label TEXT, rule TEXT, problem TEXT)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.templates AS t WHERE t.id = p_template_id) THEN
        RAISE no_data_found USING MESSAGE = format(
            'Template %s does not exist: look its id up in templates.', coalesce(p_template_id::text, '(none)')
        );
    END IF;
    RETURN QUERY
    SELECT f.name, f.label, a.rule, a.problem
    FROM public.template_fields AS f
    INNER JOIN public.template_groups AS g ON f.group_id = g.id
    CROSS JOIN LATERAL public.form_answer_faults(f, p_form_data -> f.name) WITH ORDINALITY AS a (rule, problem, place)
    WHERE f.template_id = p_template_id AND f.retired_at IS NULL AND g.retired_at IS NULL
    ORDER BY g.display_order, g.name, f.display_order, f.name, a.place;
END;
$$;
COMMENT ON FUNCTION public.check_form_data(UUID, JSONB) IS
'One row for each fault that keeps these answers from being submitted, in the order of the form; none where there is
none. Reads templates only, with the owner''s rights: whoever writes a form, its rules are seen. What is retired is not
judged, nor are keys that name no field.';

-- Triggers -----------------------------------------------------------------------------------------------------------

CREATE FUNCTION public.place_form_revision() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_status public.SUBMISSION_STATUS;
BEGIN
    NEW.revision_count := 0;
    NEW.reviewed_by := NULL;
    NEW.review_reason := NULL;
    IF NEW.parent_submission_id IS NULL THEN
        RETURN NEW;
    END IF;
    -- A parent was there before, and keeps its own parent: no chain of revisions is a cycle.
    SELECT s.status, s.revision_count + 1 INTO v_status, NEW.revision_count
    FROM public.mep_form_submissions AS s
    WHERE s.id = NEW.parent_submission_id
        AND s.contractor_config_id = NEW.contractor_config_id
        AND s.template_id = NEW.template_id;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING
            CONSTRAINT = 'mep_form_submissions_parent_of_same_contractor',
            MESSAGE = format(
                'Submission %s is none of this contractor and template: a revision has both from its parent.',
                NEW.parent_submission_id
            );
    END IF;
    IF v_status IN ('draft', 'archived') THEN
        RAISE check_violation USING MESSAGE = format(
            'Submission %s is %s and takes no revision: %s.',
            NEW.parent_submission_id,
            v_status,
            CASE v_status WHEN 'draft' THEN 'change the draft itself' ELSE 'create a new form' END
        );
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.place_form_revision() IS
'Trigger: a revision is one of a submission that left its draft, of the same contractor and template, and counts on.';

CREATE TRIGGER mep_form_submissions_place
BEFORE INSERT ON public.mep_form_submissions
FOR EACH ROW EXECUTE FUNCTION public.place_form_revision();

CREATE FUNCTION public.keep_form_submission() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_reviewed BOOLEAN := OLD.status = 'submitted' AND NEW.status IN ('approved', 'rejected');
BEGIN
    IF (NEW.id, NEW.template_id, NEW.contractor_config_id, NEW.submission_number) IS DISTINCT FROM
        (OLD.id, OLD.template_id, OLD.contractor_config_id, OLD.submission_number)
        OR (NEW.parent_submission_id, NEW.revision_count) IS DISTINCT FROM
        (OLD.parent_submission_id, OLD.revision_count)
    THEN
        RAISE check_violation USING MESSAGE = format(
            'Submission %s keeps its id, template, contractor, number and parent: create another one instead.', OLD.id
        );
    END IF;
    IF OLD.status <> 'draft' AND NEW.form_data IS DISTINCT FROM OLD.form_data THEN
        RAISE check_violation USING MESSAGE = format(
            'Submission %s is %s and keeps its answers: revise_form_submission() makes a draft of them.',
            OLD.id, OLD.status
        );
    END IF;
    IF v_reviewed THEN
        NEW.reviewed_by := coalesce(NEW.reviewed_by, auth.jwt() ->> 'email', current_user);
    ELSIF (NEW.reviewed_by, NEW.review_reason) IS DISTINCT FROM (OLD.reviewed_by, OLD.review_reason) THEN
        RAISE check_violation USING MESSAGE = format(
            'Submission %s keeps its review: who reviewed it and why is written with the approval or rejection.', OLD.id
        );
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.keep_form_submission() IS
'Trigger: what a submission is stays, its answers once it left its draft, and its review once it was made.';

CREATE TRIGGER mep_form_submissions_keep
BEFORE UPDATE ON public.mep_form_submissions
FOR EACH ROW EXECUTE FUNCTION public.keep_form_submission();

CREATE FUNCTION public.refuse_large_form() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    RAISE check_violation USING
        CONSTRAINT = 'mep_form_submissions_size',
        MESSAGE = format(
            'The answers have %s bytes, and at most 1 MiB is kept: shorten them, and give files by their addresses.',
            octet_length(NEW.form_data::text)
        );
END;
$$;
COMMENT ON FUNCTION public.refuse_large_form() IS
'Trigger: answers are what somebody filled in; a file among them is named, not contained.';

CREATE TRIGGER mep_form_submissions_size
BEFORE INSERT OR UPDATE OF form_data ON public.mep_form_submissions
FOR EACH ROW WHEN (octet_length(new.form_data::text) > 1048576)
EXECUTE FUNCTION public.refuse_large_form();

CREATE FUNCTION public.check_form_submission() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_faults JSONB;
BEGIN
    SELECT jsonb_agg(to_jsonb(f)) INTO v_faults
    FROM public.check_form_data(NEW.template_id, NEW.form_data) AS f;
    IF v_faults IS NULL THEN
        RETURN NULL;
    END IF;
    -- The message goes into logs, so that it quotes no answer; the detail is for whoever fills the form.
    RAISE check_violation USING
        CONSTRAINT = 'mep_form_submissions_answers',
        MESSAGE = format(
            'The form cannot be submitted: %s to correct, the first is %s (%s).',
            CASE jsonb_array_length(v_faults) WHEN 1 THEN '1 answer'
                ELSE format('%s answers', jsonb_array_length(v_faults)) END,
            v_faults #>> '{0,label}',
            v_faults #>> '{0,rule}'
        ),
        DETAIL = v_faults::text,
        HINT = 'check_form_data() lists the same before you submit; a draft may be incomplete.';
END;
$$;
COMMENT ON FUNCTION public.check_form_submission() IS
'Trigger, after the row is written: refuses a submitted form with faults, all of them in one error. What is checked is
what is stored.';

CREATE TRIGGER mep_form_submissions_check_born
AFTER INSERT ON public.mep_form_submissions
FOR EACH ROW WHEN (new.status = 'submitted')
EXECUTE FUNCTION public.check_form_submission();
CREATE TRIGGER mep_form_submissions_check_submitted
AFTER UPDATE ON public.mep_form_submissions
FOR EACH ROW WHEN (old.status = 'draft' AND new.status = 'submitted')
EXECUTE FUNCTION public.check_form_submission();

CREATE FUNCTION public.count_form_submission() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
    INSERT INTO public.mep_template_usage (template_id, contractor_config_id, submission_id, action, user_email)
    SELECT
        NEW.template_id,
        NEW.contractor_config_id,
        NEW.id,
        done.action::public.USAGE_ACTION_TYPE,
        coalesce(NEW.submitted_by, public.current_contractor_email())
    FROM (VALUES ('filled', TG_OP = 'INSERT'), ('submitted', NEW.status = 'submitted')) AS done (action, is_done)
    WHERE done.is_done
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.count_form_submission() IS
'Trigger: a new form counts as filled, one that is submitted as submitted, for every writer, once each.';

CREATE TRIGGER mep_form_submissions_count_born
AFTER INSERT ON public.mep_form_submissions
FOR EACH ROW EXECUTE FUNCTION public.count_form_submission();
CREATE TRIGGER mep_form_submissions_count_submitted
AFTER UPDATE ON public.mep_form_submissions
FOR EACH ROW WHEN (old.status = 'draft' AND new.status = 'submitted')
EXECUTE FUNCTION public.count_form_submission();

CREATE FUNCTION public.check_template_usage() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_template UUID;
    v_status public.SUBMISSION_STATUS;
BEGIN
    -- Asked before an event that is there already takes the place of the new one, which the foreign key is not.
    SELECT s.template_id, s.status INTO v_template, v_status
    FROM public.mep_form_submissions AS s
    WHERE s.id = NEW.submission_id AND s.contractor_config_id = NEW.contractor_config_id;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING
            CONSTRAINT = 'mep_template_usage_submission_of_same_contractor',
            MESSAGE = format('Submission %s is none of this contractor: give one of its own.', NEW.submission_id);
    ELSIF v_template <> NEW.template_id THEN
        RAISE check_violation USING
            CONSTRAINT = 'mep_template_usage_template_of_submission',
            MESSAGE = format(
                'Submission %s is of another template: give the template that it was filled from.', NEW.submission_id
            );
    ELSIF v_status = 'draft' AND NEW.action IN ('submitted', 'exported') THEN
        RAISE check_violation USING
            CONSTRAINT = 'mep_template_usage_of_draft',
            MESSAGE = format('Submission %s is a draft: it is not %s.', NEW.submission_id, NEW.action);
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.check_template_usage() IS
'Trigger: what is done with a form is done by its contractor and with its template, and a draft is not submitted.';

CREATE TRIGGER mep_template_usage_check
BEFORE INSERT OR UPDATE OF template_id, submission_id, contractor_config_id ON public.mep_template_usage
FOR EACH ROW WHEN (new.submission_id IS NOT NULL)
EXECUTE FUNCTION public.check_template_usage();

-- Functions for contractors ------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION public.record_template_usage(
    p_template_id UUID,
    p_contractor_id UUID,
    p_action public.USAGE_ACTION_TYPE,
    p_user_email TEXT DEFAULT NULL,
    p_time_spent_seconds INTEGER DEFAULT NULL,
    p_submission_id UUID DEFAULT NULL
) RETURNS UUID
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
    v_id UUID;
BEGIN
    PERFORM public.require_contractor(p_contractor_id);
    INSERT INTO public.mep_template_usage AS u (
        template_id, contractor_config_id, submission_id, action, time_spent_seconds, user_email
    ) VALUES (
        p_template_id,
        p_contractor_id,
        p_submission_id,
        p_action,
        p_time_spent_seconds,
        coalesce(p_user_email, public.current_contractor_email())
    )
    ON CONFLICT (submission_id, action)
    WHERE submission_id IS NOT NULL AND action IN ('viewed', 'filled', 'submitted')
    DO UPDATE SET time_spent_seconds = coalesce(u.time_spent_seconds, excluded.time_spent_seconds)
    RETURNING u.id INTO v_id;
    RETURN v_id;
END;
$$;
COMMENT ON FUNCTION public.record_template_usage(UUID, UUID, public.usage_action_type, TEXT, INTEGER, UUID) IS
'Records one usage event and returns its id. What a submission has been counted for is not counted again: that event
takes the time, where it has none, and its id is returned. 0 seconds is a time.';

CREATE FUNCTION public.require_form_submission(p_submission_id UUID) RETURNS public.MEP_FORM_SUBMISSIONS
LANGUAGE plpgsql STABLE
SET search_path = ''
AS $$
DECLARE
    v_found public.MEP_FORM_SUBMISSIONS;
BEGIN
    SELECT s.* INTO v_found FROM public.mep_form_submissions AS s WHERE s.id = p_submission_id;
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = format(
            'Submission %s does not exist or is not yours: look its id up in form_submission_details.',
            coalesce(p_submission_id::text, '(none)')
        );
    END IF;
    PERFORM public.require_contractor(v_found.contractor_config_id);
    RETURN v_found;
END;
$$;
COMMENT ON FUNCTION public.require_form_submission(UUID) IS
'The submission of that id; insufficient_privilege unless the caller may see it and is its contractor.';

CREATE FUNCTION public.submit_form_submission(p_submission_id UUID) RETURNS BOOLEAN
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_status public.SUBMISSION_STATUS;
BEGIN
    PERFORM public.require_form_submission(p_submission_id);
    UPDATE public.mep_form_submissions SET status = 'submitted' WHERE id = p_submission_id AND status = 'draft';
    IF FOUND THEN
        RETURN true;
    END IF;
    SELECT s.status INTO v_status FROM public.mep_form_submissions AS s WHERE s.id = p_submission_id;
    IF v_status IS DISTINCT FROM 'submitted' THEN
        RAISE check_violation USING MESSAGE = format(
            'Submission %s is %s: only a draft is submitted. revise_form_submission() makes a new one.',
            p_submission_id, v_status
        );
    END IF;
    RETURN false;
END;
$$;
COMMENT ON FUNCTION public.submit_form_submission(UUID) IS
'Submits a draft of the caller''s; false where it was submitted already, as by a call whose answer was lost.';

CREATE FUNCTION public.revise_form_submission(
    p_submission_id UUID, p_form_data JSONB DEFAULT NULL, p_submitted_by TEXT DEFAULT NULL
) RETURNS UUID
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_parent public.MEP_FORM_SUBMISSIONS := public.require_form_submission(p_submission_id);
    v_id UUID;
    v_constraint TEXT;
BEGIN
    INSERT INTO public.mep_form_submissions (
        template_id, contractor_config_id, parent_submission_id, form_title, form_data, submitted_by
    ) VALUES (
        v_parent.template_id,
        v_parent.contractor_config_id,
        v_parent.id,
        v_parent.form_title,
        coalesce(p_form_data, v_parent.form_data),
        coalesce(p_submitted_by, public.current_contractor_email())
    ) RETURNING id INTO v_id;
    RETURN v_id;
EXCEPTION
    WHEN unique_violation THEN
        GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
        IF v_constraint <> 'mep_form_submissions_one_open_revision' THEN
            RAISE;
        END IF;
        SELECT s.id INTO v_id
        FROM public.mep_form_submissions AS s
        WHERE s.parent_submission_id = p_submission_id AND s.status = 'draft';
        RAISE unique_violation USING
            CONSTRAINT = v_constraint,
            MESSAGE = format(
                'Submission %s is being revised already: change and submit draft %s.',
                p_submission_id, coalesce(v_id::text, 'that was just created')
            );
END;
$$;
COMMENT ON FUNCTION public.revise_form_submission(UUID, JSONB, TEXT) IS
'Creates a draft that revises a submission of the caller''s, with its title and, unless given, its answers; returns the
draft''s id.';

-- Functions for reviewers --------------------------------------------------------------------------------------------

CREATE FUNCTION public.review_form_submission(
    p_submission_id UUID, p_status public.SUBMISSION_STATUS, p_reviewed_by TEXT, p_reason TEXT
) RETURNS BOOLEAN
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_status public.SUBMISSION_STATUS;
BEGIN
    PERFORM public.require_form_submission(p_submission_id);
    UPDATE public.mep_form_submissions
    SET status = p_status, reviewed_by = p_reviewed_by, review_reason = p_reason
    WHERE id = p_submission_id AND status = 'submitted';
    IF FOUND THEN
        RETURN true;
    END IF;
    SELECT s.status INTO v_status FROM public.mep_form_submissions AS s WHERE s.id = p_submission_id;
    IF v_status IS DISTINCT FROM p_status THEN
        RAISE check_violation USING MESSAGE = format(
            'Submission %s is %s: only a submitted one can be %s.', p_submission_id, v_status, p_status
        );
    END IF;
    RETURN false;
END;
$$;
COMMENT ON FUNCTION public.review_form_submission(UUID, public.submission_status, TEXT, TEXT) IS
'Approves or rejects a submitted form; false where it has that status already, and keeps the first review.';

CREATE FUNCTION public.approve_form_submission(
    p_submission_id UUID, p_reviewed_by TEXT DEFAULT NULL
) RETURNS BOOLEAN
LANGUAGE sql
SET search_path = ''
AS $$
    SELECT public.review_form_submission(p_submission_id, 'approved', p_reviewed_by, NULL);
$$;
COMMENT ON FUNCTION public.approve_form_submission(UUID, TEXT) IS
'Approves a submitted form, which may then go to Coperniq; false where it was approved already.';

CREATE FUNCTION public.reject_form_submission(
    p_submission_id UUID, p_reviewed_by TEXT, p_reason TEXT
) RETURNS BOOLEAN
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    IF coalesce(btrim(p_reason), '') = '' THEN
        RAISE check_violation USING
            MESSAGE = 'A rejection says why: give a reason, the contractor reads it.';
    END IF;
    RETURN public.review_form_submission(p_submission_id, 'rejected', p_reviewed_by, p_reason);
END;
$$;
COMMENT ON FUNCTION public.reject_form_submission(UUID, TEXT, TEXT) IS
'Rejects a submitted form with a reason; false where it was rejected already, and keeps the first reason.';

-- Grants: contractors check, submit and revise their own; reviews are the service role's ----------------------------

GRANT INSERT (parent_submission_id) ON public.mep_form_submissions TO authenticated;

REVOKE ALL ON FUNCTION
public.form_answer_text(JSONB),
public.trim_form_answer(TEXT),
public.form_answer_is_given(JSONB),
public.quote_form_answer(JSONB),
public.form_rule_limit(JSONB, TEXT),
public.form_answer_fits(TEXT, JSONB),
public.list_form_options(TEXT[]),
public.form_answer_is_file(JSONB),
public.text_answer_faults(public.template_fields, JSONB),
public.numeric_answer_faults(public.template_fields, JSONB),
public.select_answer_faults(public.template_fields, JSONB),
public.multiple_answer_faults(public.template_fields, JSONB),
public.file_answer_faults(public.template_fields, JSONB),
public.form_answer_faults(public.template_fields, JSONB),
public.check_form_data(UUID, JSONB),
public.place_form_revision(),
public.keep_form_submission(),
public.refuse_large_form(),
public.check_form_submission(),
public.check_template_usage(),
public.count_form_submission(),
public.require_form_submission(UUID),
public.submit_form_submission(UUID),
public.revise_form_submission(UUID, JSONB, TEXT),
public.review_form_submission(UUID, public.submission_status, TEXT, TEXT),
public.approve_form_submission(UUID, TEXT),
public.reject_form_submission(UUID, TEXT, TEXT)
FROM PUBLIC, anon, authenticated, service_role;

GRANT EXECUTE ON FUNCTION
public.check_form_data(UUID, JSONB),
public.require_form_submission(UUID),
public.submit_form_submission(UUID),
public.revise_form_submission(UUID, JSONB, TEXT)
TO authenticated, service_role;

GRANT EXECUTE ON FUNCTION
public.review_form_submission(UUID, public.submission_status, TEXT, TEXT),
public.approve_form_submission(UUID, TEXT),
public.reject_form_submission(UUID, TEXT, TEXT)
TO service_role;

-- Down Migration
-- REVOKE INSERT (parent_submission_id) ON public.mep_form_submissions FROM authenticated;
-- DROP FUNCTION public.reject_form_submission(UUID, TEXT, TEXT);
-- DROP FUNCTION public.approve_form_submission(UUID, TEXT);
-- DROP FUNCTION public.review_form_submission(UUID, public.submission_status, TEXT, TEXT);
-- DROP FUNCTION public.revise_form_submission(UUID, JSONB, TEXT);
-- DROP FUNCTION public.submit_form_submission(UUID);
-- DROP FUNCTION public.require_form_submission(UUID);
-- CREATE OR REPLACE FUNCTION public.record_template_usage(
--     p_template_id UUID,
--     p_contractor_id UUID,
--     p_action public.USAGE_ACTION_TYPE,
--     p_user_email TEXT DEFAULT NULL,
--     p_time_spent_seconds INTEGER DEFAULT NULL,
--     p_submission_id UUID DEFAULT NULL
-- ) RETURNS UUID
-- LANGUAGE plpgsql SECURITY INVOKER
-- SET search_path = ''
-- AS $$
-- DECLARE
--     v_id UUID;
-- BEGIN
--     PERFORM public.require_contractor(p_contractor_id);
--     INSERT INTO public.mep_template_usage (
--         template_id, contractor_config_id, submission_id, action, time_spent_seconds, user_email
--     ) VALUES (
--         p_template_id,
--         p_contractor_id,
--         p_submission_id,
--         p_action,
--         p_time_spent_seconds,
--         coalesce(p_user_email, public.current_contractor_email())
--     ) RETURNING id INTO v_id;
--     RETURN v_id;
-- END;
-- $$;
-- COMMENT ON FUNCTION public.record_template_usage(UUID, UUID, public.usage_action_type, TEXT, INTEGER, UUID) IS
-- 'Records one usage event and returns its id. 0 seconds is a time.';
-- DROP TRIGGER mep_template_usage_check ON public.mep_template_usage;
-- DROP TRIGGER mep_form_submissions_count_submitted ON public.mep_form_submissions;
-- DROP TRIGGER mep_form_submissions_count_born ON public.mep_form_submissions;
-- DROP TRIGGER mep_form_submissions_check_submitted ON public.mep_form_submissions;
-- DROP TRIGGER mep_form_submissions_check_born ON public.mep_form_submissions;
-- DROP TRIGGER mep_form_submissions_size ON public.mep_form_submissions;
-- DROP TRIGGER mep_form_submissions_keep ON public.mep_form_submissions;
-- DROP TRIGGER mep_form_submissions_place ON public.mep_form_submissions;
-- DROP FUNCTION public.check_template_usage();
-- DROP FUNCTION public.count_form_submission();
-- DROP FUNCTION public.check_form_submission();
-- DROP FUNCTION public.refuse_large_form();
-- DROP FUNCTION public.keep_form_submission();
-- DROP FUNCTION public.place_form_revision();
-- DROP FUNCTION public.check_form_data(UUID, JSONB);
-- DROP FUNCTION public.form_answer_faults(public.template_fields, JSONB);
-- DROP FUNCTION public.file_answer_faults(public.template_fields, JSONB);
-- DROP FUNCTION public.multiple_answer_faults(public.template_fields, JSONB);
-- DROP FUNCTION public.select_answer_faults(public.template_fields, JSONB);
-- DROP FUNCTION public.numeric_answer_faults(public.template_fields, JSONB);
-- DROP FUNCTION public.text_answer_faults(public.template_fields, JSONB);
-- DROP FUNCTION public.form_answer_is_file(JSONB);
-- DROP FUNCTION public.list_form_options(TEXT[]);
-- DROP FUNCTION public.form_answer_fits(TEXT, JSONB);
-- DROP FUNCTION public.form_rule_limit(JSONB, TEXT);
-- DROP FUNCTION public.quote_form_answer(JSONB);
-- DROP FUNCTION public.form_answer_is_given(JSONB);
-- DROP FUNCTION public.trim_form_answer(TEXT);
-- DROP FUNCTION public.form_answer_text(JSONB);
-- DROP INDEX public.mep_form_submissions_one_open_revision;
-- DROP INDEX public.mep_template_usage_once_a_submission;
-- ALTER TABLE public.mep_form_submissions DROP COLUMN review_reason, DROP COLUMN reviewed_by;
