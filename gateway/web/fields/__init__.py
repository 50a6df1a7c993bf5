"""Strict marshmallow fields: JSON types as they are, coded faults, documented by themselves."""

from gateway.web.fields.base import Fault, Options, Strict
from gateway.web.fields.containers import AnyValue, Labels, LabelsPatch, ListOf, Part
from gateway.web.fields.scalars import MAX_WHOLE, Day, Flag, Number, Time, Whole
from gateway.web.fields.text import Choice, HiddenText, Id, Lines, Secret, Text, id_pattern

__all__ = [
    "MAX_WHOLE",
    "AnyValue",
    "Choice",
    "Day",
    "Fault",
    "Flag",
    "HiddenText",
    "Id",
    "Labels",
    "LabelsPatch",
    "Lines",
    "ListOf",
    "Number",
    "Options",
    "Part",
    "Secret",
    "Strict",
    "Text",
    "Time",
    "Whole",
    "id_pattern",
]
