"""Pairs that must never be one tag: negations, antonyms, opposites, members of one closed set.

Written by hand in one go, 180 pairs; the eight that turned out to be in the guard's lists were
taken out. In the first run three of the others merged: one went into the guard's list and out of
here, two led to rules of form (de- against re-; words that differ in the middle).
"""

OPPOSITES = """
able-bodied person|disabled person
admire|despise
advantage|disadvantage
affordable housing|unaffordable housing
aerobic exercise|anaerobic exercise
allergic|nonallergic
altruism|selfishness
ambiguous question|unambiguous question
amateur athlete|paid athlete
answerable question|unanswerable question
apology|accusation
appetizer recipe|dessert recipe
approval letter|disapproval letter
armed conflict|unarmed conflict
arrival time|departure time
attractive|unattractive
authorized access|unauthorized access
balanced dataset|unbalanced dataset
believer|unbeliever
biased sample|unbiased sample
bravery|cowardice
breakfast recipe|dinner recipe
bride|groom
bullish market|bearish market
calm|angry
capitalism|communism
carbohydrate|protein
carnivorous plant|herbivorous plant
centralized exchange|decentralized exchange
certainty|uncertainty
civilian|soldier
clockwise rotation|counterclockwise rotation
cloudy weather|sunny weather
coding|decoding
collective noun|proper noun
comfortable|uncomfortable
common disease|uncommon disease
comparative adjective|superlative adjective
compatible|incompatible
complete sentence|incomplete sentence
compliance|noncompliance
concave lens|convex lens
conditional probability|unconditional probability
connect|disconnect
conscious|unconscious
constructive criticism|destructive criticism
consistent|inconsistent
contagious disease|noncontagious disease
contraction|expansion
correct answer|incorrect answer
countable noun|uncountable noun
cowardly|brave
criminal law|civil law
daughter|son
deforestation|reforestation
democracy|dictatorship
democrat|republican
dependence|independence
deposit money|withdraw money
deterministic algorithm|nondeterministic algorithm
digestible|indigestible
diligence|laziness
directed graph|undirected graph
dominant gene|recessive gene
drought|flood
edible mushroom|inedible mushroom
efficient|inefficient
emigration|immigration
employed|unemployed
employer|employee
encourage|discourage
endotherm|ectotherm
equality|inequality
evergreen tree|deciduous tree
exhale|inhale
explosion|implosion
exothermic reaction|endothermic reaction
fair trade|unfair trade
familiar|unfamiliar
famine|feast
fertile|infertile
fiscal policy|monetary policy
flammable|nonflammable
forget|remember
freezing point|boiling point
fresh water|salt water
friendly|unfriendly
fungible token|nonfungible token
generous|stingy
giant|dwarf
grandfather|grandmother
growth|decline
healthy food|unhealthy food
heaven|hell
heavyweight boxer|lightweight boxer
honest|dishonest
hospitable|inhospitable
inductor|capacitor
inflation|deflation
inhabited island|uninhabited island
innocence|guilt
invertebrate|vertebrate
knowledge|ignorance
landlord|tenant
latitude|longitude
lender|borrower
leaded fuel|unleaded fuel
likely outcome|unlikely outcome
lock door|unlock door
logarithmic scale|exponential scale
loyalty|disloyalty
married couple|unmarried couple
master|apprentice
melting|freezing
metal|nonmetal
mitosis|meiosis
monogamy|polygamy
monolingual|multilingual
native species|invasive species
necessary|unnecessary
niece|nephew
nocturnal animal|diurnal animal
normalization|denormalization
obey|disobey
optimism|pessimism
organic farming|inorganic farming
originality|plagiarism
overweight|underweight
oxidation|reduction
paid vacation|unpaid vacation
patient|doctor
perfect|imperfect
plaintext|ciphertext
pleasant|unpleasant
polar bear|brown bear
polite request|impolite request
popular|unpopular
praise|blame
predictable|unpredictable
prime number|composite number
prosecution|defence lawyer
qualified|unqualified
reliable source|unreliable source
renewable energy|nonrenewable energy
reversible|irreversible
ripe fruit|unripe fruit
rook|bishop
satisfied customer|dissatisfied customer
saturated fat|unsaturated fat
scarcity|abundance
secure|insecure
sedimentary rock|igneous rock
sober|drunk
stable|unstable
stalactite|stalagmite
structured data|unstructured data
subtle|obvious
supplier|customer
surplus|deficit
sympathetic|unsympathetic
talkative|silent
tariff removal|tariff increase
tidy|untidy
trust|distrust
tyrant|liberator
uphill|downhill
verified account|unverified account
viral infection|bacterial infection
wealth|poverty
win streak|losing streak
wired headphones|wireless headphones
"""


def read_opposites() -> list[tuple[str, str]]:
    """Return the pairs."""
    pairs = [line.split("|") for line in OPPOSITES.strip().splitlines()]
    return [(left, right) for left, right in pairs]
