"""Writes due-instants.json: wall times around each change of clocks, and office hours, as Python's zoneinfo sees them."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

ZONES = [
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Pacific/Chatham",
]
MINUTE = timedelta(minutes=1)


def wall_at(instant, zone):
    return instant.astimezone(zone).replace(tzinfo=None)


def first_instant(wall, zone):
    """The first minute at which the clock shows this or a later time."""
    instant = wall.replace(tzinfo=timezone.utc) - timedelta(hours=15)
    # By the hour first, then by the minute: no change of clocks is longer than two hours.
    while wall_at(instant + timedelta(hours=3), zone) < wall:
        instant += timedelta(hours=1)
    while wall_at(instant, zone) < wall:
        instant += MINUTE
    return instant


def changes(zone):
    instant = datetime(2026, 1, 1, tzinfo=timezone.utc)
    while instant.year < 2029:
        later = instant + timedelta(minutes=15)
        if later.astimezone(zone).utcoffset() != instant.astimezone(zone).utcoffset():
            yield later
        instant = later


rows = []
for name in ZONES:
    zone = ZoneInfo(name)
    found = list(changes(zone)) or [datetime(2027, month, 15, tzinfo=timezone.utc) for month in range(1, 13)]
    walls = set()
    for change in found:
        noon = wall_at(change, zone).replace(second=0)
        walls.update(noon + timedelta(minutes=15 * step) for step in range(-12, 9))
        day = noon.replace(hour=0, minute=0)
        walls.update(day + timedelta(days=days, hours=hour) for days in (-1, 0, 1) for hour in (9, 17))
    rows += [
        [name, wall.isoformat(timespec="minutes"), first_instant(wall, zone).strftime("%Y-%m-%dT%H:%MZ")]
        for wall in sorted(walls)
    ]
lines = ",\n".join(json.dumps(row) for row in rows)
Path(__file__).with_name("due-instants.json").write_text(f"[\n{lines}\n]\n")
