{# Take a schema that the project names literally; dbt's own macro puts the name of the target's before it. #}
{% macro generate_schema_name(custom_schema_name, node) %}
    {{- (custom_schema_name or target.schema) | trim -}}
{% endmacro %}


{# Schemas are the migrations': one that dbt made would have other rights than theirs. #}
{% macro postgres__create_schema(relation) %}
    {% do exceptions.raise_compiler_error(
        'There is no schema ' ~ relation.schema ~ ' in database ' ~ relation.database ~ ': run `mep migrate up` first.'
    ) %}
{% endmacro %}
