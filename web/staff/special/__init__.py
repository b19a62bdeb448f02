"""专项： the small loops beside the cases, each on a page of its own under one frame (rules.md §5, §8)."""

from flask import Blueprint

from web.staff.special.appeals import appeals
from web.staff.special.stuck import stuck

SPECIAL: tuple[Blueprint, ...] = (appeals, stuck)
