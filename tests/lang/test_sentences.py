import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.lang.sentences import sentence_spans

pieces = st.sampled_from("。！？；…「」“”（）()\"'.!?\n 　中国王A1ab" + "\u3000") | st.sampled_from(
    ["Mr. ", "U.S. ", "……"]
)
texts = st.text(max_size=80) | st.lists(pieces, max_size=60).map("".join)


@given(texts, st.sampled_from(["zh", "en"]))
def test_spans_cover_the_text_without_gap_or_overlap(text, lang):
    spans = sentence_spans(text, lang)
    assert "".join(text[a:b] for a, b in spans) == text
    assert all(a < b for a, b in spans)
    assert [a for a, _ in spans[1:]] == [b for _, b in spans[:-1]]
