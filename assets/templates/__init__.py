"""Form templates: from the YAML files of `templates/<trade>/` to the tables that forms are filled from."""
