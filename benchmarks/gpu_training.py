"""Training speed on a card: ours, plain TRL and, where installed, LLaMA-Factory, on the same rows and model.

    python -m benchmarks.gpu_training                       # a 0.5 billion weights model from config, bf16
    python -m benchmarks.gpu_training --size 1.5b --steps 60
    python -m benchmarks.gpu_training --size tiny --steps 6 # on a processor, to see that it runs

Weights are random: speed does not depend on them. Every trainer is a process of its own and gets the same
rows, batch, length and precision; the first steps are not counted. Prints a line each, tokens a second and MFU.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from trainer.training.launch import Machines
from trainer.training.options import Pretraining, Shape, Tuning
from trainer.training.settings import read_settings
from trainer.training.speed import flops_per_token, peak_flops

# Shapes of Qwen2.5's models of these sizes.
SHAPES = {
    "tiny": Shape(family="qwen2", hidden=64, layers=2, heads=4, kv_heads=2, tied=True),
    "0.5b": Shape(family="qwen2", hidden=896, layers=24, heads=14, kv_heads=2, feed_forward=4864, tied=True),
    "1.5b": Shape(family="qwen2", hidden=1536, layers=28, heads=12, kv_heads=2, feed_forward=8960, tied=True),
}
VOCABULARY = {"tiny": 1024, "0.5b": 151_936, "1.5b": 151_936}
SKIPPED = 0.3  # share of the steps that count as warming up


def main() -> None:
    """Make model and data, run every trainer, print what they did."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=sorted(SHAPES), default="0.5b")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--micro", type=int, default=8)
    parser.add_argument("--length", type=int, default=2048)
    parser.add_argument("--out", type=Path, default=Path("out/gpu_training"))
    asked = parser.parse_args()
    if asked.size == "tiny":
        asked.micro, asked.length = 2, 128
    shutil.rmtree(asked.out, ignore_errors=True)
    base, rows, corpus = make_inputs(asked)
    run(
        asked,
        "ours, all weights",
        lambda out: ours(Pretraining, asked, out, {"base": base, "corpus": corpus}),
        base,
    )
    run(
        asked,
        "ours, LoRA",
        lambda out: ours(Tuning, asked, out, {"base": base, "data": [rows]}),
        base,
        lora=True,
    )
    run(asked, "plain TRL, LoRA", lambda out: plain_trl(asked, out, base, rows), base, lora=True)
    if shutil.which("llamafactory-cli"):
        run(asked, "LLaMA-Factory, LoRA", lambda out: llama_factory(asked, out, base, rows), base, lora=True)
    else:
        print("LLaMA-Factory is not installed: pip install llamafactory, in an environment of its own")


