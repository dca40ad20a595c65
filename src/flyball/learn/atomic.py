"""Single machine instructions that numba does not offer: atomic 64-bit loads and stores, prefetch, bit casts.

numba may split, merge or repeat plain array accesses: a reader in another process then sees half of a pair (measured:
5 of 20 million reads). LLVM's atomic loads and stores of an aligned 64-bit word never tear, and cost nothing on x86-64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing import signature
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

    Lowered = tuple[Any, Callable[..., Any]]  # foreign edge: numba's own types carry no annotations

_WORD = ir.IntType(64)


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """The address of `array[index]`; no bounds are checked."""
    data = cgutils.create_struct_proxy(array_type)(context, builder, value=array).data
    return builder.gep(data, [index], inbounds=True)


def _load(array: Any, ordering: str) -> Lowered:
    def lower(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
        address = _address(context, builder, call.args[0], arguments[0], arguments[1])
        return builder.load_atomic(address, ordering, 8, typ=_WORD)

    return signature(types.uint64, array, types.intp), lower


def _store(array: Any, ordering: str) -> Lowered:
    def lower(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
        address = _address(context, builder, call.args[0], arguments[0], arguments[1])
        builder.store_atomic(arguments[2], address, ordering, 8)
        return context.get_dummy_value()

    return signature(types.void, array, types.intp, types.uint64), lower


@intrinsic
def load(_context: Any, array: Any, _index: Any) -> Lowered:
    """`load(words, i)`: word i, whole, with no order against other accesses (LLVM `monotonic`)."""
    return _load(array, "monotonic")


@intrinsic
def load_acquire(_context: Any, array: Any, _index: Any) -> Lowered:
    """`load_acquire(words, i)`: word i; nothing after it is read before it."""
    return _load(array, "acquire")


@intrinsic
def store(_context: Any, array: Any, _index: Any, _value: Any) -> Lowered:
    """`store(words, i, value)`: writes word i whole, with no order against other accesses."""
    return _store(array, "monotonic")


@intrinsic
def store_release(_context: Any, array: Any, _index: Any, _value: Any) -> Lowered:
    """`store_release(words, i, value)`: writes word i after everything before it has become visible."""
    return _store(array, "release")


@intrinsic
def exchange(_context: Any, array: Any, _index: Any, _expected: Any, _value: Any) -> Lowered:
    """`exchange(words, i, expected, value)`: writes word i if it holds what is expected; what it held before."""

    def lower(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
        address = _address(context, builder, call.args[0], arguments[0], arguments[1])
        pair = builder.cmpxchg(address, arguments[2], arguments[3], "seq_cst", "seq_cst")
        return builder.extract_value(pair, 0)

    return signature(types.uint64, array, types.intp, types.uint64, types.uint64), lower


def _prefetch(array: Any, write: int) -> Lowered:
    def lower(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
        address = _address(context, builder, call.args[0], arguments[0], arguments[1])
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address.type, flag, flag, flag])
        function = builder.module.declare_intrinsic("llvm.prefetch", [address.type], kind)
        builder.call(function, [address, flag(write), flag(3), flag(1)])
        return context.get_dummy_value()

    return signature(types.void, array, types.intp), lower


@intrinsic
def prefetch(_context: Any, array: Any, _index: Any) -> Lowered:
    """`prefetch(words, i)`: asks the cache for word i, which may be written, and goes on without waiting."""
    return _prefetch(array, 1)


@intrinsic
def prefetch_read(_context: Any, array: Any, _index: Any) -> Lowered:
    """`prefetch_read(words, i)`: likewise of memory that may only be read, where the other one does nothing."""
    return _prefetch(array, 0)


def _cast(source: Any, target: Any, result: Any) -> Lowered:
    def lower(_context: Any, builder: Any, _call: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], target)

    return signature(result, source), lower


@intrinsic
def bits_of_float(_context: Any, _value: Any) -> Lowered:
    """The 64 bits of a float64 as an int64."""
    return _cast(types.float64, ir.IntType(64), types.int64)


@intrinsic
def float_of_bits(_context: Any, _bits: Any) -> Lowered:
    """The float64 with these 64 bits."""
    return _cast(types.int64, ir.DoubleType(), types.float64)


@intrinsic
def bits_of_single(_context: Any, _value: Any) -> Lowered:
    """The 32 bits of a float32 as a uint32."""
    return _cast(types.float32, ir.IntType(32), types.uint32)


@intrinsic
def single_of_bits(_context: Any, _bits: Any) -> Lowered:
    """The float32 with these 32 bits."""
    return _cast(types.uint32, ir.FloatType(), types.float32)


@intrinsic
def load_bytes(_context: Any, data: Any, _index: Any) -> Lowered:
    """`load_bytes(data, i)`: the 8 bytes from byte i on, wherever it lies, as a little-endian word."""

    def lower(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
        address = _address(context, builder, call.args[0], arguments[0], arguments[1])
        return builder.load(builder.bitcast(address, _WORD.as_pointer()), align=1)

    return signature(types.uint64, data, types.intp), lower
