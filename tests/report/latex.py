"""Whether LaTeX would compile: by an engine where there is one, and in any case by its structure."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ENGINES = ("tectonic", "pdflatex", "xelatex", "lualatex")
COMMANDS = set(
    "begin end centering caption toprule midrule bottomrule textbf scriptsize footnotesize par smallskip".split()
)
COMMANDS |= set(
    "setlength tabcolsep shortstack strut multicolumn cmidrule resizebox ifdim width linewidth else fi".split()
)
COMMANDS |= set(
    "textbackslash textasciitilde textasciicircum textless textgreater textperiodcentered times Delta alpha dag".split()
)
MATH = re.compile(r"\$[^$]*\$")
_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_ESCAPED = re.compile(r"\\[\\&%$#_{}]")


def faults(text: str) -> list[str]:
    """What is wrong with a document of `table` environments; empty when nothing is."""
    found = [f"unknown command \\{name}" for name in set(_COMMAND.findall(_ESCAPED.sub(" ", text))) - COMMANDS]
    open_: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            open_.append(name)
        elif not open_ or open_.pop() != name:
            found.append(f"\\end{{{name}}} without its \\begin")
    found += [f"\\begin{{{name}}} without its \\end" for name in open_]
    for tabular in re.findall(r"\\begin\{tabular\}\{@\{\}([lrc]+)@\{\}\}(.*?)\\end\{tabular\}", text, re.DOTALL):
        spec, body = tabular
        for line in (line.strip() for line in body.splitlines()):
            if line.endswith(r"\\") and _width(line[:-2]) != len(spec):
                found.append(f"{len(spec)} columns, but: {line}")
    plain = _plain(re.sub(r"\\begin\{tabular\}\{@\{\}[lrc]+@\{\}\}|\s&\s", " ", text))
    depth = 0
    for sign in plain:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            break
    if depth:
        found.append("braces do not balance")
    found += [f"{sign!r} is active" for sign in sorted(set("&%$#_^~") & set(MATH.sub("", plain)))]
    found += [f"{sign!r} needs an engine that knows it" for sign in sorted({s for s in text if ord(s) > 255})]
    return found


def compiled(text: str, folder: Path) -> bool | None:
    """Whether an engine makes a page of it; None where there is no engine."""
    engine = next(filter(None, map(shutil.which, ENGINES)), None)
    if engine is None:
        return None
    body = (
        f"\\documentclass{{article}}\n\\usepackage{{booktabs,graphicx}}\n\\begin{{document}}\n{text}\\end{{document}}\n"
    )
    (folder / "table.tex").write_text(body)
    flags = [] if engine.endswith("tectonic") else ["-halt-on-error", "-interaction=nonstopmode"]
    return subprocess.run([engine, *flags, "table.tex"], cwd=folder, capture_output=True, timeout=240).returncode == 0


def _width(line: str) -> int:
    """The columns that a line fills."""
    spanned = sum(int(width) - 1 for width in re.findall(r"\\multicolumn\{(\d+)\}", line))
    return _plain(line).count("&") + 1 + spanned


def _plain(text: str) -> str:
    """Without escaped signs, whose backslash would hide them, and without commands."""
    return _COMMAND.sub("", _ESCAPED.sub("", text))
