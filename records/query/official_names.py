"""Official names of countries. Most are a short name and words that say what sort of state it is:
`Bundesrepublik Deutschland` is `Deutschland`, `República del Perú` is `Perú`.

`State` is such a word in few languages here: Mexico, Nigeria and others have states whose names
are those of countries.
"""

import re
from collections.abc import Iterator

from aidapi.errors import is_code
from records.query.spoken import spoken

OWN_NAMES = {
    "AFG": ["د افغانستان اسلامي جمهوریت"],
    "ALB": ["Republika e Shqipërisë"],
    "ARM": ["Հայաստանի Հանրապետություն"],
    "BFA": ["République du Burkina"],
    "CHE": ["Schweizerische Eidgenossenschaft", "Confederaziun svizra"],
    "CHN": ["中华人民共和国", "中華人民共和國"],
    "COD": ["République démocratique du Congo"],
    "COG": ["République du Congo"],
    "COM": ["الاتحاد القمري"],
    "DZA": ["الجمهورية الجزائرية الديمقراطية الشعبية", "الجمهورية الديمقراطية الشعبية الجزائرية"],
    "FIN": ["Suomen tasavalta"],
    "FRA": ["République française"],
    "GAB": ["République gabonaise"],
    "GRC": ["Ελληνική Δημοκρατία"],
    "IRL": ["Poblacht na hÉireann"],
    "ITA": ["Repubblica italiana"],
    "JOR": ["المملكة الأردنية الهاشمية"],
    "JPN": ["日本国"],
    "KGZ": ["Кыргыз Республикасы", "Кыргызская Республика"],
    "KOR": ["대한민국"],
    "LBN": ["الجمهورية اللبنانية", "République libanaise"],
    "LTU": ["Lietuvos Respublika"],
    "LUX": ["Groussherzogtum Lëtzebuerg"],
    "LVA": ["Latvijas Republika"],
    "MAR": ["المملكة المغربية"],
    "MDV": ["ދިވެހިރާއްޖޭގެ ޖުމްހޫރިއްޔާ"],
    "MEX": ["Estados Unidos Mexicanos"],
    "MKD": ["Македонија", "Macedonia"],  # until 2019
    "MNG": ["Монгол Улс"],
    "MRT": ["الجمهورية الإسلامية الموريتانية"],
    "NLD": ["Koninkrijk der Nederlanden"],
    "PRK": ["조선민주주의인민공화국", "朝鲜民主主义人民共和国"],
    "PRT": ["República Portuguesa"],
    "RUS": ["Российская Федерация"],
    "RWA": ["République rwandaise", "Repubulika y'u Rwanda"],
    "SVK": ["Slovenská republika"],
    "SYR": ["الجمهورية العربية السورية"],
    "TGO": ["République togolaise"],
    "TUN": ["الجمهورية التونسية"],
    "TWN": ["中華民國", "中华民国"],
    "UZB": ["O'zbekiston Respublikasi"],
    "VAT": ["Stato della Città del Vaticano", "Status Civitatis Vaticanæ"],
    "XKX": ["Republika e Kosovës"],
    "YEM": ["الجمهورية اليمنية"],
}
"""Country → its official names, in languages of its own, that are not made of a short name."""
SORT_WORDS = """
republic, kingdom, principality, grand duchy, sultanate, commonwealth, federation, confederation
union, independent state
république, royaume, principauté, grand duché, confédération
república, reino, principado, mancomunidad, estado plurinacional, estado libre asociado
confederação, união, repubblica, regno, principato, confederazione, republica, regatul
Republik, Bundesrepublik, Volksrepublik, Königreich, Fürstentum, Großherzogtum, Groussherzogtum
republiek, volksrepubliek, koninkrijk, vorstendom, groothertogdom
republiken, konungariket, kongeriget, kongeriket, republikken, furstendömet, lýðveldið
republika, kraljevina, království, kráľovstvo, królestwo, rzeczpospolita, kniežatstvo, knížectví
kneževina, република, республика, рэспубліка, республіка, краљевина, королевство, княжество
vabariik, kuningriik, principat, respublika, köztársaság, δημοκρατία, βασίλειο
cumhuriyeti, krallığı, respublikası, respublikasi, республикасы, ҷумҳурии, Հանրապետություն
kerajaan, repubblika, jamhuri, jamhuuriyadda, repiblik, repoblikan, repubulika, repúblika
cộng hòa, vương quốc
جمهورية, الجمهورية, مملكة, المملكة, دولة, سلطنة, إمارة, جمهوری, پادشاهی, جمہوریہ, کۆماری
מדינת, רפובליקת, ממלכת
गणराज्य, गणतन्त्र, गणतंत्र, প্রজাতন্ত্র, গণপ্রজাতন্ত্রী, குடியரசு, குடியரசுக்
共和国, 共和國, 王国, 王國, 联邦, 聯邦, 連邦, 大公国, 大公國, 公国, 公國
공화국, 왕국, 연방
ราชอาณาจักร, สาธารณรัฐ, ສາທາລະນະລັດ, ព្រះរាជាណាចក្រ
"""
"""Sorts of states."""
QUALITY_WORDS = """
people's, democratic, federal, federative, islamic, arab, socialist, sovereign and, independent
independent and, united, co-operative, plurinational, bolivarian, hashemite, oriental, most serene
populaire, démocratique, fédérale, islamique, arabe, socialiste, unie, popular, democrática
federativa, islámica, islâmica, árabe, socialista, unida, cooperativa, bolivariana, popolare
democratica, federale, islamica, araba, serenissima, demokratische, föderale, islamische
arabische, sozialistische, vereinigte, democratische, islamitische, socialistische
demokratiska, islamiska, arabiska, socialistiska, demokratiske, islamske, demokratska, savezna
federativna, islamska, arapska, socijalistička, narodna, demokratická, federativní, federální
islámská, lidová, lidově, demokratyczna, federalna, ludowa, socjalistyczna, народная, народна
демократическая, федеративная, исламская, арабская, социалистическая, демократска, савезна
demokratik, federal, halk, islam, birleşik, sosyalist, demokratikus, szövetségi, iszlám, népi
muungano wa, federaalka, xã hội chủ nghĩa, dân chủ nhân dân
الديمقراطية, الشعبية, الاتحادية, الفيدرالية, العربية, الإسلامية, المتحدة
اسلامی, دموکراتیک, فدرال, संघीय, लोकतान्त्रिक, लोकतांत्रिक, சனநாயக, சோசலிச, சோசலிசக்
人民, 民主, 社会主义, 社會主義, 社会主義, 伊斯兰, 伊斯蘭, イスラム, 阿拉伯, アラブ
联合, 聯合, 連合, 인민, 민주, 민주주의, 사회주의, 이슬람, 아랍, 연합
"""
"""What states say of themselves beside the sort."""
PEOPLES_WORDS = """
people's, populaire, popular, popolare, Volksrepublik, volksrepubliek, lidová, narodna, népi
народна, народная, ludowa, halk, 人民, 인민, الشعبية, nhân dân
"""
"""Words of a people's republic."""
LINKS = frozenset(
    {"of", "the", "de", "du", "des", "d", "la", "le", "les", "l", "del", "da", "do", "dos", "das"}
    | {"di", "della", "dello", "dell", "delle", "dei", "der", "van", "von", "e", "na", "ya", "ta"}
    | {"y", "i", "τησ", "του", "των"}
)
"""Words between the sort and the name."""


def phrases(text: str) -> re.Pattern[str]:
    """Return the pattern of phrases, between spaces in what is spoken; the longest first."""
    listed = {spoken(one) for line in text.strip().splitlines() for one in line.split(", ")}
    either = "|".join(map(re.escape, sorted(listed, key=len, reverse=True)))
    return re.compile(f"(?<= )(?:{either})(?= )")


SORTS, QUALITIES, PEOPLES = map(phrases, (SORT_WORDS, QUALITY_WORDS, PEOPLES_WORDS))


def names_within(called: str) -> Iterator[str]:
    """Yield what may be the short name in an official one, as spoken, the longest first; nothing
    if it names no sort of state."""
    rest, sorts = SORTS.subn(" ", f" {called} ")
    if not sorts:
        return
    for left in dict.fromkeys((rest, QUALITIES.sub(" ", rest))):
        words = left.split()
        while words:
            name = " ".join(words)
            if not (name.isascii() and is_code(name)):
                yield name
            if words[0] not in LINKS:
                break
            del words[0]
