"""Whose account a text speaks of, for the offline model.

Works on text in which applications are marked (zqapp, zqacct). Persons get marks of their own: zqself for the
requester, zqrole for a desk's mailbox, zqmail for any other address, zqperson for names and mentions.
"""

from __future__ import annotations

import re
from typing import Literal

from agent.offline_words import CREDENTIAL, DOUBTFUL_NAMES, FIRST_NAMES, NOT_POSSESSORS, PASSWORD, PERSON_NOUNS, listed

About = Literal["self", "someone_else", "unclear"]

_ADDRESS = re.compile(r"(?:mailto:)?[\w.+'-]+@[\w-]+(?:\.[\w-]+)+", re.UNICODE)
_ROLE = re.compile(
    r"^(?:mailto:)?(?:it|help|helpdesk|service|servicedesk|service-desk|support|security|no-?reply|info|admin|postmaster"
    r"|okta)[\w.-]*@", re.IGNORECASE,
)
_MENTION = re.compile(r"<@[^>\s]+>|(?<![\w@])@[A-Za-z][\w.-]+")
_DOTTED = re.compile(r"\b([A-Za-z]+)[._]([A-Za-z]{2,})\d*\b")
_STAFF_NUMBER = re.compile(
    r"(?<!my )\b(?:user|user ?name|user ?id|employee|personnel number|benutzer)\s+(?:name |id |number )?"
    r"(?=[a-z]*\d)[a-z]{0,8}\d{1,8}\b",
    re.IGNORECASE,
)
_HONORIFIC = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Herrn|Frau)\b\.? [A-ZÄÖÜ][\w-]+")
_WORD = re.compile(r"[^\W\d_]+(?:['’]s\b|s['’](?!\w))?|[.!?\n]")
_NOT_SURNAMES = listed("I And Or But The My Is Has Can Password Passwort Account Login Okta From In At IT")