def make_inputs(asked: argparse.Namespace) -> tuple[str, str, str]:
    """A model with random weights and its tokenizer, rows that fill their length, and a corpus of them."""
    from transformers import AutoModelForCausalLM, set_seed

    from trainer.corpus.build import build_corpus
    from trainer.corpus.recipe import CleanOptions, CorpusRecipe, DedupOptions, SourceSpec
    from trainer.tokenizer import train_tokenizer
    from trainer.training.shapes import make_config

    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(400)]
    count = asked.steps * asked.micro * 2

    def text(size: int) -> str:
        return " ".join(rng.choices(words, k=size))

    size = max(8, asked.length // 8)
    rows = [
        {"instruction": text(size // 4), "input": text(size), "output": text(size // 4)} for _ in range(count)
    ]
    path = asked.out / "rows.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    tokenizer = train_tokenizer((x["input"] for x in rows[:200]), 1000, bos=None)
    base = asked.out / "base"
    config = make_config(SHAPES[asked.size], VOCABULARY[asked.size], asked.length, None, tokenizer.eos)
    set_seed(0)
    AutoModelForCausalLM.from_config(config).bfloat16().save_pretrained(base)
    tokenizer.save(base)
    documents = asked.out / "documents.jsonl"
    documents.write_text("".join(json.dumps({"text": row["input"]}) + "\n" for row in rows), encoding="utf-8")
    source = SourceSpec(
        name="words",
        kind="rows",
        path=(str(documents),),
        text=("text",),
        lang="en",
        clean=CleanOptions(steps=()),
    )
    dedup = DedupOptions(exact=False, near=False)
    recipe = CorpusRecipe(
        tokenizer=str(base), max_tokens=asked.length, held_out=0.0, dedup=dedup, sources=(source,)
    )
    build_corpus(recipe, asked.out / "corpus")
    return str(base), str(path), str(asked.out / "corpus")


def run(asked: argparse.Namespace, name: str, train: Any, base: str, *, lora: bool = False) -> None:
    """Run one trainer and print its line."""
    folder = asked.out / name.replace(",", "").replace(" ", "-")
    try:
        rate = train(folder)
    except Exception as error:  # one trainer that fails does not hide the others
        print(f"{name:<24} failed: {error}")
        return
    print(f"{name:<24} {rate:>12,.0f} tokens/s  {mfu(base, rate, asked.length, lora=lora)}")


def mfu(base: str, rate: float, length: int, *, lora: bool) -> str:
    """Share of the card's peak; words where it is not known."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    peak = peak_flops(torch.cuda.get_device_name()) if torch.cuda.is_available() else None
    if peak is None:
        return "MFU unknown: no card, or one whose peak is not known"
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(base))
    model.requires_grad_(not lora)
    return f"MFU {100 * rate * flops_per_token(model, length) / peak:.1f} %"


def ours(kind: Any, asked: argparse.Namespace, out: Path, flags: dict[str, Any]) -> float:
    """Our trainer; tokens a second as its log has them."""
    from trainer.training.start import start

    small = [
        f"batch={{micro: {asked.micro}, length: {asked.length}, packing: true}}",
        f"run={{steps: {asked.steps}, log_steps: 1, save_steps: {asked.steps}, evaluate_steps: 0}}",
        f"run.precision={precision()}",
    ]
    start(read_settings(kind, settings=small, flags=flags), out, Machines(processes=1))
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text("utf-8").splitlines()]
    rates = [line["tokens_per_second"] for line in lines if "tokens_per_second" in line]
    return float(statistics.median(rates[int(SKIPPED * len(rates)) :]))


def precision() -> str:
    """bf16 where a card is, fp32 elsewhere."""
    import torch

    return "bf16" if torch.cuda.is_available() else "fp32"


_PLAIN = """
import json, sys, time
import torch
from datasets import load_dataset
from peft import LoraConfig
from transformers import TrainerCallback
from trl import SFTConfig, SFTTrainer
base, rows, out, steps, micro, length = sys.argv[1:4] + [int(x) for x in sys.argv[4:7]]
data = load_dataset("json", data_files=rows, split="train")
data = data.map(
    lambda x: {"prompt": x["instruction"] + "\\n\\n" + x["input"] + "\\n", "completion": x["output"]},
    remove_columns=data.column_names,
)
card = torch.cuda.is_available()
times, tokens = [], [0]
class Clock(TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        times.append((time.perf_counter(), tokens[0]))
class Counted(SFTTrainer):
    def training_step(self, model, inputs, *more, **named):
        mask = inputs.get("attention_mask")
        tokens[0] += int(mask.sum()) if mask is not None else inputs["input_ids"].numel()
        return super().training_step(model, inputs, *more, **named)
args = SFTConfig(
    output_dir=out, max_steps=steps, per_device_train_batch_size=micro, max_length=length, packing=True,
    bf16=card, use_cpu=not card, model_init_kwargs={"dtype": "bfloat16" if card else "float32"},
    activation_checkpointing=True, report_to="none", save_strategy="no", logging_steps=1, disable_tqdm=True,
)
adapter = LoraConfig(r=16, lora_alpha=32, lora_dropout=0.05, target_modules="all-linear", task_type="CAUSAL_LM")
Counted(model=base, args=args, train_dataset=data, peft_config=adapter, callbacks=[Clock()]).train()
rates = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in zip(times, times[1:])]
json.dump(rates, open(out + "/rates.json", "w"))
"""


def plain_trl(asked: argparse.Namespace, out: Path, base: str, rows: str) -> float:
    """TRL as its documentation has it."""
    out.mkdir(parents=True)
    numbers = [str(asked.steps), str(asked.micro), str(asked.length)]
    _quietly([sys.executable, "-c", _PLAIN, base, rows, str(out), *numbers])
    rates = json.loads((out / "rates.json").read_text("utf-8"))
    return float(statistics.median(rates[int(SKIPPED * len(rates)) :]))


def llama_factory(asked: argparse.Namespace, out: Path, base: str, rows: str) -> float:
    """LLaMA-Factory on the same rows; tokens of all steps over their time, as it tells no rate of steps."""
    out.mkdir(parents=True)
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    info = {"rows": {"file_name": str(Path(rows).resolve()), "columns": columns}}
    (out / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
    settings = {
        "stage": "sft", "do_train": True, "finetuning_type": "lora", "lora_rank": 16, "lora_alpha": 32,
        "lora_target": "all", "model_name_or_path": base, "dataset": "rows", "dataset_dir": str(out),
        "template": "default", "cutoff_len": asked.length, "packing": True, "neat_packing": True,
        "max_steps": asked.steps, "per_device_train_batch_size": asked.micro, "output_dir": str(out / "run"),
        "bf16": precision() == "bf16", "logging_steps": 1, "save_strategy": "no", "report_to": "none",
        "include_num_input_tokens_seen": True, "overwrite_output_dir": True,
    }  # fmt: skip
    (out / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    begun = time.perf_counter()
    _quietly(["llamafactory-cli", "train", str(out / "settings.json")])
    found = json.loads((out / "run" / "train_results.json").read_text("utf-8"))
    return float(found["num_input_tokens_seen"]) / float(
        found.get("train_runtime", time.perf_counter() - begun)
    )


def _quietly(line: list[str]) -> None:
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise RuntimeError(said[-1] if said else f"status {done.returncode}")


if __name__ == "__main__":
    main()
