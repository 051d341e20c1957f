"""Says what Python makes of calls: for each line a signature and arguments, the values bound or why not."""

import json
import re
import sys

KINDS = {
    "got multiple values for argument": "given twice",
    "got an unexpected keyword argument": "unexpected",
    "positional arguments? but": "too many",
    "missing": "missing",
}


def kind(error):
    return next(name for text, name in KINDS.items() if re.search(text, error))


for line in sys.stdin:
    signature, args, kwargs = json.loads(line)
    function = eval(f"lambda {signature}: list(locals().values())")
    try:
        print(json.dumps({"bound": function(*args, **kwargs)}))
    except TypeError as error:
        error = str(error)
        print(json.dumps({"refused": [kind(error), *re.findall(r"'(\w*)'", error)]}))