_DET = (
    r"(?:my|our|the|a|an|another|some|one of (?:my|our|the)|this|that|every|all|any|mein(?:e|en|em|er|es)?|unser(?:e|en|em|er"
    r"|es)?|ein(?:e|en|em|er|es)?|der|die|das|den|dem|des)"
)
_GENERIC = r"(?:someone|somebody|anyone|anybody|another|other)"
_PERSON = (
    rf"(?:zqperson|zqmail|zqrole|(?:{_DET} )?{_GENERIC} (?:else|people|person|user|colleague|employee)"
    rf"|(?:{_DET} )(?:[\w-]+ ){{0,2}}?{PERSON_NOUNS}|(?:someone|somebody|jemand(?:en|em)?))(?:,? zqperson)?"
)
_LINK = r"(?!(?:my|but|and|because|since|while|i|mein\w*|und|aber)\b)[\w-]+"
_PRONOUN = r"(?:he|she|they|er|sie)"
_CRED = rf"(?:{CREDENTIAL}|zqapp|zqacct|mailbox|inbox|profile|postfach)"
_THINGS = re.compile(
    r"\b(?:user|employee|customer|client|partner|supplier|vendor|student|guest|manager|staff|people|owner)(?:'s)?[ -]"
    r"(?=(?:portal|id|name|profile|system|app|application|database|self-?service|self service|site|platform|area|cent(?:er"
    r"|re)|tool|dashboard"
    r"|meetings?|calls?|visits?|demo|presentation|workshop|project|data|reviews?|interview|deadline|invoices?|ticket"
    r"|report|contract|account|login|records?|list)\b)"
)
_OWN_USER = re.compile(r"\b(?:my|mein) (?:own )?(?:zqapp |zqacct )?(?:user|benutzer)\b")
_REPORT = re.compile(
    rf"\b(?:{_PERSON}|{_PRONOUN}|it|the (?:desk|helpdesk|help desk|service desk|system|site|screen|message|portal|it (?:guy"
    rf"|team|desk))|zqrole|hr|support|security)"
    r"(?: (?:from|in|at) [\w ]{1,20}?)?(?: (?:also|just|has|have|had|hat|will|keeps|is|was))*"
    r" (?:told|tells?|telling|asked|asks|asking|advised|advises|wants?|wanted|needs?|needed|instructed|reminded|requires?"
    r"|required|expects?|made|lets?|allowed|sent|gebeten|bat|sagte|meinte|said|says)"
    r"(?: to)? (?:me\b|us\b|that (?:i|we)\b|i\b|we\b|mir\b|mich\b|ich\b|zqself\b)"
)
_TROUBLE = (
    rf"(?:forg[eo]ts?(?! my)|has forgotten|have forgotten|(?:has |have )?lost (?:the |a |zqapp )?(?:his|her|their|{_CRED})"
    rf"|(?:can't|cannot|can not|cant|couldn't|could not|can no longer|won't be able to|isn't able to|is not able to"
    rf"|is unable to|are unable to|aren't able to)(?: \w+){{0,2}}? (?:log|sign|get in|get into|access|remember|reset"
    rf"|connect|open|enter|use|unlock|work)"
    rf"|(?:is|are|got|was|were|has been|have been|gets|keeps getting|'s|'re)(?: \w+)? (?:locked|stuck|blocked)"
    rf"|(?:needs?|wants?|requires?|would like|requested)(?: to (?:reset|change|unlock|log|sign|get|have))?(?: (?:a|his|her"
    rf"|their|the|its|new|fresh|own|quick|zqapp|zqacct))*(?: (?:zqapp|zqacct))? ?(?:{PASSWORD}|resets?|resetting|unlock\w*"
    rf"|zqapp|zqacct|in\b)"
    rf"|(?:is|are|has|have) (?:having )?(?:trouble|problems|issues)(?: \w+){{0,2}}? (?:log|sign|with|access)"
    rf"|(?:hat|haben)\b[^.!?]{{0,60}}\bvergessen|(?:ist|wurde|wird|bleibt)\b[^.!?]{{0,20}}\b(?:aus)?gesperrt|kann sich\b"
    rf"|kommt nicht|braucht (?:ein|einen|sein|ihr)\w*)"
)

