"""Formulas of mathematics and chemistry as text in a line."""

from __future__ import annotations

import time

import pytest

from kg2instruct.wiki.formulas import chemistry_text, formula_text


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"x\,", "x"),
        (".5", ".5"),
        (r"\cos", "cos"),
        (r"e^{ix} = \cos x + i\sin x", "e^(ix) = cos x + i sin x"),
        (r"\frac{1}{2i}", "1/(2i)"),
        (r"\frac12 mv^2", "1/2 mv²"),
        (r"\dfrac{f(b)-f(a)}{b-a}.", "(f(b)-f(a))/(b-a)"),
        (r"365\frac{1}{4}", "365 1/4"),
        (r"(1+\frac{c}{n})^n", "(1+c/n)ⁿ"),
        (r"\sqrt{u^2+v^2}", "√(u²+v²)"),
        (r"x_1,\ldots,x_n", "x₁,…,x_n"),
        (r"10^{-3}\ \mathrm{m}", "10⁻³ m"),
        (r"90^\circ", "90°"),
        (r"\forall x \in \mathbb R^n", "∀x ∈ ℝⁿ"),
        (r"\left.\bar{z}\right|", "z̄|"),
        (r"f'(x) &lt; \{1\}", "f′(x) < {1}"),
        (r"\lim_{n\to\infty} a_n", "lim_(n → ∞) a_n"),
        (r"\text{若 } n > 0", "若 n > 0"),
        (r"\log \vert z-x\vert + \gamma(z)", "log |z-x| + γ(z)"),
        (r"a \cdot \nabla b", "a ⋅ ∇b"),
        (r"C^{(1,\alpha)}", "C^(1,α)"),
        (r"\mathbb{C}[[x]]", "ℂ[ [x] ]"),
        (r"\{\{a\},\{b\}\}", "{ {a},{b} }"),
        (r"A-\{|x|\}", "A- { |x| }"),
        (r"f()", ""),
    ],
)
def test_what_a_line_can_show(tex: str, expected: str) -> None:
    assert formula_text(tex) == expected


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{pmatrix}1 & 0\end{pmatrix}", r"\overbrace{x}", r"\sqrt[3]{2}", r"\frac{1}",
        "a & b", "{x", "x}", "x^", "^^^", "",
    ],
)  # fmt: skip
def test_what_no_line_can_show_and_what_is_no_formula(tex: str) -> None:
    assert formula_text(tex) == ""


@pytest.mark.parametrize(
    "tex", ["{" * 10**5, r"\frac" * 10**5, "^" * 399, "{" * 399, r"\sqrt" * 60, "x " * 199]
)
def test_hostile_formulas_take_little_time(tex: str) -> None:
    start = time.perf_counter()
    formula_text(tex)
    chemistry_text(tex)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("2 H2 + O2 -> 2 H2O", "2 H2 + O2 → 2 H2O"),
        ("N2 + 3 H2 <=> 2 NH3", "N2 + 3 H2 ⇌ 2 NH3"),
        ("SO4^{2-}", "SO4²⁻"),
        ("SO4(2-)", "SO4²⁻"),
        ("Ca(OH)2", "Ca(OH)2"),
        (r"A ->[\Delta] B", ""),
        ("^{14}C", ""),
    ],
)
def test_chemistry(formula: str, expected: str) -> None:
    assert chemistry_text(formula) == expected
