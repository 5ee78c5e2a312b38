"""Asks Z3 whether one policy allows what another does not; a translation of its own, for `cargo xtask bench`.

Actions and the ARN templates they are on are numbers, the resource a string in the language of its template, each key
a presence and a string. Wildcards of a resource run within its part, in the last one over everything.
"""

import json
import re
import sys
import time

import z3

world = json.load(open(sys.argv[1]))
seconds = int(sys.argv[3])

LETTER = z3.Range(" ", "~")
NO_COLON = z3.Union(z3.Range(" ", "9"), z3.Range(";", "~"))


def text(value):
    return z3.Re(z3.StringVal(value))


def concat(parts):
    parts = [p for p in parts if p is not None]
    if not parts:
        return text("")
    return parts[0] if len(parts) == 1 else z3.Concat(*parts)


def union(parts):
    return parts[0] if len(parts) == 1 else z3.Union(*parts)


def glob(pattern, one):
    parts, run = [], ""
    for c in pattern:
        if c in "*?":
            if run:
                parts.append(text(run))
                run = ""
            parts.append(z3.Star(one) if c == "*" else one)
        else:
            run += c
    if run:
        parts.append(text(run))
    return concat(parts)


def by_part(pattern):
    parts = pattern.split(":", 5)
    out = []
    for number, part in enumerate(parts):
        if number:
            out.append(text(":"))
        out.append(glob(part, LETTER if number == 5 else NO_COLON))
    return concat(out)


def letters(of):
    spans, start, last = [], None, None
    for c in sorted(of):
        if start is None or ord(c) != ord(last) + 1:
            if start is not None:
                spans.append((start, last))
            start = c
        last = c
    spans.append((start, last))
    return union([z3.Range(a, b) for a, b in spans])


def piece(p):
    if "text" in p:
        return text(p["text"])
    one, least, most = letters(p["letters"]), p["least"], p["most"]
    if most is None:
        body = concat([one] * least + [z3.Star(one)])
    else:
        body = z3.Loop(one, least, most)
    others = [text(t) for t in p.get("or") or []]
    return union([body] + others)


rows = []
for a in world["actions"]:
    for t in a["templates"] or [None]:
        rows.append((a["action"].lower(), None if t is None else concat([piece(p) for p in t]), set(a["keys"])))
kinds = {}
languages = []
for name, language, keys in rows:
    key = None if language is None else language.sexpr()
    if key is not None and key not in kinds:
        kinds[key] = len(languages)
        languages.append(language)

row = z3.Int("row")
resource = z3.String("resource")
PATH = letters("".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in ':*?\\"'))
DIGIT = z3.Range("0", "9")


def principal_language():
    return concat([text("arn:aws:iam::")] + [DIGIT] * 12 + [union([text(":role/"), text(":user/")]), z3.Plus(PATH)])


def action_matches(patterns, name):
    for p in patterns:
        rx = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in p.lower())
        if re.fullmatch(rx, name):
            return True
    return False


def listed(value):
    return value if isinstance(value, list) else [value]


class Question:
    def __init__(self):
        self.present, self.value = {}, {}

    def key(self, name):
        if name not in self.present:
            self.present[name] = z3.Bool("has " + name)
            self.value[name] = z3.String(name)
        return self.present[name], self.value[name]

    def condition(self, operator, name, values):
        has, value = self.key(name)
        values = listed(values)
        if operator == "Null":
            return z3.Not(has) if values == ["true"] else has
        negated = "Not" in operator
        base = operator.replace("Not", "")
        if base in ("StringEquals", "Bool"):
            some = z3.Or([value == z3.StringVal(v) for v in values])
        elif base == "StringLike":
            some = z3.Or([z3.InRe(value, glob(v, LETTER)) for v in values])
        else:
            some = z3.Or([z3.InRe(value, by_part(v)) for v in values])
        holds = z3.And(has, some)
        return z3.Not(holds) if negated else holds

    def statement(self, s):
        patterns = listed(s["Action"])
        numbers = [i for i, (name, _, _) in enumerate(rows) if action_matches(patterns, name)]
        on_rows = z3.Or([row == i for i in numbers]) if numbers else z3.BoolVal(False)
        negated = "NotResource" in s
        spelled = listed(s.get("NotResource", s.get("Resource")))
        covered = z3.Or([z3.BoolVal(True) if p.strip("*") == "" else z3.InRe(resource, by_part(p)) for p in spelled])
        parts = [on_rows, z3.Not(covered) if negated else covered]
        for operator, keys in s.get("Condition", {}).items():
            for name, values in keys.items():
                parts.append(self.condition(operator, name, values))
        return z3.And(parts)

    def allows(self, policy):
        allow = [self.statement(s) for s in policy["Statement"] if s["Effect"] == "Allow"]
        deny = [self.statement(s) for s in policy["Statement"] if s["Effect"] == "Deny"]
        return z3.And(z3.Or(allow) if allow else z3.BoolVal(False), z3.Not(z3.Or(deny)) if deny else z3.BoolVal(True))

    def world(self, used):
        out = [z3.Or([row == i for i in used])]
        for i in used:
            _, language, keys = rows[i]
            on = resource == z3.StringVal("*") if language is None else z3.InRe(resource, language)
            out.append(z3.Implies(row == i, on))
            for name, has in self.present.items():
                if name not in keys:
                    out.append(z3.Implies(row == i, z3.Not(has)))
        for name, value in self.value.items():
            out.append(z3.InRe(value, z3.Star(LETTER)))
            if name == "aws:PrincipalArn":
                out.append(self.present[name])
                out.append(z3.InRe(value, principal_language()))
            if name == "aws:ViaAWSMCPService":
                out.append(z3.Or(value == z3.StringVal("true"), value == z3.StringVal("false")))
        return out


def answer(first, second):
    q = Question()
    body = [q.allows(first), z3.Not(q.allows(second))]
    patterns = [p for s in first["Statement"] if s["Effect"] == "Allow" for p in listed(s["Action"])]
    used = [i for i, (name, _, _) in enumerate(rows) if action_matches(patterns, name)]
    solver = z3.Solver()
    solver.set("timeout", seconds * 1000)
    solver.add(body + q.world(used))
    start = time.perf_counter()
    found = solver.check()
    took = time.perf_counter() - start
    return ("out" if found == z3.unknown else str(found)), took


for line in open(sys.argv[2]):
    pair = json.loads(line)
    ways = [("forth", pair["candidate"], pair["reference"]), ("back", pair["reference"], pair["candidate"])]
    for way, one, other in ways:
        verdict, took = answer(one, other)
        print(json.dumps({"id": f'{pair["id"]} {way}', "verdict": verdict, "seconds": took}), flush=True)
