"""Eight numbers at once: a value that kernels add, multiply and compare like a single number.

Virtual people differ in their numbers and not in what is done with them, so eight of them can
go through a kernel side by side, as the vector units of a processor like it. Nothing here is
fused or reordered and `exp` and `log` are polynomials of their own, so a person's numbers depend
neither on the machine nor on the seven others.

Inside kernels: `a + b`, `-a`, `a < b`, `choose(a < b, x, y)`; numbers stand for eight alike.
Rows of eight live in arrays of shape (k, 8), read by `row(array, k)`, written by
`put(array, k, value)`.
"""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 8
Lanes = Any  # eight numbers; for annotations only
_DOUBLE, _WHOLE = ir.DoubleType(), ir.IntType(64)
_EIGHT = ir.VectorType(_DOUBLE, WIDTH)
_WHOLES = ir.VectorType(_WHOLE, WIDTH)
_TRUTHS = ir.VectorType(ir.IntType(1), WIDTH)


class LanesType(types.Type):  # type: ignore[misc]
    """Eight float64."""

    def __init__(self) -> None:
        super().__init__(name=f"Lanes{WIDTH}")


class TruthsType(types.Type):  # type: ignore[misc]
    """Eight answers of a comparison."""

    def __init__(self) -> None:
        super().__init__(name=f"Truths{WIDTH}")


lanes, truths = LanesType(), TruthsType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, _EIGHT)


@register_model(TruthsType)
class _TruthsModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, _TRUTHS)


def _made(build: Callable[..., Any], result: Any, *kinds: Any) -> Any:
    """An intrinsic of fixed argument types; `build(builder, *values)` writes its instructions."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return build(builder, *args)

    if len(kinds) == 1:
        return intrinsic(lambda _ctx, a: (result(a), codegen) if a == kinds[0] else None)
    return intrinsic(lambda _ctx, a, b: (result(a, b), codegen) if (a, b) == kinds else None)


def _splat(builder: Any, value: Any) -> Any:
    one = builder.insert_element(ir.Constant(_EIGHT, ir.Undefined), value, ir.IntType(32)(0))
    return builder.shuffle_vector(
        one, one, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    )


every = _made(_splat, lanes, types.float64)


def _arithmetic(name: str) -> Any:
    return _made(lambda builder, a, b: getattr(builder, name)(a, b), lanes, lanes, lanes)


def _comparison(sign: str) -> Any:
    return _made(lambda builder, a, b: builder.fcmp_ordered(sign, a, b), truths, lanes, lanes)


def _between(symbol: Any, both: Any) -> None:
    """What a Python operator means for two lanes, or lanes and a number."""

    @overload(symbol, strict=False)
    def of_lanes(a: Any, b: Any) -> Any:
        if a == lanes and b == lanes:
            return lambda a, b: both(a, b)
        if a == lanes and isinstance(b, types.Number):
            return lambda a, b: both(a, every(float(b)))
        if b == lanes and isinstance(a, types.Number):
            return lambda a, b: both(every(float(a)), b)
        return None


for _symbol, _name in (
    (operator.add, "fadd"), (operator.iadd, "fadd"), (operator.sub, "fsub"),
    (operator.isub, "fsub"), (operator.mul, "fmul"), (operator.imul, "fmul"),
    (operator.truediv, "fdiv"), (operator.itruediv, "fdiv"),
):  # fmt: skip
    _between(_symbol, _arithmetic(_name))
for _symbol, _name in (
    (operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">="),
):  # fmt: skip
    _between(_symbol, _comparison(_name))
_both = _made(lambda builder, a, b: builder.and_(a, b), truths, truths, truths)
_either = _made(lambda builder, a, b: builder.or_(a, b), truths, truths, truths)
_negative = _made(lambda builder, a: builder.fneg(a), lanes, lanes)


@overload(operator.and_, strict=False)
def _and(a: Any, b: Any) -> Any:
    return (lambda a, b: _both(a, b)) if a == truths and b == truths else None


@overload(operator.or_, strict=False)
def _or(a: Any, b: Any) -> Any:
    return (lambda a, b: _either(a, b)) if a == truths and b == truths else None


@overload(operator.neg, strict=False)
def _neg(a: Any) -> Any:
    return (lambda a: _negative(a)) if a == lanes else None


@intrinsic
def _select(_ctx: Any, which: Any, a: Any, b: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(*args)

    return lanes(truths, lanes, lanes), codegen


def _anywhere(builder: Any, which: Any) -> Any:
    return builder.icmp_unsigned(
        "!=", builder.bitcast(which, ir.IntType(WIDTH)), ir.IntType(WIDTH)(0)
    )


anywhere = _made(_anywhere, types.boolean, truths)


def _known(name: str) -> Any:
    """A function that the processor has for all eight."""
    kind = ir.FunctionType(_EIGHT, [_EIGHT])

    def build(builder: Any, value: Any) -> Any:
        found = builder.module.declare_intrinsic(f"llvm.{name}.v{WIDTH}f64", (), kind)
        return builder.call(found, [value])

    return _made(build, lanes, lanes)


sqrt, floor = _known("sqrt"), _known("floor")


@intrinsic
def row(_ctx: Any, array: Any, k: Any) -> Any:
    """Row k of an array (k, 8)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_place(context, builder, signature, args), align=8)

    return lanes(array, types.intp), codegen


