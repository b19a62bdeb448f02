"""专项： the small loops beside the cases, each on a page of its own under one frame (rules.md §5, §8)."""

from flask import Blueprint

from web.staff.special.appeals import appeals
from web.staff.special.items import items
from web.staff.special.officers import officers
from web.staff.special.reviews import reviews
from web.staff.special.stuck import stuck
from web.staff.special.windows import halls

SPECIAL: tuple[Blueprint, ...] = (reviews, appeals, stuck, officers, items, halls)
