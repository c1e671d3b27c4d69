"""What is right in the configuration is taken, and what is wrong never stops the start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resnet_inspect.tui.settings import config
from resnet_inspect.tui.settings.config import Config, read_config
from resnet_inspect.tui.settings.paths import CONFIG_VARIABLE

ACTIONS = ("filter", "quit", "next_match", "fold_all")
THEMES = ("nord", "dracula", "textual-dark")


def read(text: str | bytes, tmp_path: Path) -> Config:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_config(ACTIONS, THEMES, path)


def test_everything_that_can_be_said_is_taken(tmp_path: Path) -> None:
    found = read(
        """
        theme = "nord"
        ascii = true
        units = "exact"
        model = "resnet34"
        [keys]
        filter = "/,ctrl+f"
        quit = ["q", "ctrl+c"]
        """,
        tmp_path,
    )
    assert found == Config(
        keys={"filter": "slash,ctrl+f", "quit": "q,ctrl+c"},
        theme="nord",
        ascii=True,
        units="exact",
        model="resnet34",
    )


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("j", "j"),
        ("J", "J"),
        (" j , down ", "j,down"),
        ("j,j,down", "j,down"),
        ("/", "slash"),
        ("?", "question_mark"),
        ("-", "minus"),
        ("+", "plus"),
        ("ctrl++", "ctrl+plus"),
        ("ctrl+/", "ctrl+slash"),
        ("ctrl+shift+up", "ctrl+shift+up"),
        (",", "comma"),
        ("comma,full_stop", "comma,full_stop"),
        (" ", "space"),
        ("é", "é"),
        ("f12,shift+f1", "f12,shift+f1"),
    ],
)
def test_keys_are_spelled_as_textual_spells_them(written: str, keys: str, tmp_path: Path) -> None:
    found = read(f"[keys]\nquit = {json.dumps(written)}", tmp_path)
    assert found.keys == {"quit": keys}
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("thme = 'nord'", "unknown setting 'thme': did you mean 'theme'?"),
        ("qqqqqqqq = 1", "unknown setting 'qqqqqqqq'"),
        ("[keyz]\nquit = 'q'", "unknown section 'keyz': did you mean 'keys'?"),
        ("[keys]\nfiltr = 'f'", "unknown action 'filtr': did you mean 'filter'?"),
        ("[keys]\nnext-match = 'f'", "unknown action 'next-match': did you mean 'next_match'?"),
        ("[keys]\nquit = 'entre'", "quit: unknown key 'entre': did you mean 'enter'?"),
        ("[keys]\nquit = 'ctl+q'", "quit: unknown key 'ctl+q': did you mean 'ctrl'?"),
        ("[keys]\nquit = 'a,,'", "quit: a key without a name"),
        ("[keys]\nquit = ''", "quit: a key without a name"),
        ("[keys]\nquit = 5", 'the keys of quit are a text such as "q,ctrl+q"'),
        ("[keys]\nquit = ['q', 5]", 'the keys of quit are a text such as "q,ctrl+q"'),
        ("[keys.quit]\nq = 'q'", 'the keys of quit are a text such as "q,ctrl+q"'),
        ("keys = 'q'", "keys is a section, [keys], not 'q'"),
        ("theme = 'nrod'", "unknown theme 'nrod': did you mean 'nord'?"),
        ("theme = true", "theme is a text in quotes, not true"),
        ("units = 'long'", "unknown units 'long'"),
        ("ascii = 'yes'", "ascii is true or false, not 'yes'"),
        ("ascii = 1", "ascii is true or false, not 1"),
        ("model = []", "model is a text in quotes, not []"),
    ],
)
def test_what_is_not_known_is_a_warning_with_the_nearest_name(
    text: str, warning: str, tmp_path: Path
) -> None:
    found = read(text, tmp_path)
    assert found.warnings[0] == f"config.toml: {warning}"
    assert found.theme is found.ascii is found.units is found.model is None


def test_the_rest_of_a_configuration_with_a_fault_stands(tmp_path: Path) -> None:
    found = read("theme = 'nord'\nascii = 3\n[keys]\nquit = 'q,entre'\nfly = 'x'", tmp_path)
    assert found.theme == "nord"
    assert found.keys == {"quit": "q"}
    assert len(found.warnings) == 3


def test_any_theme_is_taken_where_none_is_known(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("theme = 'mine'")
    assert read_config(ACTIONS, path=path).theme == "mine"


@pytest.mark.parametrize(
    "text",
    [
        "theme = ",
        "theme = 'nord'\ntheme = 'nord'",
        "[keys\n",
        b"\xff\xfe",
        b"theme = '\xe9'",
        b"\0",
        "a = " + "[" * 100_000,
        "a = " + "9" * 5000,
    ],
    ids=["half", "twice", "bracket", "bytes", "latin", "nul", "deep", "long"],
)
def test_a_damaged_configuration_is_a_warning_and_the_defaults(
    text: str | bytes, tmp_path: Path
) -> None:
    found = read(text, tmp_path)
    assert found == Config(warnings=found.warnings)
    (warning,) = found.warnings
    assert warning.startswith(str(tmp_path))
    assert "\n" not in warning


def test_a_configuration_may_begin_with_a_mark_of_byte_order(tmp_path: Path) -> None:
    assert read(b"\xef\xbb\xbftheme = 'nord'", tmp_path) == Config(theme="nord")


def test_no_configuration_is_no_warning_unless_one_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_config(ACTIONS) == Config()
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "no.toml"))
    assert read_config(ACTIONS).warnings == (f"{tmp_path / 'no.toml'}: no such file",)
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path))
    assert read_config(ACTIONS).warnings == (f"{tmp_path}: Is a directory",)


steady = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


toml_value = st.one_of(
    st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=12).map(json.dumps),
    st.sampled_from(["1", "true", "1.5", "nan", "[]", "['a', 1]", "{}", "{a = 1}", "1979-05-27"]),
    st.lists(st.sampled_from(["ctrl", "q", "+", ",", "entre", "f1", " ", "/", ""]), max_size=5).map(
        lambda parts: json.dumps("".join(parts))
    ),
)


@steady
@given(
    settings=st.dictionaries(
        st.sampled_from(["theme", "ascii", "units", "model", "x", "keys"]), toml_value
    ),
    keys=st.dictionaries(st.sampled_from([*ACTIONS, "fly", "qiut"]), toml_value),
)
def test_no_configuration_raises(
    tmp_path: Path, settings: dict[str, str], keys: dict[str, str]
) -> None:
    lines = [f"{name} = {value}" for name, value in settings.items()]
    if "keys" not in settings:
        lines += ["[keys]", *(f"{name} = {value}" for name, value in keys.items())]
    found = read("\n".join(lines), tmp_path)
    assert set(found.keys) <= set(ACTIONS)
    assert all(found.keys.values())
    assert found.units in (None, *config.UNITS)
    assert found.theme in (None, *THEMES)
    assert all("\n" not in line for line in found.warnings)
