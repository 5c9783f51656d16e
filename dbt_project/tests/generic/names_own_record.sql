{#
    Rows that name a record of a file that is not there, or is another contractor's. Nothing removes the rows of an
    import that was entered. Of what came in lately, each is looked up (OFFSET 0), and the records are not read whole.
#}
{% test names_own_record(model, column_name, records, imports) %}

WITH this AS (
    SELECT * FROM {{ model }}
    WHERE {{ column_name }} IS NOT NULL
)

SELECT
    this.id,
    this.{{ column_name }}
FROM this
INNER JOIN {{ imports }} AS own ON this.csv_import_id = own.id
WHERE
    NOT EXISTS (
        SELECT FROM {{ records }} AS named
        INNER JOIN {{ imports }} AS its ON named.csv_import_id = its.id
        WHERE named.id = this.{{ column_name }} AND its.contractor_config_id = own.contractor_config_id
        {{ 'OFFSET 0' if tests_lately() }}
    )

{% endtest %}
