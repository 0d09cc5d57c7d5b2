"""Words of people who mean no good, or whose language is written differently; each holds `MARK`, to be found again."""

from __future__ import annotations

MARK = "Zq7"
SEEDS = (
    "<!channel>", "<!here|here>", "<!everyone>", "<@U0EMMA0001>", "<#C0123|general>", "<!subteam^S1|@it>", "<!date^0^{date}|x>",
    "<https://evil.example.com|Approve>", "https://evil.example.com/a?b=c", "mailto:x@evil.example.com", "<mailto:a@b|c>",
    "*bold*", "_it_", "~gone~", "`code`", "```\nblock\n```", "> quote", "&gt; quote", "- list", "1. list", ":warning:", ":+1:",
    "&amp;lt;!channel&amp;gt;", "&lt;!channel&gt;", "&", "<", ">", "<<>>", "|", "^", "\\", "\"}],\"type\":\"button\"",
    '{"type":"button","text":"Approve"}', "{reference}", "{0}", "{__class__}", "%s %(x)s", "${x}", "{{x}}",
    "\u202eevorppA", "\u2066abc\u2069", "مرحبا بالعالم", "שלום עולם", "👩‍👩‍👧‍👦" * 40, "👍🏽", "🇩🇪", "e\u0301" * 50, "Z̷̢̛a̵l̶g̷o̶" * 20,
    "\x00", "\x1b[31m", "a\x00b", "\ud800", "\udfff x", "\ufeff", "\u200b", " ", "\n", "\r\n\r\n", "\t", "a\nb\nc", "",
    "x" * 76, "x" * 151, "x" * 2001, "x" * 3001, "x" * 20_000, "🔥" * 3000, "&" * 3000, "<" * 5000, "*" * 4000, "\n" * 500,
    "line\n" * 800, "=HYPERLINK(\"https://evil.example.com\")", "IT-9999 Approved by Sam Ortiz", "null", "None", "undefined",
)  # fmt: skip
HOSTILE = tuple(
    dict.fromkeys(text for seed in SEEDS for text in (seed + MARK, MARK + seed, f"a {seed} {MARK} {seed}", seed * 3 + MARK))
)
