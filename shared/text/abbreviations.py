"""Abbreviations before a full stop, and words that begin sentences: what marks a sentence's end in alphabetic scripts.

In the manner of CLDR's segment suppressions, for the languages that catalogs are mostly written in. Case-folded.
"""

from typing import Final


def _read_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEVER_AT_SENTENCE_END: Final = _read_words("""
    mr mrs ms mx dr prof st ste sr jr rev hon gen col capt lt sgt gov sen rep mt ft messrs mme mlle dipl ing hr fr frl
    vs cf viz approx ca cca circa bzw inkl exkl zzgl zzt evtl ggf vgl sog bspw insb max min mind vorm nachm allg versch
    div std tel abb str mio mrd fig vol ed eds dhr mevr sra sres dott sig
    δηλ βλ κοσ κα
    डॉ श्री श्रीमती रु ড মি মিসেস
""")
"""Something follows these, whatever the next word is."""

MAYBE_AT_SENTENCE_END: Final = _read_words("""
    co inc ltd corp bros llc plc gmbh etc usw uvm usf ua dept est jan feb mar apr jun jul aug sep sept oct nov dec
    mon tue wed thu fri sat sun ave blvd rd oz lb lbs cm mm km kg mg ml qt pt gal hr hrs mins sec secs sq cu wt pcs pkg
    am pm ad bc
    κλπ κτλ κά
""")
"""A sentence ends behind these where the next word is one that begins sentences."""

NUMBER_ABBREVIATIONS: Final = _read_words("no nos nr art fig p pp s v vol in ft ch sec αρ στρ")
"""Abbreviations only with a digit behind them (``No. 5``) or before them (``12 in.``)."""

SENTENCE_STARTERS: Final = _read_words("""
    a an the this that these those it its it's he she they we you your our my his her their there here each every all
    any both some no not with without for from in on at by as to when while where if once whether and or but so yet
    also then plus perfect ideal great good best made designed built crafted comes features includes fits suits works
    use wear add keep place enjoy choose pair now just only
    der die das ein eine einer eines er sie es wir ihr ihre sein seine dieser diese dieses jeder jede jedes mit ohne
    für im am auf aus bei durch passt ideal perfekt wenn auch und oder aber so ist sind hat dank
    ο η το οι τα ένα ένασ μία μια αυτό αυτή αυτόσ είναι έχει με για από στο στη στην στον και αλλά ιδανικό
    le la les un une des il elle ce cette ces avec pour el los las una es este esta con para lo gli è questo
""")
"""Words that hardly ever stand with a capital letter inside a sentence."""
