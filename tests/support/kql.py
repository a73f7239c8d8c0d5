"""Run queries over rows: the part of the Kusto query language that templates and documents use.

A table is a list of rows, a row a dictionary by column. A column that a row lacks is an error, as it is in the service;
a property that ``Properties`` lacks is nothing there, too. Whether a query is valid is not decided here, but by the
parser of ``tests/kusto``.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
Tables: TypeAlias = Mapping[str, Sequence[Row]]
Evaluate: TypeAlias = Callable[[Row], Any]
Fold: TypeAlias = Callable[[Sequence[Row]], Any]

_TOKEN = re.compile(
    r'(?P<space>\s+|//[^\n]*)|(?P<string>"[^"]*")|(?P<span>\d+(?:ms|[smhd])\b)|(?P<number>\d+(?:\.\d+)?)'
    r"|(?P<name>\w+)|(?P<sign>==|!=|<=|>=|=~|[-+*/<>=|,.()\[\]])"
)
_SPAN_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class QueryError(Exception):
    """A query names something that does not exist or that this module does not support."""


def run_query(text: str, tables: Tables) -> list[Row]:
    """Return a query's rows.

    Raises:
        QueryError: the query names an unknown column, table, operator or function.
    """
    parser = _Parser(_split(text), tables)
    rows = parser.read_pipeline()
    if parser.peek():
        raise QueryError(f"{parser.peek()!r} is not expected here")
    return rows


def _split(text: str) -> list[str]:
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise QueryError(f"{text[at : at + 20]!r} is not known here")
        at = found.end()
        if found.lastgroup != "space":
            tokens.append(found[0])
    return tokens


class _Parser:
    """Parse tokens and run their operators one by one."""

    def __init__(self, tokens: list[str], tables: Tables) -> None:
        self._tokens, self._tables, self._at = tokens, tables, 0
        self._columns: list[str] = []

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def read_pipeline(self) -> list[Row]:
        rows = self._read_source()
        while self._accept("|"):
            name = self._next()
            step = getattr(self, f"_run_{name}", None)
            if step is None:
                raise QueryError(f"operator {name!r} is not known here")
            rows = step(rows)
        return rows

    # tokens

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _accept(self, token: str) -> bool:
        if self.peek() == token:
            self._at += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise QueryError(f"expected {token!r}, got {self.peek()!r}")

    # sources and operators

    def _read_source(self) -> list[Row]:
        if not self._accept("union"):
            return self._read_table()
        if self._accept("isfuzzy"):
            self._expect("=")
            self._next()
        rows = self._read_table()
        while self._accept(","):
            rows = rows + self._read_table()
        return rows

    def _read_table(self) -> list[Row]:
        name = self._next()
        if name not in self._tables:
            raise QueryError(f"there is no table {name!r}")
        return list(self._tables[name])

    def _run_where(self, rows: list[Row]) -> list[Row]:
        test = self._read_or()
        return [row for row in rows if test(row)]

    def _run_extend(self, rows: list[Row]) -> list[Row]:
        columns = self._read_columns()
        for row in (rows := [dict(row) for row in rows]):
            for name, value in columns:
                row[name] = value(row)
        return rows

    def _run_project(self, rows: list[Row]) -> list[Row]:
        columns = self._read_columns()
        return [{name: value(row) for name, value in columns} for row in rows]

    def _run_summarize(self, rows: list[Row]) -> list[Row]:
        folds = [] if self.peek() == "by" else self._read_folds()
        keys = self._read_columns() if self._accept("by") else []
        groups: dict[tuple[Any, ...], list[Row]] = {} if keys else {(): list(rows)}
        if keys:
            for row in rows:
                groups.setdefault(tuple(value(row) for _, value in keys), []).append(row)
        self._columns = [name for name, _ in (*keys, *folds)]
        found = []
        for key, group in groups.items():
            row = dict(zip([name for name, _ in keys], key, strict=True))
            for name, fold in folds:
                value = fold(group)
                row.update(value if isinstance(value, _Columns) else {name: value})
            found.append(row)
        return found

    def _run_order(self, rows: list[Row]) -> list[Row]:
        self._expect("by")
        return self._sort(rows)

    def _run_top(self, rows: list[Row]) -> list[Row]:
        count = int(self._next())
        self._expect("by")
        return self._sort(rows)[:count]

    def _run_take(self, rows: list[Row]) -> list[Row]:
        return rows[: int(self._next())]

    def _run_render(self, rows: list[Row]) -> list[Row]:
        self._next()
        return rows

    def _run_join(self, rows: list[Row]) -> list[Row]:
        for token in ("kind", "=", "leftouter", "("):
            self._expect(token)
        others = self.read_pipeline()
        self._expect(")")
        self._expect("on")
        key = self._next()
        columns = self._columns
        joined = []
        for row in rows:
            matches = [other for other in others if other[key] == row[key]] or [dict.fromkeys(columns)]
            joined += [{**{name: match[name] for name in match if name not in row}, **row} for match in matches]
        return joined

    def _sort(self, rows: list[Row]) -> list[Row]:
        value = self._read_or()
        is_ascending = self._accept("asc")
        self._accept("desc")
        return sorted(rows, key=value, reverse=not is_ascending)

    # columns

    def _read_columns(self) -> list[tuple[str, Evaluate]]:
        columns = [self._read_column()]
        while self._accept(","):
            columns.append(self._read_column())
        return columns

    def _read_column(self) -> tuple[str, Evaluate]:
        if self._tokens[self._at + 1 : self._at + 2] == ["="]:
            name = self._next()
            self._next()
            return name, self._read_or()
        start = self._at
        value = self._read_or()
        names = [token for token in self._tokens[start : self._at] if re.match(r"[A-Za-z_]", token)]
        return (names[1] if names[:1] == ["bin"] else "_".join(names[1:] or names)), value

    def _read_folds(self) -> list[tuple[str, Fold]]:
        folds = []
        while True:
            name = ""
            if self._tokens[self._at + 1] == "=":
                name = self._next()
                self._next()
            folds.append((name, self._read_fold_sum()))
            if not self._accept(","):
                return folds

    def _read_fold_sum(self) -> Fold:
        left = self._read_fold()
        while self.peek() in ("/", "-", "*"):
            left = _combine_folds(_ARITHMETIC[self._next()], left, self._read_fold())
        return left

    def _read_fold(self) -> Fold:
        name = self._next()
        self._expect("(")
        arguments = self._read_arguments()
        if name == "arg_max":
            return self._make_arg_max(arguments)
        if name not in _FOLDS:
            raise QueryError(f"aggregation {name!r} is not known here")
        fold = _FOLDS[name]
        return lambda rows: fold(rows, *(value for _, value in arguments))

    @staticmethod
    def _make_arg_max(arguments: list[tuple[str, Evaluate]]) -> Fold:
        def find(rows: Sequence[Row]) -> "_Columns":
            row = max(rows, key=arguments[0][1])
            return _Columns({name: value(row) for name, value in arguments})

        return find

    # expressions

    def _read_arguments(self) -> list[tuple[str, Evaluate]]:
        arguments = []
        while not self._accept(")"):
            arguments.append(self._read_column())
            self._accept(",")
        return arguments

    def _read_or(self) -> Evaluate:
        left = self._read_and()
        while self._accept("or"):
            left = _combine(lambda a, b: bool(a or b), left, self._read_and())
        return left

    def _read_and(self) -> Evaluate:
        left = self._read_comparison()
        while self._accept("and"):
            left = _combine(lambda a, b: bool(a and b), left, self._read_comparison())
        return left

    def _read_comparison(self) -> Evaluate:
        left = self._read_sum()
        if self._accept("in"):
            self._expect("(")
            values = [value for _, value in self._read_arguments()]
            return lambda row: left(row) in [value(row) for value in values]
        if self.peek() in _COMPARISONS:
            return _combine(_COMPARISONS[self._next()], left, self._read_sum())
        return left

    def _read_sum(self) -> Evaluate:
        left = self._read_product()
        while self.peek() in ("+", "-"):
            left = _combine(_ARITHMETIC[self._next()], left, self._read_product())
        return left

    def _read_product(self) -> Evaluate:
        left = self._read_value()
        while self.peek() in ("*", "/"):
            left = _combine(_ARITHMETIC[self._next()], left, self._read_value())
        return left

    def _read_value(self) -> Evaluate:
        value = self._read_simple()
        while self.peek() in (".", "["):
            is_dotted = self._next() == "."
            name = self._next().strip('"')
            if not is_dotted:
                self._expect("]")
            value = _read_property(value, name)
        return value

    def _read_simple(self) -> Evaluate:
        token = self._next()
        if token == "(":
            value = self._read_or()
            self._expect(")")
            return value
        if token[0] in '"0123456789' or token in ("true", "false"):
            return _always(_read_literal(token))
        if self._accept("("):
            if token not in _FUNCTIONS:
                raise QueryError(f"function {token!r} is not known here")
            function, arguments = _FUNCTIONS[token], [value for _, value in self._read_arguments()]
            return lambda row: function(*(value(row) for value in arguments))
        return _read_field(token)


@dataclass(frozen=True, slots=True)
class _Columns(Mapping[str, Any]):
    """Several columns of one aggregation."""

    values_by_name: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values_by_name[name]

    def __iter__(self) -> Any:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)


def _read_literal(token: str) -> Any:
    if token.startswith('"'):
        return token.strip('"')
    if token in ("true", "false"):
        return token == "true"
    found = re.fullmatch(r"(\d+)(ms|[smhd])", token)
    return timedelta(seconds=int(found[1]) * _SPAN_SECONDS[found[2]]) if found else float(token)


def _always(value: Any) -> Evaluate:
    return lambda _row: value


def _read_field(name: str) -> Evaluate:
    def read(row: Row) -> Any:
        if name not in row:
            raise QueryError(f"there is no column {name!r}; there are {', '.join(row)}")
        return row[name]

    return read


def _read_property(value: Evaluate, name: str) -> Evaluate:
    return lambda row: (value(row) or {}).get(name)


def _combine(function: Callable[[Any, Any], Any], left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda row: function(left(row), right(row))


def _combine_folds(function: Callable[[Any, Any], Any], left: Fold, right: Fold) -> Fold:
    return lambda rows: function(left(rows), right(rows))


def _with_nothing(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return null if an argument is null."""
    return lambda left, right: None if left is None or right is None else function(left, right)


