"""Tags that are easy to merge wrongly, written by hand: one line per true tag, spellings by bars.

Written by hand after the first thresholds stood; nothing here is taken from a benchmark file.
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
"""


def read_traps() -> dict[str, int]:
    """Return each spelling with the number of its true tag."""
    lines = TRAPS.strip().splitlines()
    return {spelling: i for i, line in enumerate(lines) for spelling in line.split("|")}