@intrinsic
def put(_ctx: Any, array: Any, k: Any, value: Any) -> Any:
    """Write row k of an array (k, 8)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _place(context, builder, signature, args), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), codegen


def _place(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kind = signature.args[0]
    array = context.make_array(kind)(context, builder, args[0])
    zero = context.get_constant(types.intp, 0)
    at = cgutils.get_item_pointer(context, builder, kind, array, [args[1], zero])
    return builder.bitcast(at, _EIGHT.as_pointer())


def _lane(builder: Any, value: Any, k: Any) -> Any:
    return builder.extract_element(value, k)


lane = _made(_lane, types.float64, lanes, types.intp)


@intrinsic
def pick(_ctx: Any, array: Any, at: Any) -> Any:
    """Eight entries of an array (k,), at whole numbers."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = signature.args[0]
        source = context.make_array(kind)(context, builder, args[0])
        whole = builder.fptosi(args[1], _WHOLES)
        found = ir.Constant(_EIGHT, ir.Undefined)
        for k in range(WIDTH):
            here = ir.IntType(32)(k)
            index = builder.extract_element(whole, here)
            place = cgutils.get_item_pointer(context, builder, kind, source, [index])
            found = builder.insert_element(found, builder.load(place), here)
        return found

    return lanes(array, lanes), codegen


# 2**k of a k in -1022..1023 that stands in the lowest bits of k + 1.5 * 2**52
def _scaled(builder: Any, value: Any, shifted: Any) -> Any:
    high = builder.shl(builder.bitcast(shifted, _WHOLES), ir.Constant(_WHOLES, [52] * WIDTH))
    return builder.bitcast(builder.add(builder.bitcast(value, _WHOLES), high), _EIGHT)


times_power = _made(_scaled, lanes, lanes, lanes)


def _exponent(builder: Any, value: Any) -> Any:
    """Exponent of a positive number whose fraction is to lie in sqrt(1/2)..sqrt(2)."""
    bits = builder.add(
        builder.bitcast(value, _WHOLES), ir.Constant(_WHOLES, [_HALF_OF_ROOT] * WIDTH)
    )
    shifted = builder.lshr(bits, ir.Constant(_WHOLES, [52] * WIDTH))
    return builder.sitofp(builder.sub(shifted, ir.Constant(_WHOLES, [1023] * WIDTH)), _EIGHT)


_HALF_OF_ROOT = 0x3FF0000000000000 - 0x3FE6A09E667F3BCD  # bits of 1 less those of sqrt(1/2)
exponent_of = _made(_exponent, lanes, lanes)


def _unscaled(builder: Any, value: Any, power: Any) -> Any:
    whole = builder.fptosi(power, _WHOLES)
    high = builder.shl(whole, ir.Constant(_WHOLES, [52] * WIDTH))
    return builder.bitcast(builder.sub(builder.bitcast(value, _WHOLES), high), _EIGHT)


over_power = _made(_unscaled, lanes, lanes, lanes)


def choose(which: Any, a: Any, b: Any) -> Any:
    """a where a comparison holds, b elsewhere."""
    raise NotImplementedError("inside kernels only")


@overload(choose, strict=False)
def _choose(which: Any, a: Any, b: Any) -> Any:
    if which != truths:
        return None
    if a == lanes and b == lanes:
        return lambda which, a, b: _select(which, a, b)
    if a == lanes:
        return lambda which, a, b: _select(which, a, every(float(b)))
    if b == lanes:
        return lambda which, a, b: _select(which, every(float(a)), b)
    return lambda which, a, b: _select(which, every(float(a)), every(float(b)))