def _floor(value: Any, step: Any) -> Any:
    if isinstance(value, datetime):
        return _EPOCH + ((value - _EPOCH) // step) * step
    return value // step * step


def _to_number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _present(rows: Sequence[Row], value: Evaluate) -> list[Any]:
    return [found for row in rows if (found := value(row)) is not None]


def _add_up(values: Iterable[Any]) -> float:
    return math.fsum(value for value in values if value is not None)


def _find_percentile(rows: Sequence[Row], value: Evaluate, percent: Evaluate) -> Any:
    values = sorted(_present(rows, value))
    return values[max(0, math.ceil(percent({}) / 100 * len(values)) - 1)] if values else None


_ARITHMETIC = {
    "+": _with_nothing(operator.add),
    "-": _with_nothing(operator.sub),
    "*": _with_nothing(operator.mul),
    "/": _with_nothing(operator.truediv),
}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": _with_nothing(operator.lt),
    "<=": _with_nothing(operator.le),
    ">": _with_nothing(operator.gt),
    ">=": _with_nothing(operator.ge),
    "has": lambda text, part: re.search(rf"(?i)\b{re.escape(part)}\b", text) is not None,
    "startswith": lambda text, part: text.lower().startswith(part.lower()),
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "bin": _floor,
    "coalesce": lambda *values: next((value for value in values if value is not None), None),
    "iff": lambda test, yes, no: yes if test else no,
    "isnotempty": lambda value: value not in (None, ""),
    "round": lambda value, digits: None if value is None else round(value, int(digits)),
    "todouble": _to_number,
    "tostring": lambda value: "" if value is None else str(value),
}
_FOLDS: dict[str, Callable[..., Any]] = {
    "count": len,
    "countif": lambda rows, test: sum(1 for row in rows if test(row)),
    "dcount": lambda rows, value: len(set(_present(rows, value))),
    "max": lambda rows, value: max(_present(rows, value), default=None),
    "maxif": lambda rows, value, test: max(_present([row for row in rows if test(row)], value), default=None),
    "min": lambda rows, value: min(_present(rows, value), default=None),
    "percentile": _find_percentile,
    "sum": lambda rows, value: _add_up(_present(rows, value)),
    "sumif": lambda rows, value, test: _add_up(_present([row for row in rows if test(row)], value)),
}
