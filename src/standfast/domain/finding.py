"""One thing that is wrong with a prompt before it starts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`where` is the path of the field in the prompt; `blocks`: it prevents the start."""

    code: str
    text: str
    where: str
    blocks: bool = True
