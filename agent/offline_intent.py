"""What a text asks for, for the offline model: patterns of trouble, of wishes, and of other matters.

Works on small letters in which applications and persons are marked (zqapp, zqacct, zqperson).
"""

from __future__ import annotations

import re
from typing import Literal

from agent.offline_words import CREDENTIAL, PASSWORD

Intent = Literal["reset", "unlock", "other", "unclear"]

_LOCKED = re.compile(
    r"\b(?:locked|lock(?:s|ing)? (?:me )?out|lockout|unlock\w*|un-lock|blocked|too many (?:attempts|tries)|suspended"
    r"|(?:aus)?gesperrt|entsperr\w*|ent-?sperrung|sperre)\b",
)
_FORGOT = re.compile(
    rf"\b(?:forg[eo]t|forgotten|forgetting|forogt|froget|vergessen|don'?t (?:remember|know|recall)|do not (?:remember|know"
    rf"|recall)|can'?t (?:remember|recall)|cannot (?:remember|recall)"
    rf"|no longer (?:remember|know)|no idea what (?:my|the) {PASSWORD}|lost (?:my|the)(?: zqapp| zqacct)? ?{PASSWORD}"
    rf"|misplaced|slipped my mind|wei(?:ß|ss) (?:mein\w* )?[\w ]{{0,20}}nicht mehr|nicht mehr (?:erinnern|wissen"
    rf"|einfallen))\b"
)
_EXPIRED = re.compile(
    rf"\b(?:expire[sd]?|expiring|expiry|ran out|run out|has lapsed|lapsed|out of date|abgelaufen|läuft ab|ablaufen)\b"
    rf"|{PASSWORD} (?:is |too )?old\b",
)
_CANNOT_ENTER = re.compile(
    r"\b(?:can'?t|cannot|can not|could ?n[o']t|couldn't|cant|unable to|not able to|isn't able to|trouble|problems?"
    r"|fail(?:s|ed|ing)?(?: to)?|doesn't let me|does not let me|won'?t let me|not letting me"
    r"|can no longer|no longer able to|keeps? (?:refusing|rejecting|kicking)|struggling to"
    r"|difficult\w* )(?: \w+){0,3}? ?(?:log(?:ging|ged)?(?:[ -]?(?:me )?(?:in|on))|log-?in|log-?on|sign(?:ing"
    r"|ed)?(?:[ -]?(?:me )?(?:in|on))"
    r"|get(?:ting)? (?:back )?(?:in\b|into|to zq)|enter(?:ing)?\b|access(?:ing)?\b|into\b|in\b|authenticat\w*|use (?:my )?(?:zqapp|zqacct))"
    r"|\b(?:kann|komme|kommt) (?:mich |ich )?[^.!?]{0,40}\b(?:nicht|nimmer|kein\w*)(?: mehr)?\b[^.!?]{0,30}\b(?:anmelden"
    r"|einloggen|rein|hinein|zugreifen|login|ins?\b)?|\b(?:anmeld\w*|login|einloggen)\b[^.!?]{0,25}\b(?:nicht"
    r"|fehlgeschlagen|unmöglich)\b|\bkomme\b[^.!?]{0,30}\bnicht (?:mehr )?(?:rein|in)\b"
    r"|\b(?:kicked|shut|thrown) (?:me )?out (?:of )?|\blost (?:my )?access\b|\b(?:log-?in|sign-?in"
    r"|logon)(?: \w+){0,2} (?:fail\w*|rejected|refused|not work\w*|doesn't work|broken|error|denied)\b"
    r"|\binvalid (?:log-?in|credentials|user|password)\b|\bno longer (?:log|sign|get|access)\b"
)
_NOT_TAKEN = re.compile(
    rf"\b{CREDENTIAL}(?: \w+){{0,5}}? (?:(?:is|was|are|seems|ist|war) (?:\w+ )?(?:wrong|incorrect|invalid|rejected|refused"
    rf"|denied|broken|not (?:accepted|working|right|correct|recogni[sz]ed)|falsch|ungültig|gone|lost)"
    rf"|(?:does|did|do) ?n[o']t (?:\w+ )?(?:work|match|go through|get accepted)|doesn't (?:\w+ )?(?:work|match)|don't work"
    rf"|isn't (?:\w+ )?(?:work\w*|accepted|recogni[sz]ed)|won't work|no longer works?|not work\w*|stopped working"
    rf"|never works|fails|failed"
    rf"|funktioniert nicht|geht nicht|stimmt nicht|wird nicht|wird abgelehnt)\b"
    rf"|\b(?:wrong|incorrect|invalid|bad|falsches|ungültiges) {PASSWORD}|\b(?:not |n't |never )(?:tak(?:e|ing)"
    rf"|accept(?:ing)?|recogni[sz](?:e|ing)|like|lik(?:e|ing)) (?:my |the |any )?(?:\w+ )?{PASSWORD}|\b(?:refus|reject"
    rf"|declin)\w* (?:my |the )?(?:\w+ )?{PASSWORD}"
    rf"|\bakzeptiert mein \w* ?(?:passwort|kennwort)?|\bnimmt mein\w* (?:\w+ )?(?:passwort|kennwort)"
)
_WISH = re.compile(
    rf"\b(?:re-?set\w*|rest|resest|restet|recover\w*|renew\w*|restore|regain|replace|refresh|change|update|set(?: up)?|get"
    rf"|need|want|request|require|send|issue|please|new|zurück ?setz\w*|zurückgesetzt|rücksetz\w*|neues?|neuen|ändern"
    rf"|zurück)\b"
    rf"[^.!?]{{0,50}}?\b(?:{PASSWORD}|{CREDENTIAL} (?:reset|link)|reset link|recovery link)"
    rf"|\b{PASSWORD}\W+(?:\w+\W+){{0,4}}?(?:re-?set\w*|rest\b|recovery|recover|renew\w*|change[sd]?|help|zurück ?setz\w*"
    rf"|zurückgesetzt|rücksetz\w*|neu setzen|ändern|problem|issue|trouble|assistance)\b"
    rf"|\breset (?:it|this|that|mine|ours)\b|\breset\w*\b[^.!?]{{0,30}}\b(?:zqapp|zqacct|log-?in|account|access)\b"
    rf"|\b(?:zqapp|zqacct|account|log-?in|access) (?:re-?set\w*|recovery)\b|\b(?:log-?in|sign-?in|logon) (?:problem|issue"
    rf"|trouble|help|difficult\w*)s?|\b(?:regain|restore|recover) (?:my )?(?:access|account|log-?in)\b"
    rf"|\b(?:problem|issue|trouble|help)s? (?:with |mit )(?:my |the |mein\w* )?(?:zqapp |zqacct )?{CREDENTIAL}|(?:^"
    rf"|\b(?:please|could you|can you|bitte)) (?:just )?(?:re-?set|unlock|zurücksetzen)(?: please| bitte| me)?\W*$"
    rf"|^\W*(?:re-?set|unlock|zurücksetzen)(?: please| bitte| me)?\W*$|\bsetz\w*\b[^.!?]{{0,60}}\bzurück\b|\b(?:get"
    rf"|let) me (?:back )?in(?:to)?\b"
)
_FACTOR = re.compile(
    r"\b(?:mfa|2fa|two[- ]factor|second factor|multi[- ]?factor|authenticator|okta verify|zqacct verify|yubi ?key"
    r"|security key|hardware token|recovery codes?|one[- ]time codes?|otp|passkey|zwei-?faktor\w*|verification (?:code"
    r"|app)|push (?:notification|prompt)s?|biometrics?|fingerprint)\b"
)
_TOPIC = re.compile(
    rf"\b{PASSWORD} (?:polic\w+|rules?|requirements?|managers?|vaults?|generators?|length|complexity|history|list|hygiene"
    rf"|training|best practices|guidelines?|strength|change (?:interval|frequency))"
    rf"|\bpolic(?:y|ies) (?:on|for|about) {PASSWORD}|\bhow (?:long|often|many|strong|complex"
    rf"|secure)\b[^.!?]{{0,40}}{PASSWORD}|\bpasswortrichtlinie\w*|\bpasswort-?manager\b"
    rf"|\b(?:wi-?fi|wlan|guest network|conference room|meeting room|zoom meeting|printer|pdf|excel|zip|file|document"
    rf"|spreadsheet|router|bios) {PASSWORD}|\b{PASSWORD}(?: (?:for|of|to|on))+ (?:the |this |a |an "
    rf"|my )?(?:guest )?(?:wi-?fi|wlan|pdf|excel|zip|file|document|spreadsheet|printer|router|meeting)\b"
    rf"|\b(?:share|tell|give|show|read|send) (?:me |us )?(?:the |your |my current |my old |everyone's "
    rf"|all )(?:\w+ )?{PASSWORD}(?! reset| recovery)|\bwhat(?:'s| is| are) (?:the|my|your) (?:\w+ ){{0,2}}?{PASSWORD}\b"
    rf"|\b(?:explain|understand|know|learn|describe|curious)\b[^.!?]{{0,30}}\bhow (?:a |the )?{PASSWORD} ?\w* (?:works?|is"
    rf"|are)\b|\bhow do(?:es)? (?:a |the )?{PASSWORD} resets? work"
    rf"|\b(?:all|everyone's|other people's|the list of) (?:the )?{PASSWORD}\b|\bcheck(?:ing)? (?:if|whether) .{0,30}(?:breach|leak)"
)
_FORGOT_THING = re.compile(
    rf"\b(?:forg[eo]t|forgotten|lost|misplaced|left) (?:to|my|the|an?|our|about)\b(?! (?:[\w-]+ ){{0,2}}?(?:{CREDENTIAL}"
    rf"|zqapp|zqacct|pass|code|pin|details|data)\b)"
)
_LOCKED_THING = re.compile(
    r"\b(?:screen|door|office|keys?|file|drawer|cabinet|locker|room|bike|car|rotation|landscape|portrait|phone|sim|cell|sheet"
    r"|workbook|document)\b",
)
_RETRACTED = re.compile(
    r"\b(?:never ?mind|nvm|please ignore|ignore (?:my|this|the) (?:last|previous|request|message|ticket)|(?:it'?s|is"
    r"|has been|already|all|got it|been) (?:already )?(?:sorted|resolved|solved|fixed)|sorted it|solved it|found it"
    r"|works? again|working again|back in now|i'?m in now"
    r"|remembered (?:it|my|the)|hat sich erledigt|erledigt|geht wieder|funktioniert wieder|withdraw (?:my|the|this) request)\b"
)
_NOT_THIS = re.compile(
    rf"\b(?:do ?n[o']t|don't|do not|no longer|not) (?:need|want|require)(?: \w+){{0,3}} (?:{PASSWORD}|resets?)"
    rf"|\bno need (?:to|for)\b[^.!?]{{0,20}}(?:re-?set|{PASSWORD})|\bnot (?:a|an|about|about a"
    rf"|about my) {PASSWORD}(?: \w+)?|\bnothing to do with (?:my |the |a )?{PASSWORD}"
    rf"|\b{PASSWORD} (?:is|works|is working) (?:fine|ok|okay|good|correct)?\b(?<!is )|\b(?:kein\w*|nicht) {PASSWORD}"
)
_STRANGE = re.compile(
    r"\b(?:did ?n[o']t|didn't|did not|never|haven't|have not) (?:request|ask|order|trigger|initiate|start|requested|asked)\b"
    r"|\b(?:is|looks|seems|like|possible|maybe)\W+(?:\w+\W+){0,2}(?:phish\w*|scam)|\bphishing\?|\bis (?:it|this|that) (?:real"
    r"|legit\w*|genuine|safe)\b|\bsuspicious\b",
)
_THING_RESET = re.compile(
    r"\b(?:re-?set|restart|reboot|re-?boot|factory reset|clear)\b(?: (?:my|the|our|a|this|all|its|to))*(?: \w+)? (?:router"
    r"|laptop|phone|printer|computer|pc|monitor|server|modem|device|tablet|ipad|settings?|counter|dashboard|filters?"
    r"|layout|form|page|environment|database|cache|view|thermostat|badge|connection|session|meeting|calendar|projector"
    r"|voicemail|pin pad|keyboard|defaults)\b"
)
_ELSEWHERE = re.compile(
    r"\b(?:laptop|notebook|printer|print|monitor|keyboard|mouse|headset|dock\w*|webcam|charger|battery|cable|screen"
    r"|software|licen[cs]es?|install\w*|update (?:to|of|my (?:name|address|title|bank|email|phone))|upgrade|slow|crash\w*"
    r"|freez\w*|hangs|lag\w*|outage|down\b|error (?:code )?\d+|invoices?|expenses?|reimburs\w*"
    r"|lunch|coffee|holidays?|vacation|sick|leave request|payslips?|pay ?check|salary|bonus|parking|badge|key ?card"
    r"|meeting room|room|book(?:ing)?|order|buy|purchase|wi-?fi|wlan|network|signature|calendar|mailing list"
    r"|distribution list|shared drive|sharepoint site|permissions?|rights|role|access request"
    r"|request(?:ing)? (?:\w+ )?access|need(?:s)? (?:\w+ ){0,2}?access|give (?:me )?access|grant\w*|add (?:me|us)"
    r"|onboard\w*|offboard\w*|new account|create an? |delete|deactivat\w*|close (?:my|the) account|certificate|backup"
    r"|restore (?:a|the|my) (?:file|folder|document|mail)|spam|desk (?:chair|lamp)|phone number|email address|user ?name"
    r"|display name|my name|weather|joke|bericht|rechnung\w*|drucker|bildschirm|laptops?|bestell\w*|urlaub|lizenz\w*"
    r"|langsam|abgestürzt|zugriff auf|berechtigung\w*|dienstreise|how do i (?:export|import|create|run|share|add|print"
    r"|find)|missing (?:file|data|column|button)|wrong (?:amount|figure|number|total|date|data))\b"
)
_PASSWORD = re.compile(PASSWORD)
_MINE = re.compile(rf"\b(?:my|mein\w*) (?:\w+ )?{PASSWORD}")
_FILLER = re.compile(
    r"\b(?:please|pls|plz|hi|hello|hey|help|need|with|my|the|for|thanks|thank you|thx|to|i|a|an|of|in|into|on|it|me|do|can"
    r"|could|you|would|like|want|have|is|this|again|access|now|today|bitte|hilfe|hallo|guten|morgen|tag|danke|mit|bei|ich"
    r"|brauche|für|mein\w*|moin|zqapp|zqacct|zqself|and|or|und|oder|login|log in|reset|resetting)\b|[^\w]+"
)
_SAYS_OTHER = re.compile("|".join(f"(?:{p.pattern})" for p in (_RETRACTED, _NOT_THIS, _FACTOR, _TOPIC, _THING_RESET, _ELSEWHERE)))


