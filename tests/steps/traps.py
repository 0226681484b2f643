"""Tags that are easy to merge wrongly, written by hand: one line per true tag, spellings by bars.

The part up to the line of a point was written after the first thresholds stood, the part behind it
in one go later, before it was first run; nothing here is taken from a benchmark file.
"""

TRAPS = """
machine learning|machine-learning|Machine Learning|MachineLearning|machinelearning|ML|ml
deep learning|deep-learning|DeepLearning
natural language processing|NLP|natural-language-processing
named entity recognition|NER
large language model|large language models|LLM|LLMs
c
c++|c plus plus|C++
c#|c sharp|csharp
f#|fsharp
.net|dotnet|.NET
net
java
javascript|JavaScript|java-script
python|Python|PYTHON
python 2|python2
python 3|python3|python-3
gpt-3|gpt 3
gpt-3.5
gpt-4|GPT4
ipv4
ipv6
2d graphics
3d graphics
http 404
http 500
window
windows
news
new
physics
physic
statistics
statistic
data|Data
datum
north america|North America
south america
positive sentence|positive sentences
negative sentence|negative sentences
write poem|write poems|write-poem
write story|write stories
write essay
supervised learning
unsupervised learning
self-supervised learning
encoding
decoding
upload file
download file
synchronous
asynchronous
customer support
customer service
puppet|puppets
puppeteer
web design
web designer
color theory|colour theory
behavior tree|behaviour trees
optimization|optimisation|Optimization
data visualization|data visualisation
internationalization|i18n|internationalisation
question and answer|Q&A|question & answer
research and development|R&D|r&d
continuous integration
ci/cd
café|cafe|Café
straße|strasse
history of art|art history
recipe for cake
cake recipe|cake recipes
text to image|text-to-image
image to text|image-to-text
english to french translation
french to english translation
french translation
spanish translation
solar system|solar systems|Solar System
world war i
world war ii
january
february
monday
tuesday
climate change|Climate-Change|climate_change
mental health
physical health
new york
new york city
rock climbing
climbing
recipe idea
recipe request
mathematics|math|maths
information retrieval
information technology
separate file|seperate file
government policy|goverment policy
compliment
complement
affect
effect
机器学习
深度学习
🎉
🚀
машинное обучение
глубокое обучение
تعلم الآلة
تعلم عميق
application programming interface|API|APIs
graphical user interface|GUI
frequently asked questions|FAQ
cat
computer aided translation
sql|SQL
nosql
linear regression
nonlinear regression
legal advice
illegal advice
write python function|write Python functions
write java function
red wine
white wine
-
.
data science|data-science|Data Science|DataScience
data scientist|data scientists
computer science|Computer Science
computer vision|computer-vision|ComputerVision
email|e-mail|E-Mail|emails
email writing|e-mail writing
website|web site|websites|Web-Site
world wide web
user interface|User Interface|UI|user interfaces
user experience|User Experience
search engine optimization|SEO|search-engine-optimisation
return on investment|ROI|return-on-investment
gross domestic product|GDP
frequently used phrase
automatic speech recognition|ASR
optical character recognition|OCR
virtual reality headset
science fiction|sci-fi|scifi|science-fiction
romantic comedy|romcom|rom-com
information security|infosec
biographical picture
situation comedy|sitcom
coworker
construction worker
accessibility|a11y
localization|l10n|localisation
behaviour analysis|behavior analysis
favourite colour|favorite color|favorite colors
travelling tips|traveling tips
catalogue|catalog
centre of gravity|center of gravity
grey wolf|gray wolf
licence agreement|license agreement
aeroplane
child|children
person
mouse|mice
analysis|analyses
criterion|criteria
knife skills|knife skill
city|cities
lens|lenses
class
classes of drugs
series
species
economics
economic
politics
policy
police
mathematics proof
ethics
ethic
gas
glasses
glass
maths problem
map
maps api
mechanic
mechanics
new year
news article|news articles
good
goods
custom
customs
arm
arms
spirit
spirits
means
mean
vitamin b6
vitamin b12
world war 1
world war 2
windows 10
windows 11
iphone 12
iphone 13
covid-19|covid 19|covid19
h1n1
h5n1
web 2.0
web 3.0
5g
4g
mp3
mp4
python 3.8
python 3.9
top 10 list
top 100 list
grade 5
grade 6
1984
1985
1,000 words|1000 words
100 words
c programming
c++ programming
a* search|a star search
a/b testing|a b testing
vitamin c
vitamin d
hepatitis a
hepatitis b
type 1 diabetes
type 2 diabetes
r programming
r
go
english to german translation
german to english translation
pros and cons
pros
cons
male voice
female voice
indoor plants|indoor plant
outdoor plants
hot drinks|hot drink
cold drinks
import data
export data
import
export
buying a house
selling a house
summer clothes
winter clothes
past tense
future tense
formal letter|formal letters
informal letter
vegetarian recipe|vegetarian recipes|Vegetarian Recipe
vegan recipe|vegan recipes
gluten-free recipe|gluten free recipe
gluten recipe
sugar-free
sugar
with pictures
without pictures
legal
illegal
moral
immoral
symmetric encryption
asymmetric encryption
inductive reasoning
deductive reasoning
introvert
extrovert
microeconomics
macroeconomics
prenatal care
postnatal care
hypertension
hypotension
internet
intranet
monday morning
friday morning
march
april
east africa
west africa
south korea
north korea
teacher
teaching materials
teacher training|teacher-training
cooking
cook
singer
song
actor
act
deploy
deployer
puppetry
anime
animation
express
expression
adapt
adopt
adaption of novel
stationary
stationery
principal
principle
desert
dessert
angle
angel
diary
dairy
causal inference
casual inference style
martial arts
marital status
moon
mood
house cat
cat house design
definately spelled|definitely spelled
recomendation letter|recommendation letter|recommendation letters
enviroment|environment
accomodation|accommodation
tommorow plan|tomorrow plan
restaurant review|restaurant reviews|restaraunt review
machine learning model|machine-learning models
python developer
python development tools
lemon juice
orange juice
apple pie
apple computer
amazon river
amazon rainforest
nile river
new zealand
new caledonia
paris
france
london
dog training
dog breeds|dog breed
bird watching|birdwatching|bird-watching
time management|Time Management|time-management
book review|book reviews|Book Review
book summary|book summaries|summary of book
story about dogs
dogs about story
dog bites man
recipe of the day
day of the dead
über|uber
naïve bayes|naive bayes
señor|senor
東京
京都
москва|Москва
київ
العربية
😀
😂
null
none
n/a
true story
false story
"""


def read_traps() -> dict[str, int]:
    """Return each spelling with the number of its true tag."""
    lines = TRAPS.strip().splitlines()
    return {spelling: i for i, line in enumerate(lines) for spelling in line.split("|")}