_ELSE = tuple(re.compile(pattern) for pattern in (
    # somebody's password, account, application
    rf"{_PERSON}(?:'s|s'|')(?: {_LINK}){{0,3}}? {_CRED}",
    rf"{_PERSON}(?:'s|s') (?:laptop|computer|email|files|calendar|phone)\b",
    r"\b(?:someone|somebody|anyone|another person|other person) else's\b",
    # his, her, their password
    (
        rf"\b(?:his|her|hers|their|seine?[mnrs]?|deren|dessen)(?: {_LINK}){{0,3}}? {_CRED}(?! (?:page|screen|portal|policy"
        rf"|policies|system|form|site))"
    ),
    rf"\b(?:sie|kollegin|chefin|freundin|frau|zqperson)\b[^.!?]{{0,40}}\bihr(?:e|es|em|en)? (?:zqapp[ -]?)?{_CRED}",
    # the password of somebody
    rf"{_CRED}(?: [\w-]+){{0,2}}? (?:of|belonging to|belongs to|von|vom) (?:{_PERSON}|him|her|them|ihm|ihr|ihnen)\b",
    rf"\b{_CRED} (?:meine[sr]|unsere[sr]|eine[sr]|des|der) (?:\w+ )?{PERSON_NOUNS}\b",
    # for somebody
    (
        rf"(?:\b(?:reset\w*|unlock\w*|{_CRED}|link|access|zurücksetz\w*|entsperr\w*|neues)\b[^.!?,;]{{0,40}}?"
        rf"|\b(?:(?:it|this|that)(?:'s| is)?|one|help|request|asking|ask|hilfe) (?:please |also |instead )?|^\W*)\b(?:for|für)"
        rf" (?:{_PERSON}|him|her|them|ihn|ihm|ihr)\b(?!'s (?!(?:[\w-]+ ){{0,2}}?{_CRED})|s? (?:to (?:approve|sign|review)"
        rf"|meeting|call|demo|presentation|visit|project|review|report|deadline|trip|tomorrow's))"
    ),
    rf"^\W*(?:this is |it's |it is )?(?:for|für) (?:{_PERSON}|him|her|them)\b",
    (
        r"\bon (?:(?!my |our )[\w' -]{1,40}?)?behalf\b(?! of (?:myself|me|zqself))|\bin (?:someone|somebody) else's name\b"
        r"|\bim (?:namen|auftrag) (?:von|meine[sr])"
    ),
    # somebody is in trouble
    (
        rf"\b(?:{_PERSON}|{_PRONOUN}|who)(?:,? (?:who|from|in|at|zqperson)(?: [\w-]+){{1,4}}?,?)?(?: (?:also|just|now|again"
        rf"|really|still|currently|from \w+|in \w+|here|today))* ?{_TROUBLE}"
    ),
    rf"(?:^|[.!?] )\W*{PERSON_NOUNS} {_TROUBLE}",
    rf"\b{_PERSON} (?:and|und) (?:i|me|ich)\b(?: (?:both|all|have|also|haben|beide))* (?:{_TROUBLE}|need|want|vergessen)",
    # sign in as somebody, unlock somebody
    rf"\b(?:log|sign|logged|signed|get)(?: me)? ?in(?: ?to \w+)? as (?:{_PERSON}|him|her|them)\b",
    rf"\b(?:reset|unlock|un-lock|entsperre?)(?: please| bitte)? (?:{_PERSON}|him|her|them)\b(?!')",
    (
        rf"\b(?:get|let|help) (?:{_PERSON}|him|her|them) (?:back )?(?:in\b|into|to (?:log|sign|get|reset)|(?:log|sign) in"
        rf"|with (?:his|her|their|a) )"
    ),
    (
        rf"\b(?:give|send|get|grant|schick\w*|gib) (?:{_PERSON}|him|her|them|ihm|ihr)(?: {_LINK}){{0,3}} (?:resets?|link"
        rf"|password|access|passwort)"
    ),
    # said outright
    (
        r"\bnot (?:for me|mine|my own|for myself|about me|my (?:own )?(?:password|account|login))\b|\bisn't (?:for me|mine)\b"
        r"|\bnicht (?:für mich|mein\w*)\b"
    ),
    r"\bzqmail\b",
    r"\b(?:zqacct|account|konto|user|benutzer|username) zqperson\b",
))
_UNCLEAR = re.compile(
    rf"\b(?:shared|joint|group|team'?s?|common|service|functional|generic|test|admin|administrator|root|superuser"
    rf"|department(?:al)?|second|other|secondary|gemeinsame\w*|geteilte\w*)"
    rf"(?: zqapp| zqacct)?[ -](?:user )?(?:{CREDENTIAL}|mailbox|inbox|user\b|postfach)"
    rf"|\b(?:team|funktions|gruppen)-?(?:konto|passwort|postfach)|\bour (?:team'?s? |department'?s? |group'?s? )?{PASSWORD}"
    rf"|\bunser(?:em|es|en)? (?:{PASSWORD}|konto)|\bwe (?:all )?(?:share|use together)\b"
)
_POSSESSOR = re.compile(rf"\b([a-zäöüéèáíóúñç-]+)'s (?:[\w-]+ ){{0,2}}?{CREDENTIAL}")
_SUBJECT = re.compile(
    r"(?:^|[.!?,;] |\b(?:but|and|because|since|that) )([A-ZÄÖÜ][\w-]+) (?:forgot|has forgotten|is locked out|got locked out"
    r"|can't remember|cannot remember|lost (?:his|her|their)|hat (?:sein|ihr)) ?(my\b)?",
)
_THING_SUBJECTS = listed("I We It You This That Chrome Firefox Edge Safari Browser Outlook Windows Password Account")


