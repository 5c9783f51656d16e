"""A page of help is made from a docstring: what is taken out of it, and where that stands."""

from __future__ import annotations

import click
from click.testing import CliRunner

from orchestration import manual

PROSE = """Undo IMPORT; what it created is deleted.

    The rest is left (docs/sending.md). Ends with 0 when nothing is left in Coperniq, with 3 when something is left, or
    it ended early (a quota), and with 1 for a refused key. The same command goes on.

    Settings: DATABASE_URL, MEP_INBOX.

    \b
    mep undo 0f8fad5b
    mep undo 0f8fad5b --yes

    \b
    stays   as it
      is
    """


@click.command(help=PROSE)
@click.option("--most", type=click.IntRange(min=1), default=5, help="How many.")
def undo(most: int) -> None:
    del most


def page() -> str:
    group = click.Group("mep", context_settings={"show_default": True}, commands={"undo": undo})
    manual.dressed(group)
    return CliRunner().invoke(group, ["undo", "--help"], prog_name="mep").output


def test_a_docstring_is_taken_apart() -> None:
    said = manual.read(undo)
    assert said.summary == "Undo IMPORT; what it created is deleted"
    assert said.prose == ("The rest is left (docs/sending.md). The same command goes on.\n\n\b\nstays   as it\n  is")
    assert said.examples == ("mep undo 0f8fad5b", "mep undo 0f8fad5b --yes")
    assert said.settings == ("DATABASE_URL", "MEP_INBOX")
    assert said.docs == ("docs/sending.md", "docs/commands.md")
    assert said.codes == {
        **manual.CODES, 0: "nothing is left in Coperniq", 1: "a refused key",
        3: "something is left, or it ended early (a quota)",
    }  # fmt: skip


def test_a_page_has_the_parts_of_a_manual() -> None:
    shown = page()
    headings = [line for line in shown.splitlines() if line and not line.startswith(" ")]
    assert headings == [
        "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT CODES", "EXAMPLES", "SETTINGS", "SEE ALSO",
    ]  # fmt: skip
    assert shown.startswith(
        "NAME\n  mep undo - Undo IMPORT; what it created is deleted\n\nSYNOPSIS\n  mep undo [OPTIONS]\n"
    )
    assert "--most INTEGER RANGE  How many.  [default: 5; x>=1]" in shown
    assert "\n  stays   as it\n    is\n" in shown
    assert "\n  3    something is left, or it ended early" in shown
    assert "\n  MEP_INBOX     Where contractors' files arrive (one folder for each contractor" in shown


def test_a_group_lists_its_commands_in_whole_sentences() -> None:
    group = click.Group("mep", commands={"undo": undo})
    shown = CliRunner().invoke(manual.dressed(group), ["--help"], prog_name="mep", terminal_width=40).output
    assert shown.endswith(
        "COMMANDS\n"
        "  undo  Undo IMPORT; what it created is\n"
        "        deleted\n"
        "\n"
        "  `mep COMMAND --help` shows the page of\n"
        "  a command.\n"
    )


def test_a_command_without_any_of_it_has_what_holds_for_all() -> None:
    said = manual.read(click.Command("bare"))
    assert (said.summary, said.prose, said.examples, said.codes) == ("", "", (), manual.CODES)
    assert (said.settings, said.docs) == (("DATABASE_URL",), ("docs/commands.md",))
