"""The commands of `mep`, a module for what belongs together. Thin: each reads settings, calls, prints.

What belongs here: arguments, questions, what is printed. What does not: what is done, which assets and sensors do too.
"""