def marked(text: str, names: frozenset[str], addresses: frozenset[str]) -> str:
    """`text` with persons marked. `names` are the requester's own, in small letters, `addresses` theirs."""
    text = _ADDRESS.sub(lambda m: _address(m.group(), addresses), text)
    text = _MENTION.sub(lambda m: " " if m.start() == 0 and m.group().startswith("@") else "zqperson", text)
    text = _HONORIFIC.sub(lambda m: "zqself" if m.group().split()[-1].casefold() in names else "zqperson", text)
    text = _STAFF_NUMBER.sub("zqperson", text)
    text = _DOTTED.sub(lambda m: _dotted(m, names), text)
    return _named(text, names)


def whose(text: str) -> About:
    """`text` as `marked` gives it, case kept."""
    if any(not m.group(2) and m.group(1) not in _THING_SUBJECTS and not m.group(1).startswith("zq") for m in _SUBJECT.finditer(text)):
        return "someone_else"
    low = _REPORT.sub(" zqsays ", _OWN_USER.sub("zqthing", _THINGS.sub("zqthing ", text.lower())))
    if any(pattern.search(low) for pattern in _ELSE):
        return "someone_else"
    if any(m.group(1) not in NOT_POSSESSORS for m in _POSSESSOR.finditer(low)):
        return "someone_else"
    return "unclear" if _UNCLEAR.search(low) else "self"


def _address(address: str, own: frozenset[str]) -> str:
    plain = address.removeprefix("mailto:").casefold().rstrip("'.")
    return "zqself" if plain in own else "zqrole" if _ROLE.match(address) else "zqmail"


def _dotted(match: re.Match[str], names: frozenset[str]) -> str:
    """first.last as a user name; file names and hosts stay."""
    first = match.group(1).casefold()
    if first in names:
        return "zqself"
    person = first in FIRST_NAMES and match.group(2).casefold() not in ("com", "net", "org", "exe", "pdf", "doc")
    return "zqperson" if person else match.group()


def _named(text: str, names: frozenset[str]) -> str:
    """First names, with the surname behind them, as marks."""
    out: list[str] = []
    end = 0
    starts = True
    after_name = ""
    for match in _WORD.finditer(text):
        word = match.group()
        if word in ".!?\n":
            starts, after_name = True, ""
            continue
        bare = re.sub(r"(?:['’]s|['’])$", "", word)
        tail = word[len(bare) :]
        if tail in ("'", "’"):
            tail = "'s"
        mark = _name_mark(bare, tail, starts, names)
        gap = text[end : match.start()]
        if not mark and after_name and gap == " " and bare[:1].isupper() and bare not in _NOT_SURNAMES:
            # A surname: part of the mark before it.
            out.append(tail)
            end, starts = match.end(), False
            continue
        if mark:
            plain, _, ending = mark.partition("'")
            out.append(gap + plain + ("'" + ending if ending else tail))
            end, after_name = match.end(), plain
        else:
            after_name = ""
        starts = False
    out.append(text[end:])
    return "".join(out)


def _name_mark(bare: str, tail: str, starts: bool, names: frozenset[str]) -> str:
    low = bare.casefold()
    capital = bare[:1].isupper()
    if low.startswith("zq"):
        return ""
    if low in names and (capital or low not in DOUBTFUL_NAMES):
        return "zqself"
    if low in FIRST_NAMES or low in DOUBTFUL_NAMES:
        sure = low not in DOUBTFUL_NAMES or (capital and not starts) or bool(tail)
        return "zqperson" if sure else ""
    if low.endswith("s") and low[:-1] in FIRST_NAMES and low[:-1] not in DOUBTFUL_NAMES and len(low) > 3 and not tail:
        # "johns password", "Annas Passwort"
        return "zqperson's"
    return ""
