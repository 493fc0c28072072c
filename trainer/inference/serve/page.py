"""The page itself: Gradio's components, and which of them sets off what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from kg2instruct.records import Lang
from kg2instruct.render.catalogue import sample_example
from kg2instruct.render.formats import FORMATS
from trainer.inference.answerers import Answerer
from trainer.inference.serve.acts import Acts, gradio
from trainer.inference.serve.builder import Schemas

_BROWSERS_LANGUAGE = "() => navigator.language.startsWith('zh') ? 'zh' : 'en'"
_FONTS = ("system-ui", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "sans-serif")


def words() -> dict[str, dict[str, str]]:
    """The page's own words, by language."""
    table: dict[str, dict[str, str]] = yaml.safe_load(_file("words.yaml"))
    return {lang: {key: value[lang] for key, value in table.items()} for lang in ("zh", "en")}


def _file(name: str) -> str:
    return (files("trainer.inference.serve") / name).read_text(encoding="utf-8")


@dataclass(slots=True)
class Page:
    """The page over some answerers, by the names under which they are shown."""

    answerers: Mapping[str, Answerer]
    schemas: Schemas
    lang: Lang | None = None
    """Language of the first instruction; the browser's, if none."""

    def build(self) -> Any:
        """The page, to be launched."""
        gr = gradio()
        i18n = gr.I18n(**words())
        with gr.Blocks(title="kg2instruct", analytics_enabled=False) as blocks:
            acts = Acts(self.answerers, self.schemas)
            parts = self._lay_out(gr, i18n, acts)
            self._connect(gr, blocks, parts, acts)
        blocks.kg_i18n = i18n
        return blocks

    def launch(self, *, host: str = "127.0.0.1", port: int | None = None, block: bool = True) -> Any:
        """Serve the page; return Gradio's server. Nothing is asked of the network."""
        gr = gradio()
        blocks = self.build()
        theme = gr.themes.Default(
            primary_hue="blue",
            neutral_hue="slate",
            font=_FONTS,
            font_mono=("ui-monospace", "Consolas", "monospace"),
        )
        blocks.queue(default_concurrency_limit=4).launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=not block,
            share=False,
            quiet=True,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            enable_monitoring=False,
            footer_links=[],
            i18n=blocks.kg_i18n,
            theme=theme,
            css=_file("style.css"),
        )
        return blocks

    def _lay_out(self, gr: Any, i18n: Any, acts: Acts) -> dict[str, Any]:
        """The components by name."""
        first = next(iter(self.answerers))
        others = ["—", *self.answerers]
        lang = self.lang or "zh"
        start = acts.begin("re", lang)
        parts: dict[str, Any] = {"wording": gr.State(0), "made": gr.State(start.made)}
        gr.HTML(
            '<div class="kg-title"><b>kg2instruct</b><span>信息抽取 · information extraction</span></div>'
        )
        with gr.Row(equal_height=False):
            with gr.Column(scale=5, min_width=420):
                gr.Markdown(i18n("build"), elem_classes="kg-step")
                with gr.Row():
                    parts["task"] = gr.Dropdown(
                        acts.tasks(lang), value="re", label=i18n("task"), elem_id="task", min_width=180
                    )
                    parts["lang"] = gr.Radio(
                        [("中文", "zh"), ("English", "en")],
                        value=lang,
                        label=i18n("language"),
                        elem_id="lang",
                        min_width=180,
                    )
                with gr.Row():
                    parts["schema"] = gr.Dropdown(
                        start.schemas,
                        value=start.schema,
                        label=i18n("schema"),
                        elem_id="schema",
                        min_width=180,
                    )
                    parts["format"] = gr.Dropdown(
                        list(FORMATS), value="json", label=i18n("format"), elem_id="format", min_width=180
                    )
                parts["labels"] = gr.Dropdown(
                    start.labels,
                    value=start.chosen,
                    label=i18n("labels"),
                    multiselect=True,
                    allow_custom_value=True,
                    elem_id="labels",
                )
                parts["instruction"] = gr.Textbox(
                    start.instruction, label=i18n("instruction"), lines=6, max_lines=12, elem_id="instruction"
                )
                with gr.Row():
                    parts["definitions"] = gr.Checkbox(False, label=i18n("definitions"), container=False)
                    parts["another"] = gr.Button(i18n("another"), size="sm", elem_id="another")
                gr.Markdown(i18n("read"), elem_classes="kg-step")
                parts["text"] = gr.Textbox(
                    sample_example(lang).text, label=i18n("text"), lines=5, max_lines=20, elem_id="text"
                )
                gr.Markdown(i18n("ask"), elem_classes="kg-step")
                with gr.Row():
                    parts["model"] = gr.Dropdown(
                        list(self.answerers), value=first, label=i18n("model"), elem_id="model"
                    )
                    parts["compare"] = gr.Dropdown(
                        others, value="—", label=i18n("compare"), elem_id="compare"
                    )
                with gr.Accordion(i18n("decoding"), open=False):
                    parts["system"] = gr.Textbox("", label=i18n("system"))
                    with gr.Row():
                        parts["temperature"] = gr.Slider(0, 2, 0, step=0.05, label=i18n("temperature"))
                        parts["top_p"] = gr.Slider(0.05, 1, 1, step=0.05, label=i18n("top_p"))
                    with gr.Row():
                        parts["penalty"] = gr.Slider(1, 2, 1, step=0.05, label=i18n("repetition_penalty"))
                        parts["most"] = gr.Slider(16, 4096, 512, step=16, label=i18n("max_new_tokens"))
                        parts["seed"] = gr.Number(0, precision=0, label=i18n("seed"))
                with gr.Row():
                    parts["run"] = gr.Button(i18n("run"), variant="primary", elem_id="run")
                    parts["stop"] = gr.Button(i18n("stop"), elem_id="stop")
            with gr.Column(scale=7, min_width=480):
                for side in ("a", "b"):
                    with gr.Column(visible=side == "a", elem_classes="kg-card") as group:
                        parts[f"answer_{side}"] = gr.Textbox(
                            label=first, lines=3, max_lines=14, interactive=False, elem_id=f"answer_{side}"
                        )
                        parts[f"view_{side}"] = gr.HTML("", elem_id=f"view_{side}", apply_default_css=False)
                    parts[f"group_{side}"] = group
        return parts

    def _connect(self, gr: Any, blocks: Any, parts: Mapping[str, Any], acts: Acts) -> None:
        def these(*names: str) -> list[Any]:
            return [parts[name] for name in names]

        choices = these("task", "schema", "lang", "labels", "format", "definitions", "wording")
        begun = [*choices, parts["text"]], these("task", "schema", "labels", "instruction", "text", "made")
        worded = [*choices, parts["made"]], these("instruction", "made")
        gr.on([parts[x].input for x in ("task", "lang", "schema")], acts.chosen, *begun)
        # Labels change also when another schema brings its own: then the instruction is there already.
        gr.on(
            [parts["labels"].change, parts["format"].input, parts["definitions"].input], acts.worded, *worded
        )
        another = parts["another"].click(lambda number: number + 1, these("wording"), these("wording"))
        another.then(acts.worded, *worded)
        if self.lang is None:
            here = blocks.load(None, None, these("lang"), js=_BROWSERS_LANGUAGE)
            here.then(acts.greeted, *begun)
        inputs = these(
            *("task", "schema", "lang", "labels", "format", "instruction", "text", "model", "compare"),
            *("system", "temperature", "top_p", "penalty", "most", "seed"),
        )
        outputs = these("answer_a", "view_a", "answer_b", "view_b", "group_b")
        running = parts["run"].click(acts.run, inputs, outputs, show_progress="minimal", api_name="extract")
        parts["stop"].click(None, cancels=[running])
