"""Statements written around the fragments of facts, to find their figures in: several figures
each, between counts of cases, dates, shares, ages, articles and telephone numbers that are none.

    python benchmarks/statement_texts.py FILE...     precision, recall and F1 per half and language
    … --list missed|false                            the figures behind it
    … --show                                         the texts

Which fragments make a text, and which sentences stand between them, follows from their hashes, so
the texts are the same in every run. Of each half of the fragments (facts.py) as many texts are
written; the rules of the parser were written with half A in view and half B not.
"""

# ruff: noqa: T201 (it prints what it finds)

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from extraction import ROOT, agrees, corrected
from facts import VOCABULARY, Expected, Fragment, fragments

STATEMENTS = 60
FIGURES = 4
"""Fragments in a text."""
FRAMES = {
    "en": [
        "The ministry said: {}.",
        "According to the embassy, {}.",
        "It added: {}.",
        "In all, {}.",
    ],
    "es": ["El ministerio informó: {}.", "Según la embajada, {}.", "Además: {}.", "En total, {}."],
    "pt": ["O ministério informou: {}.", "Segundo a embaixada, {}.", "Além disso: {}."],
    "fr": [
        "Le ministère a déclaré : {}.",
        "Selon l'ambassade, {}.",
        "En outre : {}.",
        "Au total, {}.",
    ],
    "it": ["Il ministero ha detto: {}.", "Secondo l'ambasciata, {}.", "Inoltre: {}."],
    "de": ["Das Ministerium teilte mit: {}.", "Laut der Botschaft {}.", "Außerdem: {}."],
    "nl": ["Het ministerie meldde: {}.", "Volgens de ambassade {}.", "Verder: {}."],
    "ru": ["Министерство сообщило: {}.", "По данным посольства, {}.", "Также: {}."],
    "id": ["Kementerian menyatakan: {}.", "Menurut kedutaan, {}.", "Selain itu: {}."],
    "tr": ["Bakanlık açıkladı: {}.", "Büyükelçiliğe göre {}.", "Ayrıca: {}."],
    "ar": ["وقالت الوزارة: {}.", "وأفادت السفارة: {}.", "وأضافت: {}."],
    "zh": ["外交部表示：{}。", "据使馆介绍，{}。", "此外，{}。"],
    "ja": ["外務省は発表した。{}。", "大使館によると、{}。", "また、{}。"],
    "ko": ["외교부는 밝혔다. {}.", "대사관에 따르면 {}.", "또한 {}."],
}
"""Language → sentences with a place for a fragment."""
BETWEEN = {
    "en": [
        "As of 31 March 2020 the country had 12,345 confirmed cases and 678 deaths.",
        "Call the hotline at +86 10 6596 1114 between 9:00 and 17:30.",
        "Infections fell by 35 percent in two weeks, under Article 12 of Regulation 2016/679.",
        "A 65-year-old man and 214 other patients were discharged on April 7.",
        "The city of 11 million inhabitants was closed for 76 days; 3.5% of tests were positive.",
    ],
    "es": [
        "Hasta el 31 de marzo de 2020 había 12.345 casos confirmados y 678 muertes.",
        "Teléfono: +34 91 519 4242, de 9:00 a 17:30.",
        "Los contagios bajaron un 35 por ciento en dos semanas, según el artículo 12 de la ley.",
        "Un hombre de 65 años y otros 214 pacientes fueron dados de alta el 7 de abril.",
    ],
    "pt": [
        "Até 31 de março de 2020 havia 12.345 casos confirmados e 678 mortes.",
        "Telefone: +351 21 392 8440, das 9:00 às 17:30.",
        "As infecções caíram 35 por cento em duas semanas, segundo o artigo 12 da lei.",
        "Um homem de 65 anos e outros 214 pacientes tiveram alta em 7 de abril.",
    ],
    "fr": [
        "Au 31 mars 2020, le pays comptait 12 345 cas confirmés et 678 décès.",
        "Téléphone : +33 1 49 52 19 50, de 9:00 à 17:30.",
        "Les infections ont baissé de 35 pour cent en deux semaines, selon l'article 12.",
        "Un homme de 65 ans et 214 autres patients ont quitté l'hôpital le 7 avril.",
    ],
    "it": [
        "Al 31 marzo 2020 c'erano 12.345 casi confermati e 678 decessi.",
        "Telefono: +39 06 9652 4200, dalle 9:00 alle 17:30.",
        "I contagi sono scesi del 35 per cento in due settimane, secondo l'articolo 12.",
    ],
    "de": [
        "Bis zum 31. März 2020 gab es 12.345 bestätigte Fälle und 678 Todesfälle.",
        "Telefon: +49 30 2758 8250, von 9:00 bis 17:30 Uhr.",
        "Die Infektionen sanken in zwei Wochen um 35 Prozent, nach Artikel 12 des Gesetzes.",
    ],
    "nl": [
        "Op 31 maart 2020 waren er 12.345 bevestigde gevallen en 678 doden.",
        "De besmettingen daalden in twee weken met 35 procent, volgens artikel 12 van de wet.",
    ],
    "ru": [
        "На 31 марта 2020 года было 12 345 подтвержденных случаев и 678 смертей.",
        "Телефон: +7 495 244 1606, с 9:00 до 17:30.",
        "За две недели число заражений снизилось на 35 процентов, согласно статье 12 закона.",
    ],
    "id": [
        "Hingga 31 Maret 2020 terdapat 12.345 kasus terkonfirmasi dan 678 kematian.",
        "Telepon: +62 21 344 1508, pukul 9:00 sampai 17:30.",
        "Penularan turun 35 persen dalam dua minggu, menurut pasal 12 undang-undang.",
    ],
    "tr": [
        "31 Mart 2020 itibarıyla 12.345 doğrulanmış vaka ve 678 ölüm vardı.",
        "Telefon: +90 312 292 1000, saat 9:00 ile 17:30 arasında.",
        "Bulaşmalar iki haftada yüzde 35 azaldı, kanunun 12. maddesine göre.",
    ],
    "ar": [
        "وحتى 31 مارس 2020 سجلت البلاد 12345 حالة مؤكدة و678 وفاة.",
        "هاتف: +966 11 405 5000 من 9:00 إلى 17:30.",
        "وانخفضت الإصابات بنسبة 35 في المئة خلال أسبوعين وفق المادة 12 من القانون.",
    ],
    "zh": [
        "截至2020年3月31日，累计确诊12345例，死亡678例。",
        "热线电话：+86 10 6596 1114，9:00至17:30。",
        "两周内感染下降35%，依据第12条。65岁的患者于4月7日出院。",
    ],
    "ja": [
        "2020年3月31日現在、感染者は12345例、死者は678人。",
        "電話：03-3580-3311、9:00から17:30まで。",
        "2週間で感染は35%減った。第12条による。65歳の患者が4月7日に退院した。",
    ],
    "ko": [
        "2020년 3월 31일 현재 확진자 12345명, 사망 678명이다.",
        "전화: +82 2 2100 2114, 9:00부터 17:30까지.",
        "2주 동안 감염이 35% 줄었다. 제12조에 따른다.",
    ],
}
"""Language → sentences whose numbers are no figures of aid."""
READ = (
    VOCABULARY
    + r"""
from records.curation.statement_reader.suggestions import Known
from records.curation.statement_reader.texts import candidates
known = Known.of(rows, parents)
found = []
for text, language in json.load(sys.stdin):
    found.append([
        {**one.fields, "start": one.start, "end": one.end, "doubts": one.doubts}
        for one in candidates(text, known, language)
    ])
print(json.dumps(found))
"""
)


