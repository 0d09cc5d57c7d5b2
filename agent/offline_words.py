"""Word lists of the offline model, English and some German. General vocabulary only; no organisation's own words."""

from __future__ import annotations


def listed(text: str) -> frozenset[str]:
    """The words of a text, for lists that read as one."""
    return frozenset(text.split())


CREDENTIAL = (
    r"(?:pass[ -]?words?|pass[ -]?wrod|pasword|passwd|pwd|pw|pass[ -]?phrase|credentials?|log-?ins?|log-?on|sign-?in|accounts?"
    r"|passwort\w*|passw[öo]rter|kennw[oö]rt\w*|konto|kontos|zugang\w*|zugangsdaten|anmeldung|anmeldedaten)"
)
PASSWORD = (
    r"(?:pass[ -]?words?|pass[ -]?wrod|pasword|passwd|pwd|pw|pass[ -]?phrase|credentials?|\w*passwort\w*|\w*passw[öo]rter"  # noqa: S105 - a pattern for the word, no secret
    r"|kennw[oö]rt\w*|zugangsdaten)"
)

PERSON_NOUNS = (
    r"(?:colleagues?|co-?workers?|workmates?|team ?mates?|team ?members?|boss|managers?|supervisors?|directors?"
    r"|team ?leads?|ceo|cfo|cto|coo"
    r"|vp|vice president|president|executives?|assistants?|secretary|interns?|trainees?|apprentices?|students?|employees?|workers?"
    r"|staff ?members?|new (?:hires?|joiners?|starters?|employees?|people|guy|girl|person)|newcomers?|contractors?"
    r"|consultants?|freelancers?|temps?"
    r"|vendors?|suppliers?|customers?|clients?|guests?|visitors?|users?|friends?|wife|husband|partners?|spouse|brothers?|sisters?"
    r"|mothers?|fathers?|mom|mum|dad|sons?|daughters?|kids?|room ?mates?|neighbou?rs?|guy|man|woman|lady|persons?|people|direct reports?"
    r"|predecessors?|successors?|accountants?|engineers?|developers?|nurses?|doctors?|teachers?|drivers?|owners?|someone"
    r"|somebody|anyone else|anybody else|others"
    r"|kolleg(?:e|en|in|innen)|mitarbeiter(?:s|in|innen|n)?|chef(?:s|in)?|vorgesetzte[rn]?|praktikant(?:en|in)?|azubis?"
    r"|auszubildende[rn]?|freund(?:es|in|e)?|mann(?:es)?|frau|kunde[n]?|kundin|assistent(?:en|in)?|teamleiter(?:s|in)?"
    r"|sekretärin|jemand(?:en|em)?"
    r"|bruders?|schwester|vaters?|mutter|tochter|sohn(?:es)?)"
)

