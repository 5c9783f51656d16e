"""What exists and how it is made, one folder a concept; `orchestration` wires it."""
