"""The command line documents itself, and answers programs: what holds for every command, whoever adds it."""

from __future__ import annotations

import inspect
import json
import re
import sys
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from orchestration import manual
from orchestration.cli import main, mep
from orchestration.settings import NAMES, ROOT
from sandbox import commands_page

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

EXPECTED = {
    "adopt", "alerts", "completion", "contractor add", "contractor list", "contractor set", "contractor show", "demo",
    "duplicates decide", "duplicates list", "erase", "field-mapping confirm", "field-mapping ignore",
    "field-mapping list", "form approve", "form list", "form reject", "form show", "import", "mapping check",
    "mapping suggest", "migrate down", "migrate status", "migrate up", "plan", "replay", "report", "resolve",
    "rollback", "sandbox reset", "serve", "sync-check", "templates check", "templates sync", "trace", "up",
}  # fmt: skip
COMMANDS = {context.command_path.removeprefix("mep "): context for context in commands_page.every()}


def test_these_are_the_commands() -> None:
    assert set(COMMANDS) == EXPECTED


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_command_documents_itself(name: str) -> None:
    context = COMMANDS[name]
    said = manual.read(context.command)
    assert said.summary
    undocumented = [p.name for p in context.command.params if isinstance(p, click.Option) and not p.help]
    assert undocumented == []
    assert [call for call in said.examples if call.startswith(f"mep {name} ") or call == f"mep {name}"], "an example"
    assert set(said.settings) <= {*NAMES}
    assert [path for path in said.docs if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_command_says_with_what_it_ends(name: str) -> None:
    command = COMMANDS[name].command
    codes = manual.read(command).codes
    assert {0, 1, 2, 130} <= set(codes)
    source = inspect.getsource(inspect.unwrap(command.callback or test_these_are_the_commands))
    assert ("exit(LEFT)" in source) <= (3 in codes), "3 is not documented"
    leaning = [said for said in codes.values() if re.search(r"^(one|they)\b|\b(is|are|did|not)$", said)]
    assert leaning == [], "each stands alone: none goes on with another's words"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_command_has_json(name: str) -> None:
    assert any("--json" in option.opts for option in COMMANDS[name].command.params)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_help_is_a_page(name: str) -> None:
    result = CliRunner().invoke(mep, [*name.split(), "--help"], prog_name="mep")
    assert result.exit_code == 0
    for heading in ("NAME", "SYNOPSIS", "OPTIONS", "EXIT CODES", "EXAMPLES", "SEE ALSO"):
        assert f"{heading}\n  " in result.output
    assert '[default: ""]' not in result.output


def test_every_command_stands_in_the_docs_as_it_is() -> None:
    written = commands_page.DOCUMENT.read_text(encoding="utf-8")
    assert written == commands_page.document(written), "run `make commands`"


def test_a_command_called_by_itself_leaves_its_page_as_it_is() -> None:
    name, context = next(iter(COMMANDS.items()))
    alone = CliRunner().invoke(context.command, ["-h"], prog_name=f"mep {name}")
    assert (alone.exit_code, "  -h, --help" in alone.output) == (0, True)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give what runs `mep` to its end, as its script does: exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mep", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


@pytest.mark.parametrize("option", manual.HELP)
def test_help_has_a_short_name(option: str) -> None:
    assert CliRunner().invoke(mep, [option], prog_name="mep").output.startswith("NAME\n  mep - ")


def test_alone_it_shows_its_page_and_that_nothing_was_done(run: Run) -> None:
    code, out, err = run()
    assert (code, out) == (2, "")
    assert err.startswith("NAME\n  mep - Bring contractors' CSV exports")


def test_the_version_is_the_packages() -> None:
    assert CliRunner().invoke(mep, ["--version"]).output == "mep 0.1.0\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["improt"], "No such command 'improt'. Did you mean 'import'? `mep --help` says what it takes."),
        (["dmeo"], "No such command 'dmeo'. Did you mean 'demo'? `mep --help` says what it takes."),
        (["contractor", "lits"], "No such command 'lits'. Did you mean 'list'? `mep contractor --help` says what"),
        (["completion"], "Missing argument '{bash|zsh|fish}'. Choose from: bash, zsh, fish. `mep completion --help`"),
        (["import", "x", "--jsno"], "No such option '--jsno'. Did you mean '--json'? `mep import --help` says what"),
    ],
)
def test_a_mistyped_call_is_one_line_that_names_the_nearest(run: Run, arguments: list[str], said: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"mep: {said}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trace", "x", "--debug"], "--debug stands before the command: `mep --debug trace …`."),
        (["contractor", "list", "--debug"], "--debug stands before the command: `mep --debug contractor list …`."),
        (["--json"], "--json stands after the command: `mep COMMAND … --json`."),
        (["contractor", "--json", "list"], "--json stands after the command: `mep contractor COMMAND … --json`."),
    ],
)
def test_an_option_in_another_place_is_told_its_own(run: Run, arguments: list[str], said: str) -> None:
    code, _, err = run(*arguments)
    assert (code, err) == (2, f"mep: {said}\n")


def test_a_wrong_call_of_a_program_is_a_document(run: Run) -> None:
    code, out, err = run("contractor", "lits", "--json")
    told = json.loads(out)
    assert (code, told["exit_code"]) == (2, 2)
    assert err == f"mep: {told['error']}\n"
    code, out, _ = run("contractor", "add", "x", "--name", "--json")
    assert (code, json.loads(out)["exit_code"]) == (2, 2)
    assert run("completion", "--", "--json")[1] == "", "what follows -- is no option"


@pytest.mark.parametrize("arguments", [["rollback", "00000000"], ["sandbox", "reset"], ["migrate", "down"]])
def test_a_program_is_asked_nothing(run: Run, arguments: list[str]) -> None:
    code, out, err = run(*arguments, "--json")
    assert (code, json.loads(out)["exit_code"]) == (2, 2)
    assert "--yes" in err