FIRST_NAMES = listed(
    """
    aaron abby abdul abigail adam adrian ahmed aisha alan albert alejandro alessandro alex alexander alexandra alexis alfred ali
    alice alicia alina alison amanda amber amelia amir amit amy ana anastasia andre andrea andreas andrew angela anil anita anja
    ann anna anne annika anthony antonio anya arjun arthur asha ashley astrid barbara beate beatrice ben benjamin bernd beth
    bettina bianca birgit bob bobby boris brad brandon brenda brian bruce bruno caleb cameron camila carl carla carlos carmen
    carol caroline catherine cathy cecilia charles charlie charlotte chen cheryl chloe chris christian christina christine
    christoph christopher cindy claire clara claudia cody colin connor corinna craig cynthia daisy dan daniel daniela danny
    darren dave david dean deborah deepak denise dennis derek diana diane diego dieter dimitri dirk dmitri dominik dominique don
    donald donna doris dorothy doug douglas duncan dylan ed eddie edgar edith edward eileen elaine elena eleni eli elias elisa
    elizabeth ella ellen emil emily emma eric erica erik erin ernst esther ethan eva evan eve evelyn fabian farah fatima felix
    fernando fiona florian franz fred frederik frieda gabriel gabriela gareth gary gavin george georg gerald gerhard gina
    giovanni gita gordon greg gregory greta guido gunther gustav hannah hans harald harold harry hasan hassan heather heidi
    heike helen helena helga henry herbert hiroshi holger howard hugo ian ibrahim ines inga ingo ingrid irene iris isaac isabel
    isabella ivan jacob jacqueline jake jakob james jamie jan jana jane janet janice jason javier jean jeff jeffrey jennifer
    jenny jens jeremy jerry jess jesse jessica jill jim jimmy joan joe joel joachim johan johanna john johnny jon jonas jonathan
    jordan jorge jose josef joseph josh joshua juan judith judy julia julian julie julien justin karen karim karl karla karin
    kate katharina katherine kathleen kathrin kathy katie katja katrin kavita keith kelly ken kenneth kerstin kevin khalid kim
    klaus konstantin kristen kristin kumar kurt kyle lara larry lars laura lauren laurent lea leah lee lena leo leon leonard
    leonie leslie liam lily linda lisa liz lorenzo louis louise luca lucas lucia lucy luis luisa lukas luke lydia madison
    magdalena maja malik manfred manuel manuela marc marcel marco marcus margaret maria marie marina mario marion marius markus
    marta martha martin martina mary mateo matt matteo matthew matthias maurice megan mehmet melanie melissa mia michael
    michelle miguel mike mila mohamed mohammed moritz monica monika mustafa nadia nadine nancy naomi natalia natalie natasha
    nathan neil nicholas nick nicolas nicole niklas nils nina noah noel nora norbert norman olga oliver olivia omar oscar oskar
    otto owen pablo pamela patricia patrick paul paula pauline pavel pedro peggy peter petra phil philip philipp pierre priya
    quentin rachel rafael rahul raj rajesh ralf ralph ramesh raphael ravi raymond rebecca regina reinhard renate rene ricardo
    richard rita rob robert roberto robin rodrigo roger roland rolf roman ron ronald rosa rosie ross roy ruben rudolf rupert
    russell ruth ryan sabine sabrina sally sam samantha samira samuel sandeep sandra sanjay sara sarah sascha scott sean
    sebastian serena sergei sergio shannon sharon sheila shirley silke silvia simon simone sofia sonja sonia sophia sophie stacy
    stefan stefanie stella stephanie stephen steve steven stuart sunita susan susanne suresh suzanne sven svenja sylvia tamara
    tania tanja tara ted teresa terry theo theresa thomas tiffany tim timothy tina tobias todd tom tomas tommy toni tony tracy
    travis trevor tyler ulrich ulrike ursula ute uwe valentina valerie vanessa vera veronica veronika victor victoria vijay
    viktor vincent vivian volker walter wanda wei wendy werner wilhelm william wolfgang xavier yasmin yuki yusuf yvonne zachary
    zoe
    """
)
"""Common first names, so that a name in small letters is still read as a person."""

DOUBTFUL_NAMES = listed(
    """
    april art august bill chase dawn drew faith frank grace grant guy hope jack joy june mark max may miles nick pat ray rich
    rose sandy sue will don dean earl gene dale jordan paris austin ken kim lee jan ross ed eve iris
    """
)
"""Names that are words too: persons only with a capital letter inside a sentence, or in the possessive."""

NOT_POSSESSORS = listed(
    """
    it that what let there here who how where when why today yesterday tomorrow tonight week month year morning company firm app
    application system site website portal phone laptop computer pc device account bank office everything nothing something this
    one she he password login server browser windows zqapp zqacct zqself zqthing everyone everybody nobody anyone anybody vpn
    mailbox email policy world department
    """
)
"""Before 's, these are no persons ("it's", "today's", "the system's")."""

APP_STOP = listed(
    """
    a an the my our your his her their its this that it me him them us you i we and or but of to in on at for from with by as is
    are was were be been new old current own user work home online password passwords pw pwd login logins account accounts
    access credentials reset unlock link please again today now asap urgently thanks help support it's business personal any
    some all one two no not locked lock out can cannot forgot forgotten expired wrong system app application software tool
    website site page someone somebody everything anything something myself itself working job main company corporate service
    desk team here there back another other different first last next same right correct full sso quick simple standard normal
    temporary day week month morning afternoon evening meeting months weeks days mein meine meinen meinem meiner das die der den
    dem ein eine einen einem und oder nicht bitte passwort kennwort konto zugang mehr ich mich mir sich anmelden einloggen
    zurücksetzen vergessen gesperrt so ist war heute morgen since because when after before while if then than policy security
    emergency time times reason reasons mfa vacation holiday leave tried trying need needed attempts resetting order forever
    sure approval approve review urgent deadline call screen self-service
    """
)
"""Never an application's name on their own."""

GENERIC_LABEL_WORDS = listed(
    """
    app application system portal server console desk online cloud tool tools account admin service services suite platform
    center centre hub web the of and for my our company internal management manager dashboard site space data build test prod
    production new old self workplace enterprise business client mobile desktop
    """
)
"""Words of a label that do not tell it from others, alone."""

NEAR_MISSES = listed(
    """
    team terms them theme black slacks zone room boom concern workdays weekday weekdays travels traveled traveling travelled
    travelling figures fixing noting notions boxes mirror office offices access assess parole patrol control payload sales seals
    finances financed financial builds built bulid trouble ready really people simple sample person reason
    """
)
"""Ordinary words that lie one letter from a product's name."""
