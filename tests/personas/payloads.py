"""What an attacker writes where one instance id belongs."""

from urllib.parse import quote

FILTERS = (
    "*",
    "* .running",
    "* .safeMode",
    "* .stopped",
    "*\t.running",
    "*\u00a0.running",
    "*+.running",
    "*alpha-host1",
    "*host",
    "\uff0a",
    "\u2217",
    "\ufe61",
    "tenant-1 tenant-2",
    "tenant-1,tenant-2",
    "tenant-1;tenant-2",
    "tenant-1|tenant-2",
)
"""The filter grammar, and what might be folded into it."""

SPELLINGS = (
    "\n",
    "\r\n",
    "\0",
    "\x0b",
    "\u2028",
    " ",
    "&instanceFilter=*",
    "#",
    ";x=1",
    "\\",
    "/..",
    "\u200d",
    "\u202e",
    "\u0301",
)
"""What is put behind an id that is good."""

IDS = (
    "ab",
    "a" * 33,
    "a" * 10_000,
    "1abc",
    "-abc",
    "Tenant-1",
    "TENANT-1",
    "tenant_1",
    "\u212aenant",
    "\u017ftenant",
    "tenant\u0131",
    "\uff54enant",
    "tenant.1",
    "..",
    "",
)
"""Ids that follow no rule."""

NOT_TEXT = ([], ["tenant-1", "*"], {}, {"$ne": 1}, 1, 1.5, True)
"""JSON where a text belongs; null is tried where it is not allowed."""


def in_paths(opaque: str, instance_id: str) -> list[str]:
    """Return path segments, percent-encoded, of which none names an instance.

    Args:
        opaque: the id of an instance that there is.
        instance_id: what SPE calls it, which is no id of ours.
    """
    around = [f"{start}{end}" for start in (opaque, instance_id) for end in SPELLINGS]
    before = [f" {opaque}", f"\n{opaque}", f"*{opaque}", opaque.upper(), opaque.replace("_", "-")]
    once = [
        quote(text, safe="") for text in (*FILTERS, *IDS, *around, *before, instance_id) if text
    ]
    bare = ["*", "*%20.running", "*host", "%252A", "%25%32%41", quote(quote("* .running"))]
    return [*once, *bare]
