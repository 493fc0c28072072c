"""Every output format gives back what it was given, for every task and whatever the text holds."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats import FORMATS
from kg2instruct.render.formats.nothing import means_nothing
from kg2instruct.render.tasks import TASKS, Answer, Item, Task, canonical

NASTY = [
    "Washington, D.C.",
    'say "hi"',
    "a\\b",
    "x|y",
    "<b>&amp;</b>",
    "（全角，标点：；＝）",
    "两\n行",
    "😀👩‍👩‍👧",
    "'",
    '"',
    "\\",
    "\\n",
    "无",
    "None",
    "NAN",
    "[x](y)",
    "](",
    "a=b",
    "1=2",
    "{}",
    "results = []",
    ")",
    "，",
    "“引”",
    " 前后 ",
    "\u3000",
    "\u2028",
    "\x00",
    "Relation(head=",
    "```json",
    "---",
    "</head>",
    "&#10;",
    "%s",
    "$schema",
    "。",
    "结果",
    "1.角色",
    "/",
    ";",
]
pieces = (
    st.sampled_from(NASTY)
    | st.text(max_size=6)
    | st.text(alphabet='"\\,，()[]{}<>|=:：;；\n“”&/. 人a1', max_size=8)
)
values = st.builds("".join, st.lists(pieces, min_size=1, max_size=3))


@st.composite
def answers(draw: st.DrawFn, task: Task) -> tuple[Answer, str]:
    labels = draw(st.lists(values, min_size=1, max_size=3, unique=True))
    items = {}
    for _ in range(draw(st.integers(0, 4))):
        fields = tuple(
            draw(st.sampled_from(labels)) if i in task.labels else draw(values)
            for i in range(len(task.fields))
        )
        pairs = draw(st.lists(st.tuples(values, values), max_size=3)) if task.pair else []
        items[fields] = Item(fields, tuple(pairs))
    answer = tuple(items.values())
    spans = [x.fields[i] for x in answer for i in task.spans] + [y for x in answer for _, y in x.pairs]
    text = draw(st.text(max_size=5)) + "".join(draw(st.permutations(spans))) + draw(values)
    return answer, text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", list(FORMATS))
@pytest.mark.parametrize("task", list(TASKS.values()), ids=list(TASKS))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_reading_gives_back_what_was_written(task: Task, name: str, lang: str, data: st.DataObject) -> None:
    answer, text = data.draw(answers(task))
    is_open = data.draw(st.booleans())
    keys = sorted({task.key(x) for x in answer})
    asked = () if is_open else tuple(Asked(x, x) for x in keys)
    output_format = FORMATS[name]
    output = output_format.render(answer, task, asked, lang, text)
    parsed = output_format.parse(output, task, asked, lang, strict=True)
    assert parsed.problems == ()
    assert canonical(parsed.answer) == canonical(answer)
    lenient = output_format.parse(output, task, asked, lang)
    assert canonical(lenient.answer) == canonical(answer)


@pytest.mark.parametrize("name", list(FORMATS))
@pytest.mark.parametrize("task", [TASKS["re"], TASKS["ee"]], ids=["re", "ee"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_labels_that_were_not_asked_for_do_not_change_how_an_answer_is_read(
    task: Task, name: str, data: st.DataObject
) -> None:
    answer, text = data.draw(answers(task))
    output = FORMATS[name].render(answer, task, (), "zh", text)
    other = (Asked(("别的",), ("别的",)),)
    values = [y for x in answer for y in (*x.fields, *(z for _, z in x.pairs))]
    if answer and not any(map(means_nothing, values)):
        assert canonical(FORMATS[name].parse(output, task, other, "zh").answer) == canonical(answer)
