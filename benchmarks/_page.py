"""Sections of a page that programs write: what stands between two markers is theirs."""

from pathlib import Path


def write_section(path: Path, marker: str, text: str) -> None:
    """Put `text` between `<!-- marker -->` and `<!-- /marker -->`; a section that is not there yet goes to the end."""
    begin, end = f"<!-- {marker} -->", f"<!-- /{marker} -->"
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    if begin in page:
        before, _, rest = page.partition(begin)
        _, closing, after = rest.partition(end)
        if not closing:
            message = f"{path} has {begin}, but no {end} after it."
            raise ValueError(message)
    else:
        before, after = page.rstrip("\n") + "\n\n" if page.strip() else "", "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")
