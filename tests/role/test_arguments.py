import pytest

from rig.role.arguments import Parser


def parser() -> Parser:
    made = Parser("rig test", "One.\nparagraph.\n\nAnother one.", "examples:\n  rig test", "FILE")
    made.add_argument("file", metavar="FILE")
    made.add_argument("--step", type=float, metavar="S")
    made.add_argument("--listen")
    return made


def refused(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    """What is said to this command line, which ends with 2."""
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(words)
    assert ended.value.code == 2
    said = capfd.readouterr()
    assert said.out == ""
    return str(said.err)


def test_what_is_right_is_taken() -> None:
    options = parser().parse_args(["a.log", "--step", "2.5"])
    assert (options.file, options.step, options.listen) == ("a.log", 2.5, None)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["a", "--lisen", "x"], "there is no option --lisen; near: --listen"),
        (["a", "--lisen=x"], "there is no option --lisen; near: --listen"),
        (["a", "--list", "x"], "there is no option --list; near: --listen"),  # no abbreviation
        (["a", "--id"], "there is no option --id"),
        (["a", "-x"], "there is no option -x"),
        (["a", "b"], "'b' is a word too many"),
        (["a", "--step", "never"], "argument --step: invalid float value: 'never'"),
        (["a", "--step"], "argument --step: expected one argument"),
        ([], "the following arguments are required: FILE"),
        (["a", "--x\ny"], r"there is no option --x\ny"),
    ],
)
def test_a_mistake_is_one_line_that_names_where_to_look(
    capfd: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    assert refused(capfd, *words) == f"rig test: {why} (see rig test --help)\n"


def test_help_has_the_usage_in_short_the_paragraphs_filled_and_the_epilog_as_it_is() -> None:
    text = parser().format_help()
    assert text.startswith("usage: rig test [OPTION...] FILE\n\nOne. paragraph.\n\nAnother one.\n")
    assert text.endswith("examples:\n  rig test\n")