def symptom(low: str) -> str:
    """The first that fits; a locked account outranks the forgotten password that locked it."""
    for name, pattern in (("locked", _LOCKED), ("forgot", _FORGOT), ("expired", _EXPIRED), ("other", _NOT_TAKEN)):
        if pattern.search(low):
            return name
    return ""


def intent(low: str, form: bool) -> Intent:
    """First hit wins, from what takes a request back to what merely mentions something."""
    if _RETRACTED.search(low):
        return "other"
    told = bool(_FORGOT.search(low) or _EXPIRED.search(low))
    locked = bool(_LOCKED.search(low))
    if "zq" not in low and not re.search(CREDENTIAL, low):
        # A badge is forgotten, a door is locked: nothing that a password opens.
        told = told and not _FORGOT_THING.search(low)
        locked = locked and not _LOCKED_THING.search(low)
    trouble = told or locked or bool(_CANNOT_ENTER.search(low) or _NOT_TAKEN.search(low))
    words = bool(_PASSWORD.search(low))
    if _NOT_THIS.search(low) and not told and not locked:
        return "other"
    if _FACTOR.search(low) and not (words and trouble) and not told:
        return "unclear" if form and not words else "other"
    if _TOPIC.search(low) and not trouble:
        return "other"
    wish = bool(_WISH.search(low))
    if _STRANGE.search(low):
        return "unclear"
    if _THING_RESET.search(low) and not words and not trouble:
        return "other"
    if locked and not told and not (wish and words):
        return "unlock"
    if trouble or wish:
        return "reset"
    return "reset" if form and not _ELSEWHERE.search(low) else _bare(low, words, form)


def _bare(low: str, words: bool, form: bool) -> Intent:
    """No trouble and no wish was said: a name, a noun, a greeting, or something else altogether."""
    if _ELSEWHERE.search(low):
        return "unclear" if form else "other"
    named = "zqapp" in low or "zqacct" in low
    rest = _PASSWORD.sub(" ", _FILLER.sub(" ", low)).split()
    if ((named or words) and len(rest) <= 1) or (named and words) or _MINE.search(low):
        return "reset"
    if words or (named and (form or len(rest) <= 1)):
        return "unclear"
    return "other" if len(rest) >= 3 else "unclear"


def says_other(low: str) -> bool:
    """Whether another matter is named outright, rather than nothing that is known."""
    return _SAYS_OTHER.search(low) is not None
