"""Fuzzing: what comes from outside, made up by a grammar or mutated by coverage, and what holds."""

from typing import Final

TARGETS: Final = {
    "page": "dapp.expert's reader",
    "apis": "the readers of DefiLlama and growthepie",
    "payload": "the payload decoder",
    "words": "figures, relative dates, durations, texts of headlines",
    "archives": "WARC files, names of saved pages, encodings of bodies",
    "indexes": "answers of the archives' indexes, robots.txt, waits that servers ask for",
    "imports": "CSV files that are imported",
    "config": "config files, the environment, alert rules",
    "outbox": "files in the outbox, lines of second copies",
    "http": "every address and parameter of the page",
}
"""What is fuzzed, by the name of its module here."""
