"""What the words of an English news text say: the numbers, the days and the names that stand in it."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
LINK = re.compile(r"https?://\S+|pic\.twitter\.com/\S+")


def fold(text: str) -> str:
    """Return the text in lower case, without diacritics, with plain quotes, and hyphens as blanks."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = re.sub(r"[‘’ʼ`´]", "'", plain)
    return re.sub(r"[\s\u2010-\u2015-]+", " ", plain).casefold().strip()


def names(text: str, spelling: str) -> bool:
    """Say whether the text has the spelling as whole words; case, diacritics and hyphens do not matter."""
    return bool(spelling.strip()) and bool(re.search(rf"(?<!\w){re.escape(fold(spelling))}(?!\w)", fold(text)))


def paragraphs(text: str) -> list[str]:
    """Return the lines that hold anything but blanks; a source's paragraph 1 is the first of them."""
    return [line for line in re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff")) if line.strip()]


def runs(text: str, length: int) -> Iterator[str]:
    """Yield every run of so many consecutive words."""
    words = WORD.findall(fold(text))
    for start in range(len(words) - length + 1):
        yield " ".join(words[start : start + length])


# --- numbers -------------------------------------------------------------------------------------

UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
UNITS += " seventeen eighteen nineteen"
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
ORDINALS += " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
SMALL = {word: value for words in (UNITS, ORDINALS) for value, word in enumerate(words.split())}
SMALL |= {word: 10 * value for value, word in enumerate(TENS.split(), 2)}
SMALL |= {word[:-1] + "ieth": value for word, value in SMALL.items() if word in TENS.split()}
SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
FRACTIONS = {"half": 0.5, "quarter": 0.25, "two thirds": 2 / 3, "one third": 1 / 3, "a third": 1 / 3}
FRACTIONS |= {"three quarters": 0.75}
VAGUE = {"dozens": 12, "scores": 20, "tens": 10, "hundreds": 100, "thousands": 1000}
PERCENT = r"\s*(?:%|percent\b|per cent\b)"
# Not in names such as MD-530; the figure of an ordinal (8th) counts.
DIGITS = re.compile(rf"(?<![\w.,/-])(\d{{1,3}}(?:,\d{{3}})+|\d+)(\.\d+)?(?:st|nd|rd|th)?(?!\w)({PERCENT})?", re.I)


def numbers(text: str) -> list[float]:
    """Return every number of the text, in digits or words, in any order; percents as shares.

    Days, years and addresses are left out. `eighth` and `8th` are 8, `half` is 0.5.
    """
    text = _without_dates(text)
    found = []
    for match in DIGITS.finditer(text):
        value = float(match[1].replace(",", "") + (match[2] or ""))
        after = WORD.match(text[match.end() :].lstrip().casefold())
        scale = SCALES.get(after[0], 1) if after else 1
        found.append(value / 100 if match[3] else value * scale)
    folded = fold(text)
    found += [share for words, share in FRACTIONS.items() if re.search(rf"\b{words}\b", folded)]
    return found + list(_in_words(folded))


def _in_words(folded: str) -> Iterator[float]:
    """Numbers in words: twenty one thousand, eighty five percent, a dozen."""
    words = WORD.findall(folded)
    at = 0
    while at < len(words):
        total, part, begin = 0, 0, at
        while at < len(words) and (words[at] in SMALL or (words[at] in SCALES and at > begin)):
            word = words[at]
            if word == "hundred":
                part = max(part, 1) * 100
            elif word in SCALES:
                total, part = total + max(part, 1) * SCALES[word], 0
            elif part % 10 or (part % 100 and SMALL[word] >= 10):
                break  # two numbers side by side: four, five
            else:
                part += SMALL[word]
            at += 1
        if at > begin:
            percent = words[at : at + 1] == ["percent"] or words[at : at + 2] == ["per", "cent"]
            yield (total + part) / (100 if percent else 1)
        else:
            if words[at] == "dozen":
                yield 12.0
            at += 1


def vague(text: str) -> list[int]:
    """Return the units of words such as dozens (12) and scores (20)."""
    return [VAGUE[word] for word in WORD.findall(fold(text)) if word in VAGUE]


# --- days ----------------------------------------------------------------------------------------

MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTH = "(" + "|".join(MONTHS) + ")"
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+((?:19|20)\d\d))?"
MONTH_DAY = re.compile(rf"\b{_MONTH}\s+{_DAY}\b(?!,\d){_YEAR}", re.I)
DAY_MONTH = re.compile(rf"\b{_DAY}\s+{_MONTH}\b{_YEAR}", re.I)
ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
MONTH_ALONE = re.compile(rf"\b{_MONTH}\b{_YEAR}", re.I)
HALF_YEAR = re.compile(r"\b(first|second) half of ((?:19|20)\d\d)\b", re.I)
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
SLASHED = re.compile(r"\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b")


@dataclass(frozen=True)
class Days:
    """A stretch of days, closed at both ends."""

    first: dt.date
    last: dt.date

    def meets(self, first: dt.date, last: dt.date, slack: int) -> bool:
        """Say whether the days from first to last come within so many days of these."""
        return first <= self.last + dt.timedelta(slack) and self.first - dt.timedelta(slack) <= last


def days_named(text: str, year: int) -> list[dt.date]:
    """Return the days that the text names by month and day; without a year they are of the given one."""
    found = []
    for pattern, month_at, day_at in ((MONTH_DAY, 1, 2), (DAY_MONTH, 2, 1)):
        for match in pattern.finditer(text):
            month = MONTHS.index(match[month_at].casefold()) + 1
            found.append(_day(int(match[3] or year), month, int(match[day_at])))
    found += [_day(int(match[1]), int(match[2]), int(match[3])) for match in ISO.finditer(text)]
    return [day for day in found if day]


def days_allowed(text: str, published: dt.date) -> list[Days]:
    """Return every stretch of days that the text names, or that its relative words allow from publication.

    The stretches are generous: they are there to refuse a date that the words rule out, not to find the date.
    """
    found = [Days(day, day) for day in days_named(text, published.year)]
    for match in HALF_YEAR.finditer(text):
        year, first = int(match[2]), match[1].casefold() == "first"
        half = (dt.date(year, 1, 1), dt.date(year, 6, 30)) if first else (dt.date(year, 7, 1), dt.date(year, 12, 31))
        found.append(Days(*half))
    for match in MONTH_ALONE.finditer(DAY_MONTH.sub(";", MONTH_DAY.sub(";", text))):
        # The verb and the auxiliary may: only the capital tells them from the month.
        if match[1] != match[1].casefold():
            month, year = MONTHS.index(match[1].casefold()) + 1, int(match[2] or published.year)
            found.append(Days(dt.date(year, month, 1), _month_end(year, month)))
    folded = fold(text)
    for number, weekday in enumerate(WEEKDAYS):
        if re.search(rf"\b{weekday}\b", folded):
            day = published - dt.timedelta((published.weekday() - number) % 7)
            found.append(Days(day, day))
    for words, reach, end in RELATIVE:
        if re.search(rf"\b(?:{words})\b", folded):
            found.append(Days(published - dt.timedelta(reach), published - dt.timedelta(end)))
    return found


# Words, how many days before publication their stretch begins and how many before it ends.
RELATIVE = (
    (r"today|now|currently|this morning|tonight", 0, 0),
    (r"last night|yesterday|overnight", 1, 0),
    (r"a day earlier|the day before|a day before", 2, 1),
    (r"past few days|last few days|recent days|in days|days ago", 10, 0),
    (r"recent|recently|lately", 31, 0),
    (r"weekend", 8, 1),
    (r"this week", 7, 0),
    (r"last week|a week ago|past week", 14, 1),
    (r"earlier this month|this month", 31, 0),
    (r"last month", 62, 1),
    (r"a month ago", 45, 15),
)


def _without_dates(text: str) -> str:
    for pattern in (LINK, ISO, MONTH_DAY, DAY_MONTH, SLASHED, YEAR):
        text = pattern.sub(" ; ", text)
    return text


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _month_end(year: int, month: int) -> dt.date:
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(1)
