"""The tables that contractors fill, in the wizard and in their front ends, as Dagster assets that no run makes."""

import dagster as dg

CONTRACTORS_OWN = [
    dg.AssetSpec("mep_contractor_configs", group_name="contractors", kinds={"postgres"}),
    dg.AssetSpec("mep_form_submissions", group_name="forms", kinds={"postgres"}, deps=["templates"]),
    dg.AssetSpec("mep_template_usage", group_name="contractors", kinds={"postgres"}, deps=["templates"]),
]
"""Described by the comments of their tables."""
