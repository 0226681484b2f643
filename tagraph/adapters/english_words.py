"""Short lists of general English words that say how a thing is asked, not what it is about."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Verbs that ask for something; alone they never make a tag, in any form.
REQUEST_VERBS = _words(
    """
    add analyse analyze answer arrange ask assign brainstorm build calculate categorise
    categorize change check choose classify combine come compare complete compose compute
    consider construct convert correct count create criticise critique decide define delete
    describe detect determine develop devise discuss distinguish divide draft edit elaborate
    estimate evaluate examine expand explain extract fill find fix format formulate generate get
    give guess help highlight identify imagine implement improve infer insert interpret join
    judge label list make match modify multiply name offer order organise organize outline
    paraphrase pick plan point predict prepare present produce proofread propose prove provide
    put rank rate read recommend reduce reformat remove reorder rephrase replace reply report
    research respond restate return review rewrite say select separate share shorten show
    simplify solve sort specify split state subtract suggest sum summarise summarize take tell
    think transform translate try turn update use verify write
    """
)

# Verbs so general that they tell nothing even with an object.
LIGHT_VERBS = _words(
    """
    be do get go have keep let mean need put take try want
    """
)

# Verbs that hand something over: with "a list of x" or "examples of x" they ask to list x.
GIVING_VERBS = _words(
    """
    come create find generate get give list make name offer pick present produce provide
    recommend share show state suggest tell think write
    """
)

# The noun of a request verb: what the request is called when its object is nowhere else.
REQUEST_NOUNS = {
    "analyse": "analysis",
    "analyze": "analysis",
    "arrange": "ordering",
    "brainstorm": "brainstorming",
    "calculate": "calculation",
    "categorise": "classification",
    "categorize": "classification",
    "classify": "classification",
    "compare": "comparison",
    "compose": "writing",
    "compute": "calculation",
    "convert": "conversion",
    "correct": "correction",
    "define": "definition",
    "describe": "description",
    "design": "design",
    "discuss": "discussion",
    "edit": "editing",
    "estimate": "estimation",
    "evaluate": "evaluation",
    "explain": "explanation",
    "divide": "division",
    "extract": "extraction",
    "multiply": "multiplication",
    "outline": "outline",
    "paraphrase": "paraphrasing",
    "predict": "prediction",
    "rank": "ranking",
    "recommend": "recommendation",
    "rephrase": "paraphrasing",
    "reword": "paraphrasing",
    "rewrite": "rewriting",
    "simplify": "simplification",
    "solve": "problem solving",
    "sort": "ordering",
    "subtract": "subtraction",
    "suggest": "suggestion",
    "summarise": "summarization",
    "summarize": "summarization",
    "translate": "translation",
    "write": "writing",
}

# Nouns that need another word to mean something.
LIGHT_NOUNS = _words(
    """
    above amount answer anything aspect bit bunch case choice content context couple detail
    difference everyone everything example fact following form format group idea information
    input instance instruction issue item kind letter line list lot manner meaning means member
    name none number one option order other output paragraph part passage people person phrase
    piece place point problem prompt purpose question range reason request response rest result
    sample second sentence series set somebody someone something sort statement step string task
    term text thing time title topic type use value variety way word work year
    """
)

# Light nouns that stand before "of" in place of the thing itself: "a list of names".
COUNTING_NOUNS = _words(
    """
    bit bunch couple example group instance item kind list lot name number one piece range
    sample series set some sort type variety
    """
)

# Nouns that leave a request without an object.
EMPTY_NOUNS = _words(
    """
    anything bit difference everything lot one other people some someone something thing way
    """
)

# Modifiers that belong to the request, not to the thing.
LIGHT_MODIFIERS = _words(
    """
    above according additional appropriate available based below best better called certain
    common correct current different due entire every existing few first following former
    general given good great important including interesting last latter least less listed main
    major many mentioned more most much named new next only original other overall own
    particular popular possible previous proper provided real regarding relevant same second
    several significant similar simple single some specific such third top total two typical
    unique used useful using various whole
    """
)
