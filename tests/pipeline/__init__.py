"""The whole run, as its user starts it: the command line, in a copy of the project, in processes of its own."""
