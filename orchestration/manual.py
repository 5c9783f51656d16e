r"""What `--help` shows: a manual page of a command, made from its docstring and its options and nothing else.

What belongs here: reading a docstring, and the page. What does not: commands, and the file that holds all pages
(`sandbox.commands_page`).

A docstring's first sentence says what the command does. After that comes prose; of it are taken out:

- lines after a `\b` that all begin with `mep`: the examples;
- the sentence `Ends with 0 when …, with 3 when …`: exit codes, where they say more than `CODES`;
- the paragraph `Settings: NAME, NAME.`: what of `.env.example` matters; left out, that is `DATABASE_URL`.

Files of docs/ that any of it names are listed at the end.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from orchestration import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CODES = {
    0: "done",
    1: "it failed, and one line on standard error says why and what to do",
    2: "a wrong call: nothing was done",
    130: "interrupted: the same command goes on",
}
DATABASE = ("DATABASE_URL",)
ALL_COMMANDS = "docs/commands.md"
EXAMPLE = "mep"
WIDTH = 110
HELP = ("-h", "--help")
_ENDS = re.compile(r"Ends with (?=\d).*?\.(?:\s+|$)", re.DOTALL)
_NEXT_CODE = re.compile(r"(?:Ends|,? and|,) with (?=\d)")
_SENTENCE = re.compile(r".*?\.(?=\s|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Said:
    """What the docstring of a command says.

    Attributes:
        summary: What the command does, in a line.
        prose: What else is to be known, in paragraphs as click reads them.
        examples: Calls.
        codes: What each exit code means.
        settings: Names of settings that matter.
        docs: Files that say more.
    """

    summary: str
    prose: str
    examples: tuple[str, ...]
    codes: dict[int, str]
    settings: tuple[str, ...]
    docs: tuple[str, ...]


def read(command: click.Command) -> Said:
    """Take the docstring of a command apart."""
    text = inspect.cleandoc(command.help or "").partition("\f")[0]
    docs = tuple(dict.fromkeys([*re.findall(r"docs/[\w-]+\.md", text), ALL_COMMANDS]))
    examples: list[str] = []
    prose: list[str] = []
    named, codes = DATABASE, dict(CODES)
    for paragraph in filter(str.strip, text.split("\n\n")):
        lines = [line.strip() for line in paragraph.splitlines()]
        if lines[0] == "\b" and all(line.startswith(f"{EXAMPLE} ") or line == EXAMPLE for line in lines[1:]):
            examples += lines[1:]
        elif paragraph.startswith("Settings:"):
            named = tuple(re.findall(r"[A-Z][A-Z0-9_]+", paragraph))
        else:
            codes |= _codes(paragraph)
            prose.append(_ENDS.sub("", paragraph).strip())
    first = " ".join(prose[0].split()) if prose else ""
    found = _SENTENCE.match(first)
    summary = found[0] if found else first
    prose[:1] = [first.removeprefix(summary).strip()]
    return Said(summary.rstrip("."), "\n\n".join(filter(None, prose)), tuple(examples), codes, named, docs)


def _codes(paragraph: str) -> dict[int, str]:
    """Read the exit codes of a sentence."""
    found: dict[int, str] = {}
    for sentence in _ENDS.findall(paragraph):
        for part in _NEXT_CODE.split(" ".join(sentence.split()))[1:]:
            code, _, meaning = part.rstrip("., ").partition(" ")
            found[int(code)] = meaning.removeprefix("when ").removeprefix("for ")
    return found


class _Page(click.HelpFormatter):
    """Lays out a page: headings in capitals, nothing wider than a person reads."""

    def write_heading(self, heading: str) -> None:
        """Write the heading of a section."""
        self.write(f"{'':>{self.current_indent}}{heading.upper()}\n")


class ManualContext(click.Context):
    """The context of a command whose help is a manual page."""

    formatter_class = _Page

    def get_help(self) -> str:
        """Return the page."""
        page, said, command = self.make_formatter(), read(self.command), self.command
        with page.section("Name"):
            page.write_text(f"{self.command_path} - {said.summary}" if said.summary else self.command_path)
        with page.section("Synopsis"):
            page.write_usage(self.command_path, " ".join(command.collect_usage_pieces(self)), prefix="")
        if said.prose:
            with page.section("Description"):
                page.write_text(said.prose)
        click.Command.format_options(command, self, page)
        if isinstance(command, click.Group):
            self._list(page, command)
        else:
            self._close(page, said)
        return page.getvalue().strip("\n")

    def _list(self, page: click.HelpFormatter, group: click.Group) -> None:
        below = [(name, group.get_command(self, name)) for name in group.list_commands(self)]
        with page.section("Commands"):
            page.write_dl([(name, read(command).summary) for name, command in below if command and not command.hidden])
            page.write_paragraph()
            page.write_text(f"`{self.command_path} COMMAND --help` shows the page of a command.")

    def _close(self, page: click.HelpFormatter, said: Said) -> None:
        with page.section("Exit codes"):
            page.write_dl([(str(code), said.codes[code]) for code in sorted(said.codes)])
        if said.examples:
            with page.section("Examples"):
                page.write_text("\b\n" + "\n".join(said.examples))
        if said.settings:
            with page.section("Settings"):
                page.write_dl(list(_described(said.settings)))
        with page.section("See also"):
            page.write_text(", ".join(said.docs))


def dressed(command: click.Command) -> click.Command:
    """Give a command, and those below it, pages for their help, under the same options wherever one is called."""
    command.context_class = ManualContext
    command.context_settings = {**command.context_settings, "help_option_names": [*HELP]}
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        dressed(below)
    return command


def _described(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Say what settings are for, in the first sentence that `.env.example` says of each."""
    path = settings.ROOT / ".env.example"
    said: dict[str, str] = {}
    for block in path.read_text(encoding="utf-8").split("\n\n") if path.is_file() else []:
        words = " ".join(line.removeprefix("#").strip() for line in block.splitlines() if line.startswith("#"))
        sentence = _SENTENCE.match(words)
        for name in re.findall(r"^([A-Z0-9_]+)=", block, re.MULTILINE):
            said[name] = sentence[0] if sentence else words
    for name in names:
        yield name, said.get(name, "")
