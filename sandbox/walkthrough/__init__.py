"""The chapters of `docs/walkthrough/`, played on the real thing: `make walkthrough`.

A chapter is its own script. Each command of its `console` blocks runs in a copy of the project, and what it prints
takes the place of what stands below it; where a picture stands, it is taken; `<!-- stage: … -->` names what happens
unseen.

What belongs here: how chapters are read (`chapters`), what runs (`stage`), and what is looked at (`pictures`). What
does not: what is told. That is the chapters' own text.
"""
