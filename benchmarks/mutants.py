"""Every wrong program that is one small change away from a module of ours.

A mutant changes one node inside a function: a comparison turned, a number moved by one, an operator
or a word swapped, a condition negated, a statement left out, a keyword of SQL exchanged. What is
only said to people (docstrings, texts of errors, formatted lines) stays as it is.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_SQL = ("SELECT ", "UPDATE ", "INSERT ", "DELETE ", " WHERE ", " WHEN ", " AND ", " UNION ")
_SQL_WORDS = (
    *((" = ", " != "), (" != ", " = "), (" AND ", " OR "), ("DESC", "ASC"), ("sum(", "max(")),
    *((" IN ", " NOT IN "), ("IS NULL", "IS NOT NULL"), ("'done'", "'failed'")),
    *(("THEN 0", "THEN 1"), ("'known'", "'none'"), ("count(*)", "count(*) + 1")),
)


@dataclass(frozen=True)
class Mutant:
    """One change of one function.

    Attributes:
        module: Name of the module.
        function: The outermost function or method around the change, by its qualified name.
        line: Where the change is.
        told: What it is, the old and the new code.
        make: Compiles the function with the change.
    """

    module: str
    function: str
    line: int
    told: str
    make: Callable[[], CodeType]


def find_mutants(path: Path, module: str, only: tuple[str, ...] = ()) -> Iterator[Mutant]:
    """Return every mutant of a module, or of some of its functions."""
    tree = ast.parse(path.read_text())
    number_of = {id(node): number for number, node in enumerate(ast.walk(tree))}
    for name, function in _functions(tree):
        if only and name not in only:
            continue
        for node in _code_of(function):
            for new in _changes(node):
                told = f"{ast.unparse(node)} -> {ast.unparse(new)}"
                line = getattr(node, "lineno", function.lineno)
                make = partial(_compile, tree, number_of[id(node)], new, path, name)
                yield Mutant(module, name, line, " ".join(told.split())[:150], make)


def _compile(tree: ast.Module, number: int, new: ast.AST, path: Path, name: str) -> CodeType:
    """Return a function of a module with another node in the place of one."""
    mutated = copy.deepcopy(tree)
    _Replace(list(ast.walk(mutated))[number], new).visit(mutated)
    return _find_code(compile(ast.fix_missing_locations(mutated), str(path), "exec"), name)


class _Replace(ast.NodeTransformer):
    """Puts one node into the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """Return the node that stands here afterwards."""
        if node is self._old:
            return ast.copy_location(self._new, node)
        return self.generic_visit(node)


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Return the functions of a module and the methods of its classes, with qualified names."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            methods = [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]
            yield from ((f"{node.name}.{method.name}", method) for method in methods)


def _code_of(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Return the nodes of a function's body, without what is only said to people."""
    said = {id(part) for node in ast.walk(function) for part in _said(node)}
    body = function.body[ast.get_docstring(function) is not None :]
    for statement in body:
        yield from (node for node in ast.walk(statement) if id(node) not in said)


def _said(node: ast.AST) -> Iterator[ast.AST]:
    """Return what a node says to people: all below an error raised, or a formatted line."""
    is_line = isinstance(node, ast.JoinedStr) and not _is_sql(ast.unparse(node))
    if is_line or (isinstance(node, ast.Raise) and node.exc is not None):
        for child in ast.iter_child_nodes(node):
            yield from ast.walk(child)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_sql(text: str) -> bool:
    return any(word in text for word in _SQL)


def _find_code(code: CodeType, name: str) -> CodeType:
    """Return the code of a function inside that of its module."""
    inside = (part for part in code.co_consts if isinstance(part, CodeType))
    for part in inside:
        if part.co_qualname == name:
            return part
        if name.startswith(part.co_qualname + "."):
            return _find_code(part, name)
    raise LookupError(name)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """Return what may stand in the place of a node."""
    match node:
        case ast.Compare(left, [op, *rest], right) if type(op) in _TURNED:
            yield ast.Compare(left, [_TURNED[type(op)](), *rest], right)
        case ast.BinOp(left, op, right) if type(op) in _SWAPPED:
            yield ast.BinOp(left, _SWAPPED[type(op)](), right)
        case ast.AugAssign(target, op, value) if type(op) in _SWAPPED:
            yield ast.AugAssign(target, _SWAPPED[type(op)](), value)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield operand
        case ast.Constant(value):
            yield from (ast.Constant(new) for new in _changes_of_value(value))
        case _:
            yield from _changes_of_flow(node)


def _changes_of_value(value: object) -> Iterator[bool | int | float | str]:
    """Return what may stand in the place of a constant; of texts, only statements of SQL change."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str) and _is_sql(value):
        yield from (value.replace(old, new, 1) for old, new in _SQL_WORDS if old in value)


def _changes_of_flow(node: ast.AST) -> Iterator[ast.AST]:
    """Return what may stand in the place of a node that decides, returns, calls or refuses."""
    match node:
        case ast.If(test) | ast.IfExp(test) | ast.While(test):
            new = copy.copy(node)
            new.test = ast.UnaryOp(ast.Not(), test)
            yield new
        case ast.Return(ast.expr() as value) if not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(ast.Call()) | ast.Raise():
            yield ast.Pass()
        case ast.Break() | ast.Continue():
            yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()
        case ast.Name(name, ast.Load()) if name in _NAMES:
            yield ast.Name(_NAMES[name], ast.Load())
