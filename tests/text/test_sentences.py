"""Sentences and words are counted by the marks and blanks of each script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text.scripts import count_words, has_unspaced_letters
from shared.text.sentences import count_sentences
from tests.strategies import nasty_texts

COUNTED = (
    ("丈夫な木製の椅子です。雨に強く、長く使えます。色は緑です。", 3),
    ("「強い椅子です。」と彼は言った。色は緑です。", 3),
    ("结实的木椅。防雨耐用！", 2),
    ("结实的木椅.防雨耐用!很好", 3),
    ("宽3.5米。很好。", 2),
    ("튼튼한 나무 의자입니다. 비에 강합니다.", 2),
    ("यह लकड़ी की मज़बूत कुर्सी है। यह बारिश में भी टिकती है। इसका रंग हरा है।", 3),
    ("डॉ. शर्मा ने इसे बनाया। यह टिकती है।", 2),
    ("এটি একটি মজবুত চেয়ার। এটি বৃষ্টিতে টেকে। দাম ৩.৫ টাকা।", 3),
    ("یہ لکڑی کی کرسی ہے۔ کیا آپ کو چاہیے؟ یہ مضبوط ہے۔", 3),
    ("كرسي خشبي متين للحديقة. هل تريد لونا آخر؟ يتحمل المطر والشمس.", 3),
    ("صممه د. محمد في القاهرة. يتحمل المطر.", 2),
    ('כיסא עץ חזק לגינה. עמיד בגשם, 3.5 ק"ג. רוצים צבע אחר?', 3),
    ("Καρέκλα κήπου από ξύλο, π.χ. για βεράντα. Θέλετε άλλο χρώμα; Αντέχει στη βροχή.", 3),
    ("Die Bank wurde am 1. Mai von Dr. Müller z. B. für den Garten gebaut. Sie ist ca. 3,5 m breit.", 2),
    ("Die Bank passt z.B. Kindern. Sie ist stabil usw. Der Lack hält.", 3),
    ("Der 2. Stuhl ist aus dem 19. Jahrhundert. Er ist schön.", 2),
    ("Made by St. James Co. in the U.S. since 1990. It is approx. 12 in. wide and fits most patios.", 2),
    ("Made for the U.S. Army by Dr. J. R. Smith at 3.5 kg.", 1),
    ("Made in the U.S. It fits all.", 2),
    ("Weighs 12 oz. It fits. Ships in 1990. Great!", 4),
    ("Is it heavy? No. It is light.", 3),
    ("Item No. 5 is here. Good.", 2),
    ("Contains vitamin C. It is good.", 2),
    ("It has a wait... then goes. It is 5 cm. Oak.", 2),
    ("See shop.example for v2.0 of it. Fine.", 2),
    ('He said "Stop." Then he left. "Go!" Bye.', 4),
    ("A chair e.g. for Gardens and i.e. Patios, etc. This is it.", 2),
    ("เก้าอี้ไม้แข็งแรง ทนฝน ใช้ได้นาน", None),
    ("ຕັ່ງໄມ້ແຂງແຮງ", None),
    ("Ամուր աթոռ է։ Լավն է։", 2),
    ("ይህ ወንበር ነው። ጥሩ ነው።", 2),
    ("ស្អាត។ ល្អ។", 2),
    ("Great chair! 🎉 It is fine.", 2),
    ("", 0),
    ("...", 0),
    ("One sentence without end", 1),
    ("The box it came in. Oak legs carry it.", 2),
    ("The 12 in. oak legs carry it. They hold.", 2),
    ("Designed by J. K. Rowling. It fits.", 2),
    ("It comes with 4 legs, 2 arms & 1 seat. Use at home. Fits up to 12. Perfect.", 4),
)
ENDS = "\u3002\uff01\uff1f\u0964\u0965\u06d4\u061f\u0589\u1362\u104b\u17d4\u0f0d"


@pytest.mark.parametrize(("text", "sentences"), COUNTED)
def test_sentences_are_counted_as_a_reader_of_the_language_does(text: str, sentences: int | None) -> None:
    assert count_sentences(text) == sentences


@given(st.lists(st.sampled_from(ENDS), min_size=1, max_size=6))
def test_the_marks_of_every_script_end_a_sentence_with_and_without_a_blank(marks: list[str]) -> None:
    for blank in ("", " ", "\n"):
        assert count_sentences(blank.join(f"word{mark}" for mark in marks)) == len(marks)


@given(nasty_texts)
def test_any_text_is_counted(text: str) -> None:
    sentences = count_sentences(text)
    assert sentences is None or (sentences > 0) == any(map(str.isalnum, text))


@pytest.mark.parametrize(
    ("text", "words", "is_unspaced"),
    [
        ("Garden Chair - Green", 3, False),
        ("बगीचे की हरी कुर्सी", 4, False),
        ("정원 의자", 2, False),
        ("庭の椅子", 0, True),
        ("庭の 椅子 LED", 1, True),
        ("เก้าอี้สวน", 0, True),
        ("", 0, False),
    ],
)
def test_words_are_counted_where_a_script_sets_blanks(text: str, words: int, is_unspaced: bool) -> None:
    assert (count_words(text), has_unspaced_letters(text)) == (words, is_unspaced)
