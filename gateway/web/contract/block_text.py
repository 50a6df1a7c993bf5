"""YAML as the contract is written in it; loaded with the first document that is."""

import yaml


class BlockDumper(yaml.SafeDumper):
    """Writes text of several lines as blocks, and no anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 # PyYAML's signature
        """Repeat instead of pointing: generators read it more reliably."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


BlockDumper.add_representer(str, _text)


def written(document: object) -> str:
    """Return a document as YAML, in the order that it is given."""
    return yaml.dump(document, Dumper=BlockDumper, sort_keys=False, allow_unicode=True, width=100)