@dataclass
class Written:
    """A text, and the figures in it: (start, end, figure)."""

    half: str
    language: str
    text: str
    figures: list[tuple[int, int, Expected]]


def order(words: str) -> str:
    return hashlib.sha256(f"order {words}".encode()).hexdigest()


def written(wanted: list[Fragment]) -> list[Written]:
    """Return the texts, of each half as many, in all languages that have fragments."""
    usable: dict[tuple[str, str], list[Fragment]] = defaultdict(list)
    for fragment in sorted(wanted, key=lambda one: order(one.words)):
        language = fragment.language.partition("-")[0]
        if language in FRAMES and len(set(fragment.figures)) == 1:
            usable[fragment.half, language].append(fragment)
    texts: list[Written] = []
    for half in "AB":
        groups = [
            (half, language, found[first : first + FIGURES])
            for (of, language), found in usable.items()
            if of == half
            for first in range(0, len(found) - FIGURES + 1, FIGURES)
        ]
        # The first of each language, then the second of each …: not English alone.
        counts: dict[str, int] = defaultdict(int)
        ranked = []
        for group in groups:
            ranked.append((counts[group[1]], order(group[2][0].words), group))
            counts[group[1]] += 1
        ranked.sort(key=lambda one: one[:2])
        texts += [compose(*group) for _, _, group in ranked[: STATEMENTS // 2]]
    return texts


def compose(half: str, language: str, chosen: list[Fragment]) -> Written:
    text, figures = "", []
    between, frames = BETWEEN[language], FRAMES[language]
    for index, fragment in enumerate(chosen):
        pick = int(order(fragment.words)[:8], 16)
        before, _, after = frames[pick % len(frames)].partition("{}")
        text += before
        figures.append((len(text), len(text) + len(fragment.words), fragment.figures[0]))
        text += fragment.words.rstrip(".") + after
        text += "\n" if index % 2 else " "
        text += between[(pick + index) % len(between)] + " "
    return Written(half, language, text.strip(), figures)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("files", nargs="*", type=Path, metavar="FILE")
    arguments.add_argument("--half", choices="AB")
    arguments.add_argument("--list", choices=["missed", "false"])
    arguments.add_argument("--show", action="store_true")
    given = arguments.parse_args()
    files = given.files or sorted(Path(os.environ.get("FACTS_DIR", ".")).glob("*.ndjson"))
    if not files:
        arguments.error("Name a file of facts, or their directory in FACTS_DIR.")
    texts = [one for one in written(corrected(fragments(files))) if given.half in (None, one.half)]
    if given.show:
        print("\n\n".join(f"[{one.half} {one.language}] {one.text}" for one in texts))
    answer = subprocess.run(
        [sys.executable, "-c", READ],
        input=json.dumps([(one.text, one.language) for one in texts]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "aidapi.settings", "PYTHONPATH": str(ROOT)},
    )
    if answer.returncode:
        raise SystemExit(answer.stderr)
    report(texts, json.loads(answer.stdout), given.list)


def report(texts: list[Written], answers: list[list[dict]], shown: str | None) -> None:
    """Print the scores of each half and language."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0, 0])
    for one, found in zip(texts, answers, strict=True):
        left = list(one.figures)
        right = wrong_and_sure = distractors = 0
        for figure in found:
            hit = next(
                (
                    known
                    for known in left
                    if known[0] <= figure["start"] < known[1] and agrees(figure, known[2])
                ),
                None,
            )
            if hit:
                left.remove(hit)
                right += 1
                continue
            wrong_and_sure += not figure["doubts"]
            distractors += all(
                figure["end"] <= first or last <= figure["start"] for first, last, _ in one.figures
            )
            if shown == "false":
                around = one.text[max(0, figure["start"] - 30) : figure["end"] + 30]
                print(f"{one.language} | {around!r} | {figure}")
        for start, end, figure in left if shown == "missed" else ():
            numbers = [str(Decimal(number).quantize(1)) for number in figure.numbers]
            said = f"{figure.operator} {numbers} {figure.item}"
            print(f"{one.language} | {one.text[start:end]} | {said}")
        for key in ((one.half, one.language), (one.half, "all")):
            added = [len(one.figures), len(found), right, wrong_and_sure, distractors, 1]
            counts[key] = [a + b for a, b in zip(counts[key], added, strict=True)]
    print(
        "| Half | Language | Texts | Figures | Proposed | Precision | Recall | F1 | Sure, wrong |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    strange = 0
    for (half, language), (gold, proposed, right, sure, distractors, number) in sorted(
        counts.items(), key=lambda one: (one[0][0], one[0][1] == "all", one[0][1])
    ):
        precision = right / proposed if proposed else 0.0
        recall = right / gold
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        scores = " | ".join(f"{one:.3f}" for one in (precision, recall, f1))
        print(f"| {half} | {language} | {number} | {gold} | {proposed} | {scores} | {sure} |")
        strange += distractors if language == "all" else 0
    print(f"\n{strange} of the numbers between the fragments were proposed.")


if __name__ == "__main__":
    main()
