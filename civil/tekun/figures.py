"""The figures of destitute support, and what may not be drawn beside it."""

from typing import Final

from civil.blocks.benefits import figures as benefits

NAME: Final = "tekun"
FIGURES: Final = (
    benefits.people(
        "TK.PER",
        "特困供养人员：当日在享特困供养的人，集中和分散供养合计",
        "people who draw destitute support on the day, in institutions and at home",
        benefits.drawn_by(NAME),
    ),
)
CONTRADICTIONS: Final = (
    *benefits.contradictions(NAME, "TK.PER"),
    benefits.both(NAME, "dibao", "TK.PER", "DB.U.PER", "DB.R.PER"),
    benefits.both(NAME, "disability_living", "TK.PER", "CJ.LIFE"),
    benefits.both(NAME, "disability_nursing", "TK.PER", "CJ.NURSE"),
)
