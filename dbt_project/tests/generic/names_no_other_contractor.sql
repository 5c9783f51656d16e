{#
    Rows of a contractor that name another one by the e-mail that this one signs in with. Two companies may share an
    e-mail, and whoever set a contractor up may work for it: neither is a stranger. The e-mail itself is not selected.
#}
{% test names_no_other_contractor(model, column_name, contractors, contractor='contractor_config_id') %}

WITH this AS (
    SELECT * FROM {{ model }}
    WHERE strpos({{ column_name }}, '@') > 0
)

SELECT DISTINCT
    this.{{ contractor }},
    other.id AS named_id
FROM this
INNER JOIN {{ contractors }} AS other ON lower(btrim(this.{{ column_name }})) = lower(btrim(other.contractor_email))
WHERE
    NOT EXISTS (
        SELECT FROM {{ contractors }} AS own
        WHERE
            own.id = this.{{ contractor }}
            AND lower(btrim(this.{{ column_name }})) IN (lower(btrim(own.contractor_email)), lower(own.created_by))
    )

{% endtest %}
